import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MailError } from '../../core/errors.ts';
import { cannotWrite } from '../common/cannot-write.ts';
import { syncFolderNow } from './folder.ts';
import { bodiesPath, bodyPath, spoolPath } from './paths.ts';
import { Spool } from '../common/spool.ts';

/** How many files one question about their rows names. */
const filesAtOnce = 200;

/**
 * Large contents, each in a file named by its digest, written before the commit that names it. A file without a row
 * is garbage of a crash or a refusal and is swept when it is old.
 */
export class BodyFiles {
  readonly folder: string;
  /** Digests on their way into a commit, with how many contents; the sweep leaves them alone. */
  readonly #held = new Map<string, number>();
  /** Digests that were held at any time since the running sweep began. */
  #heldDuringSweep: Set<string> | undefined;
  readonly #removing = new Map<string, Promise<void>>();
  /** Folders of digests, each made and durable before the first name in it; those of earlier runs too. */
  readonly #folders = new Map<string, Promise<void>>();

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(bodiesPath(folder), { recursive: true });
    syncFolderNow(folder);
    // What an earlier run was receiving, nobody was told of.
    rmSync(spoolPath(folder), { recursive: true, force: true });
    mkdirSync(spoolPath(folder));
  }

  /** A place for a content that comes in. */
  spool(): Spool {
    return new Spool(spoolPath(this.folder));
  }

  /**
   * Gives a spooled content its lasting name, durably; call `letGo` once it is committed or given up.
   * Rejects with `unavailable` or `disk-full`.
   */
  async keep(spool: Spool, digest: string): Promise<void> {
    this.#held.set(digest, (this.#held.get(digest) ?? 0) + 1);
    this.#heldDuringSweep?.add(digest);
    try {
      await this.#removing.get(digest);
      await spool.finish();
      const path = bodyPath(this.folder, digest);
      await this.#makeFolder(dirname(path));
      // The same digest is the same octets: replacing a file that is there changes nothing for its readers.
      await rename(spool.path, path);
      await syncFolder(dirname(path));
    } catch (cause) {
      this.letGo(digest);
      if (cause instanceof MailError) throw cause;
      throw cannotWrite(cause);
    }
  }

  letGo(digest: string): void {
    const count = this.#held.get(digest) ?? 0;
    if (count > 1) this.#held.set(digest, count - 1);
    else this.#held.delete(digest);
  }

  /** Octets of a kept content; short only at its end. */
  read(digest: string, offset: number, length: number): Promise<Uint8Array> {
    return readBodyFile(this.folder, digest, offset, length);
  }

  /** The digests of all kept files, some at a time. */
  async *names(): AsyncGenerator<readonly string[], void, void> {
    for (const prefix of await readdir(bodiesPath(this.folder))) {
      const names = await readdir(join(bodiesPath(this.folder), prefix));
      for (let i = 0; i < names.length; i += filesAtOnce) yield names.slice(i, i + filesAtOnce);
    }
  }

  /** Removes files last changed before that time (milliseconds) which no row names; answers how many. */
  async sweep(
    before: number,
    kept: (digests: readonly string[]) => Promise<readonly string[]>,
    stopped: () => boolean,
  ): Promise<number> {
    this.#heldDuringSweep = new Set(this.#held.keys());
    let removed = 0;
    try {
      for await (const names of this.names()) {
        if (stopped()) break;
        const old = await this.#olderThan(before, names);
        const named = new Set(old.length === 0 ? [] : await kept(old));
        for (const name of old) {
          if (!named.has(name) && (await this.#remove(name))) removed++;
        }
      }
    } finally {
      this.#heldDuringSweep = undefined;
    }
    return removed;
  }

  /** Whoever comes while it is made waits too: a folder that is there is not yet one that stays. */
  #makeFolder(path: string): Promise<void> {
    let made = this.#folders.get(path);
    if (made === undefined) {
      made = mkdir(path, { recursive: true }).then(() => syncFolder(dirname(path)));
      this.#folders.set(path, made);
      made.catch(() => this.#folders.delete(path));
    }
    return made;
  }

  async #olderThan(before: number, names: readonly string[]): Promise<string[]> {
    const old: string[] = [];
    for (const name of names) {
      const file = await stat(bodyPath(this.folder, name)).catch(() => undefined);
      if (file !== undefined && file.mtimeMs < before) old.push(name);
    }
    return old;
  }

  /** Between this look at the held ones and the removal nobody else runs; who comes later waits for `#removing`. */
  async #remove(digest: string): Promise<boolean> {
    if (this.#heldDuringSweep?.has(digest)) return false;
    const removal = unlink(bodyPath(this.folder, digest));
    this.#removing.set(digest, removal);
    try {
      await removal;
      return true;
    } catch {
      return false; // it went by itself
    } finally {
      this.#removing.delete(digest);
    }
  }
}

/** Octets of a large body; short only at its end. Rejects with `unavailable`. */
export async function readBodyFile(
  folder: string,
  digest: string,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const octets = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  let handle;
  try {
    handle = await open(bodyPath(folder, digest), 'r');
    while (filled < length) {
      const { bytesRead } = await handle.read(octets, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
  } catch (cause) {
    throw new MailError('unavailable', 'The message cannot be read now', { cause });
  } finally {
    await handle?.close();
  }
  return octets.subarray(0, filled);
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The digests of all kept files, for tests and checks. */
export function bodyFileNames(folder: string): string[] {
  return readdirSync(bodiesPath(folder)).flatMap((prefix) =>
    readdirSync(join(bodiesPath(folder), prefix)),
  );
}
