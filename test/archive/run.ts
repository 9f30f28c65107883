import { backUp } from '../../src/archive/backup.ts';
import { restore } from '../../src/archive/restore.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';

// A backup or restore in a process of its own, which kills itself at a step: nothing is closed or flushed.
const [what, data = '', folder = '', killAt] = process.argv.slice(2);
const store = await openEmbeddedStore({ folder: data, shards: 1, writers: 1, readers: 1 });
const steps =
  what === 'backup'
    ? backUp(store, folder, undefined, Date.now)
    : restore(store, folder, { apply: true, actor: 'test' });
for (let i = 0; (await steps.next()).done !== true; i++) {
  if (String(i) === killAt) process.kill(process.pid, 'SIGKILL');
}
await store.close();
