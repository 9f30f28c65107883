import type { Clock } from '../../core/clock.ts';
import { MailError } from '../../core/errors.ts';
import { Checkpoints } from './checkpoints.ts';
import { type DamagedShard, damageText, leftOut } from './damaged-files.ts';
import { shardPath } from './paths.ts';
import {
  directoryFile,
  type Events,
  type FoundDamage,
  type ReadOps,
  type WriteOps,
} from './protocol.ts';
import type { ReaderThreadData } from './reader/reader-thread.ts';
import { ThreadPort, type ThreadPortEvents } from './thread-port.ts';
import type { WriterThreadData } from './writer/writer-thread.ts';

export interface ThreadsOptions {
  readonly folder: string;
  /** The id of the store. */
  readonly store: string;
  readonly shards: number;
  readonly writers: number;
  readonly readers: number;
  /** Shards that are not to be opened. */
  readonly missing: readonly DamagedShard[];
  readonly clock: Clock;
  readonly onEvents: (events: Events) => void;
  readonly onSettled: () => void;
  readonly onTrouble: (text: string) => void;
  readonly onDamage: (damage: FoundDamage) => void;
  readonly onDeath: (error: Error) => void;
}

/** Asks one reader thread. */
export type AskReader = <K extends keyof ReadOps>(
  kind: K,
  args: ReadOps[K]['args'],
) => Promise<ReadOps[K]['result']>;

/** The store's threads: each file has one writer, every reader reads all files. */
export class Threads {
  /** Shards that could not be opened: what is asked of them is `unavailable` until the next start. */
  readonly damaged: readonly DamagedShard[];
  readonly #writers: readonly ThreadPort[];
  readonly #readers: readonly ThreadPort[];
  readonly #checkpoints: Checkpoints;
  readonly #clock: Clock;

  private constructor(
    writers: readonly ThreadPort[],
    readers: readonly ThreadPort[],
    checkpoints: Checkpoints,
    clock: Clock,
    damaged: readonly DamagedShard[],
  ) {
    this.damaged = damaged;
    this.#writers = writers;
    this.#readers = readers;
    this.#checkpoints = checkpoints;
    this.#clock = clock;
  }

  /**
   * Resolves when the writers have made or migrated the files, which readers open with the first question. A shard
   * that cannot be opened is left out; without any, and without the directory, it rejects.
   */
  static async start(options: ThreadsOptions): Promise<Threads> {
    const { folder, store, shards, missing, onTrouble, onDamage, onDeath } = options;
    const left = (file: number): boolean => missing.every(({ shard }) => shard !== file);
    const checkpoints = new Checkpoints(folder, { onTrouble, onDeath });
    const onLongLogs = (files: readonly number[]): void => {
      checkpoints.copy(files);
    };
    const startAll = (
      count: number,
      module: string,
      data: (i: number) => unknown,
      events: ThreadPortEvents,
    ): Promise<PromiseSettledResult<ThreadPort>[]> =>
      Promise.allSettled(
        Array.from({ length: count }, (_, i) => ThreadPort.start(module, data(i), events)),
      );
    const [writers, readers] = await Promise.all([
      startAll(
        options.writers,
        './writer/writer-thread',
        (i): WriterThreadData => ({
          folder,
          shards,
          files: filesOf(i, options.writers, shards).filter(left),
        }),
        { ...options, onLongLogs },
      ),
      startAll(
        options.readers,
        './reader/reader-thread',
        (): ReaderThreadData => ({ folder, store, shards }),
        { onTrouble, onDamage, onDeath },
      ),
    ]);
    const failed = [...writers, ...readers].find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') {
      await Promise.all([...writers, ...readers].map(async (each) => started(each)?.close()));
      throw failed.reason;
    }
    const ports = (list: PromiseSettledResult<ThreadPort>[]): ThreadPort[] =>
      list.map(started).filter((port) => port !== undefined);
    const damaged = [...missing, ...ports(writers).flatMap((port) => port.damaged)];
    const threads = new Threads(
      ports(writers),
      ports(readers),
      checkpoints,
      options.clock,
      damaged,
    );
    const [first] = damaged;
    if (first !== undefined && damaged.length === shards) {
      await threads.close();
      throw new MailError('invalid', damageText(shardPath(folder, first.shard), first.reason));
    }
    if (first !== undefined) {
      await threads.readAll('leaveOut', { shards: damaged.map(({ shard }) => shard) });
    }
    return threads;
  }

  /** Whether a shard could be opened. */
  has(shard: number): boolean {
    return this.damaged.every((damaged) => damaged.shard !== shard);
  }

  /** One atomic change of a file. `weight` is the number of octets it carries. */
  write<K extends keyof WriteOps>(
    file: number,
    kind: K,
    args: WriteOps[K]['args'],
    weight = 0,
  ): Promise<WriteOps[K]['result']> {
    if (!this.has(file)) return Promise.reject(leftOut());
    const number = file === directoryFile ? 0 : file % this.#writers.length;
    const port = this.#writers[number] as ThreadPort;
    return port.call(file, kind, args, this.#clock.now(), weight) as Promise<WriteOps[K]['result']>;
  }

  /** A question to the reader with the least to do. */
  read<K extends keyof ReadOps>(kind: K, args: ReadOps[K]['args']): Promise<ReadOps[K]['result']> {
    return this.reader()(kind, args);
  }

  /** The reader with the least to do now, for several questions that one thread has to answer. */
  reader(): AskReader {
    let best = this.#readers[0] as ThreadPort;
    for (const port of this.#readers) if (port.load < best.load) best = port;
    return (kind, args) => best.call(0, kind, args, 0, 0) as Promise<never>;
  }

  /** The same to every reader. */
  async readAll<K extends keyof ReadOps>(kind: K, args: ReadOps[K]['args']): Promise<void> {
    await Promise.all(this.#readers.map((port) => port.call(0, kind, args, 0, 0)));
  }

  /** Finishes what was posted; writers last, so that their logs can be copied as a whole. */
  async close(): Promise<void> {
    await this.#checkpoints.close();
    await Promise.all(this.#readers.map((port) => port.close()));
    await Promise.all(this.#writers.map((port) => port.close()));
  }
}

function started(result: PromiseSettledResult<ThreadPort>): ThreadPort | undefined {
  return result.status === 'fulfilled' ? result.value : undefined;
}

function filesOf(writer: number, writers: number, shards: number): number[] {
  const files = writer === 0 ? [directoryFile] : [];
  for (let shard = writer; shard < shards; shard += writers) files.push(shard);
  return files;
}
