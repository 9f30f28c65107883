import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * The faults are in a library that is loaded before libc (`faulty-disk.c`), not in the product: there is no switch in
 * `src` that could be left on, and what is tested is what is shipped.
 */

/**
 * Moments that a test can name. Syncs: `commit` and `checkpoint` of a shard's log and database, `directory` and
 * `directory-checkpoint` of the directory's, `spool` of an incoming content, `bodies` of a folder of contents. Names:
 * `rename` of a content to its lasting name. `write`: any write at all, only `before`.
 */
export const diskPoints = [
  'commit',
  'checkpoint',
  'directory',
  'directory-checkpoint',
  'spool',
  'bodies',
  'rename',
  'write',
] as const;
export type DiskPoint = (typeof diskPoints)[number];

/** How a process ends: at the `count`th time that it gets there, counted from its start. */
export interface DiskEnd {
  /** `kill`: what was written stays. `cut`: what was not synced may be gone, as when the power fails. */
  readonly action: 'kill' | 'cut';
  readonly when: 'before' | 'after';
  readonly point: DiskPoint;
  readonly count: number;
}

/** The library, compiled for this run. */
export class FaultyDisk {
  readonly #build: string;
  readonly #library: string;

  private constructor(build: string, library: string) {
    this.#build = build;
    this.#library = library;
  }

  /** Undefined where there is no C compiler, or no Linux: what needs it is then skipped by name. */
  static build(): FaultyDisk | undefined {
    if (process.platform !== 'linux') return undefined;
    const build = mkdtempSync(join(tmpdir(), 'zhashik-disk-'));
    const library = join(build, 'faulty-disk.so');
    const source = fileURLToPath(new URL('faulty-disk.c', import.meta.url));
    const options = ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl', '-lpthread'];
    const { status } = spawnSync('cc', options, { stdio: 'ignore' });
    if (status === 0) return new FaultyDisk(build, library);
    rmSync(build, { recursive: true });
    return undefined;
  }

  /**
   * The environment of a process whose disk this is. While files of these names are in `control`: `full`, everything
   * that needs room gets ENOSPC; `slow`, a sync takes 300 ms; `broken`, a sync gets EIO.
   */
  environment(use: {
    readonly folder: string;
    readonly control?: string;
    readonly end?: DiskEnd;
    readonly seed?: number;
  }): NodeJS.ProcessEnv {
    const { folder, control, end, seed } = use;
    return {
      LD_PRELOAD: this.#library,
      UV_USE_IO_URING: '0', // writes by a ring would not be seen
      FAULTY_DISK_FOLDER: folder,
      ...(control !== undefined && { FAULTY_DISK_CONTROL: control }),
      ...(end !== undefined && {
        FAULTY_DISK_END: `${end.action}:${end.when}:${end.point}:${end.count}`,
      }),
      ...(seed !== undefined && { FAULTY_DISK_SEED: String(seed) }),
    };
  }

  remove(): void {
    rmSync(this.#build, { recursive: true, force: true });
  }
}

/** Switches a fault of a running process on; answers how it is switched off. */
export function switchOn(control: string, fault: 'full' | 'slow' | 'broken'): () => void {
  const path = join(control, fault);
  writeFileSync(path, '');
  return () => {
    rmSync(path, { force: true });
  };
}
