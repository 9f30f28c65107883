import type { UidRanges } from '../../core/uid-set.ts';
import type { MailboxView } from '../mailbox-view.ts';

/** Every UID below UIDNEXT that is not there: a superset that RFC 7162 §3.2.5.2 allows. */
export function missingUids(view: MailboxView): UidRanges {
  const ranges: number[] = [];
  let next = 1;
  for (let i = 0; i < view.count; i++) {
    const uid = view.uidAt(i);
    if (uid > next) ranges.push(next, uid - 1);
    next = uid + 1;
  }
  if (view.uidNext > next) ranges.push(next, view.uidNext - 1);
  return ranges;
}
