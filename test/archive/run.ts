import fsp, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { Worker } from 'node:worker_threads';

/*
 * A backup or restore in a process of its own, which kills itself at a moment: before or after the n-th operation on a
 * file or message to a thread. Nothing is closed or flushed. Without a moment it says how many there were.
 */
const [what, data = '', folder = '', killAt = '0'] = process.argv.slice(2);
let moments = 0;
let counting = false;

function moment(): void {
  if (counting && ++moments === Number(killAt)) process.kill(process.pid, 'SIGKILL');
}

/** Both sides of a call are moments; after a message to a thread, the thread is at work. */
function watch(target: object, name: string): void {
  const methods = target as Record<string, (...args: unknown[]) => unknown>;
  const call = methods[name] as (...args: unknown[]) => unknown;
  methods[name] = function watched(this: unknown, ...args: unknown[]): unknown {
    moment();
    const result = call.apply(this, args);
    if (result instanceof Promise) {
      return result.finally(() => {
        moment();
      });
    }
    moment();
    return result;
  };
}

const probe: FileHandle = await fsp.open(process.execPath, 'r');
for (const name of ['sync', 'close', 'writeFile', 'write', 'read']) {
  watch(Object.getPrototypeOf(probe) as object, name);
}
await probe.close();
for (const name of ['mkdir', 'open', 'rename', 'rm', 'readdir', 'stat']) watch(fsp, name);
watch(Worker.prototype, 'postMessage');
syncBuiltinESMExports();

const { backUp } = await import('../../src/archive/backup.ts');
const { restore } = await import('../../src/archive/restore.ts');
const { openEmbeddedStore } = await import('../../src/store/embedded/embedded-store.ts');
const store = await openEmbeddedStore({ folder: data, shards: 1, writers: 1, readers: 1 });
counting = true;
const steps =
  what === 'backup'
    ? backUp(store, folder, undefined, Date.now)
    : restore(store, folder, { apply: true, outbox: true, actor: 'test' });
while ((await steps.next()).done !== true);
counting = false;
await store.close();
console.log(moments);
