import Database from 'better-sqlite3';
import { directoryPath, shardPath } from '../../../src/store/embedded/paths.ts';

/** Looks into a shard's file beside the open store, as `sqlite3 shard-0.sqlite` would. */
export function select<T>(folder: string, shard: number, sql: string): T[] {
  const db = new Database(shardPath(folder, shard), { readonly: true });
  try {
    return db.prepare(sql).all() as T[];
  } finally {
    db.close();
  }
}

/** One number from each of the shards, summed. */
export function sum(folder: string, shards: number, sql: string): number {
  let total = 0;
  for (let shard = 0; shard < shards; shard++) {
    const [row] = select<Record<string, number>>(folder, shard, sql);
    total += Object.values(row ?? {})[0] ?? 0;
  }
  return total;
}

/** Changes files of a closed store, as a crash or another program would have left them. */
export function tamper(file: string, sql: string): void {
  const db = new Database(file);
  try {
    db.exec(sql);
  } finally {
    db.close();
  }
}

export { directoryPath, shardPath };
