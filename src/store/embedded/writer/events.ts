import { type MailboxRow } from '../../common/mailbox-row.ts';
import {
  type AccountDetail,
  deliveredEvent,
  detailEvent,
  type Events,
  type MessageChange,
} from '../protocol.ts';
import type { FlagBits } from '../../common/flag-bits.ts';
import type { Box, Head } from './heads.ts';
import type { MessageRow } from './message-rows.ts';

/** Collects what the operations of one commit did, for the protocol thread. */
export class EventRecorder {
  #numbers: number[] = [];
  #details: AccountDetail[] = [];

  /** Messages were added to one mailbox, perhaps with keywords that are new there, and nothing else changed. */
  added(head: Head, box: Box, { fresh }: FlagBits, rows: readonly MessageRow[]): void {
    const [row] = rows;
    if (row === undefined || rows.length > 1 || fresh.length > 0) {
      this.changed(head, { mailboxes: [snapshot(box)], changes: [addedChange(box.m, rows)] });
      return;
    }
    const [uid, f, f2, size, idate, e] = row;
    const { a, seq, bytes, count } = head;
    this.#numbers.push(deliveredEvent, a, seq, bytes, count, box.m, uid, f, f2, size, idate, e);
    this.#numbers.push(box.total, box.unseen, box.deleted, box.bytes, box.deletedBytes);
  }

  /** Anything else. */
  changed(head: Head, detail: AccountDetail): void {
    const { a, seq, bytes, count } = head;
    this.#numbers.push(detailEvent, a, seq, bytes, count, this.#details.push(detail) - 1);
  }

  /** Hands over what was collected. */
  take(): Events | undefined {
    if (this.#numbers.length === 0) return undefined;
    const events = { numbers: Float64Array.from(this.#numbers), details: this.#details };
    this.forget();
    return events;
  }

  forget(): void {
    this.#numbers = [];
    this.#details = [];
  }
}

/** A mailbox as it is now, to travel with an event. */
export function snapshot(box: Box): MailboxRow {
  return {
    m: box.m,
    name: box.name,
    uidValidity: box.uidValidity,
    uidNext: box.uidNext,
    modSeq: box.modSeq,
    total: box.total,
    unseen: box.unseen,
    deleted: box.deleted,
    bytes: box.bytes,
    deletedBytes: box.deletedBytes,
    use: box.use,
    selectable: box.selectable,
    keywords: [...box.keywords],
    vanFloor: box.vanFloor,
  };
}

/** Rows by column, for an event. */
export function addedChange(m: number, rows: readonly MessageRow[]): MessageChange {
  return {
    kind: 'added',
    m,
    uid: Uint32Array.from(rows, (row) => row[0]),
    flags: Uint32Array.from(rows, (row) => row[1]),
    moreFlags: Uint32Array.from(rows, (row) => row[2]),
    size: Uint32Array.from(rows, (row) => row[3]),
    internalDate: Uint32Array.from(rows, (row) => row[4]),
    email: Uint32Array.from(rows, (row) => row[5]),
  };
}
