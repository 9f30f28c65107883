import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { BodyFiles } from '../../../src/store/embedded/body-files.ts';
import { bodiesPath, bodyPath } from '../../../src/store/embedded/paths.ts';
import type { Spool } from '../../../src/store/common/spool.ts';
import { failureOf } from '../support.ts';

const digest = 'ab'.repeat(32);
const sibling = `ab${'cd'.repeat(31)}`;

describe('embedded: files of large bodies', () => {
  let folder: string;
  let files: BodyFiles;
  const { open } = fs;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zhashik-store-'));
    files = new BodyFiles(folder);
  });
  afterEach(() => {
    wrapOpen(open);
    rmSync(folder, { recursive: true });
  });

  function wrapOpen(next: typeof open): void {
    fs.open = next;
    syncBuiltinESMExports();
  }
  /** Has `before` called before each sync of a file or folder, with its path. */
  function watchSyncs(before: (path: string) => void | Promise<void>): void {
    wrapOpen(async (path, ...rest) => {
      const handle = await open(path, ...rest);
      for (const method of ['sync', 'datasync'] as const) {
        const sync = handle[method].bind(handle);
        handle[method] = async () => {
          await before(String(path));
          await sync();
        };
      }
      return handle;
    });
  }
  async function spooled(): Promise<Spool> {
    const spool = files.spool();
    await spool.write(Buffer.alloc(100_000, 'x'));
    return spool;
  }

  it('have their octets and the names of their folders on the disk before they are promised', async () => {
    const synced: string[] = [];
    watchSyncs((path) => {
      synced.push(path);
    });
    const spool = await spooled();
    await files.keep(spool, digest);
    const body = bodyPath(folder, digest);
    expect(synced).to.deep.equal([spool.path, bodiesPath(folder), dirname(body)]);
    expect(existsSync(body)).to.equal(true);
  });

  it('wait for the name of a folder that another one is making', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let reached = (): void => undefined;
    const syncing = new Promise<void>((resolve) => (reached = resolve));
    watchSyncs((path) => {
      if (path !== bodiesPath(folder)) return undefined;
      reached();
      return held;
    });
    const done: string[] = [];
    const first = files.keep(await spooled(), digest).then(() => done.push('first'));
    await syncing;
    const other = await spooled();
    const second = files.keep(other, sibling).then(() => done.push('second'));
    // Everything that the second does for itself, without an end when it rightly waits.
    for (let turn = 0; turn < 200 && done.length === 0; turn++) {
      await fs.stat(folder);
    }
    expect(done).to.deep.equal([]);
    release();
    await Promise.all([first, second]);
  });

  it('are not promised by a second sync after one that failed', async () => {
    let failures = 1;
    watchSyncs(() => {
      if (failures-- > 0) throw new Error('EIO');
    });
    const spool = await spooled();
    expect(await failureOf(files.keep(spool, digest))).to.equal('unavailable');
    expect(await failureOf(files.keep(spool, digest))).to.equal('unavailable');
    await spool.remove();
    expect(existsSync(bodyPath(folder, digest))).to.equal(false);
  });

  it('can be kept when the folder could not be made before', async () => {
    let failures = 1;
    watchSyncs((path) => {
      if (path === bodiesPath(folder) && failures-- > 0) throw new Error('EIO');
    });
    expect(await failureOf(files.keep(await spooled(), digest))).to.equal('unavailable');
    await files.keep(await spooled(), digest);
    expect(existsSync(bodyPath(folder, digest))).to.equal(true);
  });
});
