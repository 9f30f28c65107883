import type { EmailId, ModSeq, Uid } from '../core/values.ts';
import type { Row } from '../store/mailbox-view.ts';

/** Messages by index, ascending by UID: a live view, or a session's ghosts. */
export interface MessageRows {
  readonly count: number;
  uidAt(index: number): Uid;
  modSeqAt(index: number): ModSeq;
  flagsAt(index: number): number;
  moreFlagsAt(index: number): number;
  sizeAt(index: number): number;
  /** Seconds since 1970. */
  internalDateAt(index: number): number;
  emailAt(index: number): EmailId;
  /** The first index whose UID is not below the given one; `count` when there is none. */
  lowerBound(uid: number): number;
}

/**
 * Messages that are expunged but that a session still counts, because it could not yet be told (RFC 9051 §7.5.1).
 * They keep their sequence numbers and go on answering FETCH.
 */
export class GhostRows implements MessageRows {
  #rows: Row[] = [];

  get count(): number {
    return this.#rows.length;
  }
  uidAt(index: number): Uid {
    return this.#at(index).uid;
  }
  modSeqAt(index: number): ModSeq {
    return this.#at(index).modSeq;
  }
  flagsAt(index: number): number {
    return this.#at(index).flags;
  }
  moreFlagsAt(index: number): number {
    return this.#at(index).moreFlags;
  }
  sizeAt(index: number): number {
    return this.#at(index).sizeBytes;
  }
  internalDateAt(index: number): number {
    return this.#at(index).internalDate;
  }
  emailAt(index: number): EmailId {
    return this.#at(index).email;
  }

  lowerBound(uid: number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at(middle).uid < uid) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Takes rows that ascend by UID. */
  add(rows: readonly Row[]): void {
    const first = rows[0];
    if (first === undefined) return;
    const old = this.#rows;
    // What lies before the first new row stays where it is.
    const start = this.lowerBound(first.uid);
    const tail = old.splice(start);
    let next = 0;
    for (const row of rows) {
      for (let behind = tail[next]; behind !== undefined && behind.uid < row.uid;) {
        old.push(behind);
        behind = tail[++next];
      }
      old.push(row);
    }
    for (; next < tail.length; next++) old.push(tail[next] as Row);
  }

  clear(): void {
    this.#rows = [];
  }

  #at(index: number): Row {
    return this.#rows[index] as Row;
  }
}
