import { availableParallelism } from 'node:os';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';

export interface EmbeddedStoreOptions {
  /** The data folder; it is made when there is none. */
  readonly folder: string;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Files that accounts are spread over; counts only when the folder is made. */
  readonly shards?: number;
  /** Threads that write, at most one for each shard. */
  readonly writers?: number;
  /** Threads that read. */
  readonly readers?: number;
  /** Called once when the store cannot go on (a thread died): the process should end and be started anew. */
  onFailure?(error: Error): void;
}

/**
 * A letter for accounts of several shards costs a commit, with its fsync, in each: on two cores one shard takes about
 * twice the letters of two or four (`bench/store.ts`). More than one writer needs more than one shard.
 */
export function defaultShards(): number {
  return Math.max(1, Math.min(4, Math.floor(availableParallelism() / 2)));
}

/** Commits wait for the disk most of the time, so a few threads keep it busy. */
export function defaultWriters(): number {
  return Math.max(1, Math.floor(availableParallelism() / 2));
}

/** Two at least, so that short questions go past a long one. */
export function defaultReaders(): number {
  return Math.min(4, Math.max(2, Math.floor(availableParallelism() / 4)));
}
