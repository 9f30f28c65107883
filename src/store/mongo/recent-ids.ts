import { deliveryIdsKept } from '../common/limits.ts';

export interface Answer {
  readonly uidValidity: number;
  readonly uid: number;
}

/**
 * The newest delivery ids of an account with their answers: what makes a retry harmless. In the head, so that an id is
 * taken in the same write as its message and is unique whoever else writes.
 */
export class RecentIds {
  /** `[uidvalidity, uid, id in octets]`, oldest first. */
  readonly packed: readonly Buffer[];

  constructor(packed: readonly Buffer[]) {
    this.packed = packed;
  }

  find(id: string): Answer | undefined {
    const wanted = Buffer.from(id);
    for (const entry of this.packed) {
      if (entry.length - 8 === wanted.length && entry.compare(wanted, 0, wanted.length, 8) === 0) {
        return { uidValidity: entry.readUInt32LE(0), uid: entry.readUInt32LE(4) };
      }
    }
    return undefined;
  }

  /** Oldest first. */
  all(): readonly (Answer & { readonly id: string })[] {
    return this.packed.map((entry) => ({
      uidValidity: entry.readUInt32LE(0),
      uid: entry.readUInt32LE(4),
      id: entry.toString('utf8', 8),
    }));
  }

  with(fresh: readonly Buffer[]): RecentIds {
    if (fresh.length === 0) return this;
    return new RecentIds([...this.packed, ...fresh].slice(-deliveryIdsKept));
  }
}

export function packId(id: string, { uidValidity, uid }: Answer): Buffer {
  const numbers = Buffer.allocUnsafe(8);
  numbers.writeUInt32LE(uidValidity, 0);
  numbers.writeUInt32LE(uid, 4);
  return Buffer.concat([numbers, Buffer.from(id)]);
}
