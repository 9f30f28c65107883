import type { SpecialUse } from '../../core/values.ts';
import type { MailboxRow } from '../common/mailbox-row.ts';

/** A row of `mbx` in the order of its columns. */
export type MailboxColumns = [
  a: number,
  m: number,
  name: string,
  uidValidity: number,
  uidNext: number,
  modSeq: number,
  total: number,
  bytes: number,
  unseen: number,
  deleted: number,
  deletedBytes: number,
  use: SpecialUse | null,
  selectable: number,
  keywords: string,
  vanFloor: number,
  taken: number | null,
  maxBytes: number | null,
  maxCount: number | null,
];

export function mailboxRow(row: MailboxColumns): MailboxRow {
  return {
    m: row[1],
    name: row[2],
    uidValidity: row[3],
    uidNext: row[4],
    modSeq: row[5],
    total: row[6],
    bytes: row[7],
    unseen: row[8],
    deleted: row[9],
    deletedBytes: row[10],
    use: row[11],
    selectable: row[12] === 1,
    keywords: JSON.parse(row[13]) as string[],
    vanFloor: row[14],
  };
}
