import { MailError } from '../../../core/errors.ts';
import { placeOf } from '../email-place.ts';
import type {
  Problem,
  SnapshotHead,
  SnapshotRow,
  TakenRow,
  TombstoneRow,
  UpkeepReadOps,
} from '../upkeep-protocol.ts';
import type { ShardReader } from './shard-reader.ts';
import { SnapshotReader } from './snapshot-reader.ts';

/** The snapshots that a reader thread holds open, by number. */
export class Snapshots {
  readonly #folder: string;
  readonly #shards: number;
  readonly #shard: (number: number) => ShardReader;
  readonly #open = new Map<number, SnapshotReader>();
  #next = 1;

  constructor(folder: string, shards: number, shard: (number: number) => ShardReader) {
    this.#folder = folder;
    this.#shards = shards;
    this.#shard = shard;
  }

  open(a: number): SnapshotHead | undefined {
    const { number } = this.#shard(a % this.#shards);
    const snapshot = new SnapshotReader(this.#folder, number, a);
    const head = snapshot.head();
    if (head === undefined) {
      snapshot.close();
      return undefined;
    }
    const id = this.#next++;
    this.#open.set(id, snapshot);
    return { id, ...head };
  }

  messages(id: number, m: number, after: number): SnapshotRow[] {
    return this.#get(id)
      .messages(m, after)
      .map((row): SnapshotRow => {
        const [shard, c] = this.#place(row[7]);
        const digest = shard.identity(c)?.[1];
        return [...row, digest === undefined ? null : Buffer.from(digest).toString('hex')];
      });
  }

  /** What does not fit between the rows of an account and the contents they name. */
  problems(id: number, rows: readonly SnapshotRow[]): Problem[] {
    const { a } = this.#get(id);
    const home = this.#shard(a % this.#shards);
    const problems: Problem[] = [];
    for (const [u, , , , size, , , e] of rows) {
      const [shard, c] = this.#place(e);
      const identity = shard.identity(c);
      if (identity === undefined) {
        problems.push({ what: 'missing', u, e });
        continue;
      }
      if (shard.checks.size(c) !== size) problems.push({ what: 'size', u, e });
      if (!shard.uses(c, a)) problems.push({ what: 'link', u, e });
      if (home.email(a, identity)?.[0] !== e) problems.push({ what: 'identity', u, e });
    }
    return problems;
  }

  tombstones(id: number, m: number, after: readonly number[]): TombstoneRow[] {
    return this.#get(id)
      .tombstones(m, after)
      .map((row): TombstoneRow => {
        const [shard, c] = this.#place(row[2]);
        const digest = shard.identity(c)?.[1];
        const hex = digest === undefined ? null : Buffer.from(digest).toString('hex');
        return [...row, shard.checks.size(c) ?? null, hex];
      });
  }

  gatherEmails(
    id: number,
    after: readonly [number, Uint8Array],
  ): UpkeepReadOps['gatherEmails']['result'] {
    return this.#get(id).gatherEmails(after);
  }

  gatheredEmails(id: number, after: number): number[] {
    return this.#get(id).gatheredEmails(after);
  }

  deliveryIds(id: number, lasting: boolean, after: string): TakenRow[] {
    const snapshot = this.#get(id);
    return lasting ? snapshot.lastingIds(after) : snapshot.recentIds();
  }

  close(id: number): void {
    this.#open.get(id)?.close();
    this.#open.delete(id);
  }

  closeAll(): void {
    for (const id of [...this.#open.keys()]) this.close(id);
  }

  #get(id: number): SnapshotReader {
    const snapshot = this.#open.get(id);
    if (snapshot === undefined) throw new MailError('invalid', 'The snapshot is closed');
    return snapshot;
  }

  #place(e: number): [ShardReader, number] {
    const { s, c } = placeOf(e, this.#shards);
    return [this.#shard(s), c];
  }
}
