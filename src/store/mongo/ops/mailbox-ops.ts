import { MailError } from '../../../core/errors.ts';
import { inboxId, type SpecialUse } from '../../../core/values.ts';
import { subscriptionsPerAccount } from '../../common/limits.ts';
import {
  checkCount,
  checkName,
  childless,
  findName,
  inferiors,
  missingSuperiors,
  renaming,
} from '../../common/mailbox-names.ts';
import type { Draft } from '../draft.ts';
import type { Box } from '../head.ts';
import { moveAll } from './message-ops.ts';

/** CREATE, with superior names. RFC 9051 §6.3.4. `already-exists`, `invalid`, `limit` */
export function createMailbox(draft: Draft, name: string, use: SpecialUse | null): number {
  checkName(name);
  const found = findName(draft.boxes, name);
  if (found?.selectable) throw new MailError('already-exists', 'Mailbox already exists');
  const missing = missingSuperiors(draft.boxes, name);
  checkCount(draft.boxes, missing.length + (found === undefined ? 1 : 0));

  draft.begin();
  for (const superior of missing) newBox(draft, superior, null);
  if (found === undefined) return newBox(draft, name, use).m;
  const uidValidity = nextUidValidity(draft);
  draft.setBox({ ...found, selectable: true, uidValidity, modSeq: draft.seq, use });
  return found.m;
}

/** DELETE. RFC 9051 §6.3.5. `not-found`, `invalid` */
export function deleteMailbox(draft: Draft, m: number): void {
  const box = someBox(draft, m);
  if (m === inboxId) throw new MailError('invalid', 'INBOX cannot be deleted');
  const hasChildren = inferiors(draft.boxes, box.name).length > 0;
  if (!box.selectable && hasChildren) {
    throw new MailError('invalid', 'The name has inferior names');
  }

  draft.begin();
  draft.removeBox(m);
  draft.bytes -= box.bytes;
  draft.count -= box.total;
  if (box.selectable && box.uidNext > 1) {
    const { name, keywords } = box;
    draft.ended = [...draft.ended, { m, at: draft.now, name, keywords }];
  }
  // A new id: whoever knew the old mailbox must not take this name for it. RFC 8474 §4.
  if (hasChildren) newBox(draft, box.name, null, false);
  else dropChildless(draft, box.name);
}

/** RENAME. RFC 9051 §6.3.6. `not-found`, `already-exists`, `invalid`, `limit` */
export function renameMailbox(draft: Draft, m: number, name: string): void {
  const box = someBox(draft, m);
  checkName(name);
  if (findName(draft.boxes, name) !== undefined) {
    throw new MailError('already-exists', 'Mailbox already exists');
  }
  if (m === inboxId) {
    // The messages move, INBOX stays, and so do names below it.
    draft.rows(m);
    moveAll(draft, m, createMailbox(draft, name, null));
    return;
  }
  const { family, missing } = renaming(draft.boxes, box, name);

  draft.begin();
  for (const [each, next] of family) draft.setBox({ ...each, name: next });
  for (const superior of missing) newBox(draft, superior, null);
  dropChildless(draft, box.name);
}

/** SUBSCRIBE and UNSUBSCRIBE; the name need not exist. RFC 9051 §6.3.7, §6.3.8. */
export function subscribe(draft: Draft, name: string, subscribed: boolean): void {
  if (subscribed) {
    checkName(name);
    if (draft.subscriptions.size >= subscriptionsPerAccount) {
      throw new MailError('limit', 'Too many subscriptions');
    }
  }
  if (draft.subscriptions.has(name) === subscribed) return;
  draft.begin();
  draft.subscribe(name, subscribed);
}

/** A new mailbox, within the change at hand. */
export function newBox(draft: Draft, name: string, use: SpecialUse | null, selectable = true): Box {
  const box: Box = {
    m: draft.nextMailbox++,
    name,
    uidValidity: nextUidValidity(draft),
    uidNext: 1,
    modSeq: draft.seq,
    total: 0,
    unseen: 0,
    deleted: 0,
    bytes: 0,
    deletedBytes: 0,
    use,
    selectable,
    keywords: [],
    vanFloor: 0,
  };
  draft.setBox(box);
  return box;
}

/** Seconds, always greater than any earlier one of the account. RFC 9051 §2.3.1.1. */
function nextUidValidity(draft: Draft): number {
  draft.lastUidValidity = Math.max(draft.now, draft.lastUidValidity + 1);
  return draft.lastUidValidity;
}

function someBox(draft: Draft, m: number): Box {
  const box = draft.boxes.get(m);
  if (box === undefined) throw new MailError('not-found', 'No such mailbox');
  return box;
}

function dropChildless(draft: Draft, name: string): void {
  for (const { m } of childless(draft.boxes, name)) draft.removeBox(m);
}
