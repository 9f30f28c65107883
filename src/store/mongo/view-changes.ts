import type { EmailId, ModSeq, Uid } from '../../core/values.ts';
import type { MailboxView, Row } from '../mailbox-view.ts';
import type { Entry, Op } from './entry.ts';
import { isRowOp } from './entry.ts';
import { indexesOf } from './ops/message-ops.ts';
import type { PageRow } from './page.ts';

/** Makes an entry visible in a mailbox's view. False: the view cannot show it and must be made anew. */
export function followEntry(
  view: MailboxView,
  m: number,
  { s, ops }: Entry,
  keywords: readonly string[] | undefined,
): boolean {
  if (keywords !== undefined) view.keywords.push(...keywords.slice(view.keywords.length));
  return ops.every((op) => !isRowOp(op) || op.m !== m || follow(view, op, s as ModSeq));
}

function follow(view: MailboxView, op: Op, modSeq: ModSeq): boolean {
  switch (op.k) {
    case 'added':
      view.apply({ kind: 'added', rows: op.rows.map(viewRow) });
      return true;
    case 'restored':
      return restore(view, op.rows.map(viewRow));
    case 'flagged': {
      const rows = [];
      for (let i = 0; i < op.runs.length; i += 4) {
        const [first, last, flags, moreFlags] = op.runs.slice(i, i + 4) as [
          number,
          number,
          number,
          number,
        ];
        for (const at of indexesOf(view, [first, last])) {
          rows.push({ uid: view.uidAt(at), flags, moreFlags });
        }
      }
      view.apply({ kind: 'flagged', rows, modSeq });
      return true;
    }
    case 'expunged':
    case 'dropped': {
      const uids = indexesOf(view, op.ranges).map((at) => view.uidAt(at));
      view.apply({ kind: 'expunged', uids, modSeq });
      return true;
    }
    case 'buried':
    case 'revived':
    case 'mail':
    case 'lasting':
    case 'note':
      return true;
  }
}

/** Their numbers were given before: only those behind all others can be added. */
function restore(view: MailboxView, rows: readonly Row[]): boolean {
  const [first] = rows;
  if (first === undefined) return true;
  if (view.count > 0 && first.uid <= view.uidAt(view.count - 1)) return false;
  const { uidNext } = view;
  view.apply({ kind: 'added', rows });
  view.uidNext = uidNext;
  return true;
}

function viewRow(row: PageRow): Row {
  return {
    uid: row.uid as Uid,
    modSeq: row.modSeq as ModSeq,
    flags: row.f,
    moreFlags: row.f2,
    sizeBytes: row.size,
    internalDate: row.idate,
    email: row.e as EmailId,
  };
}
