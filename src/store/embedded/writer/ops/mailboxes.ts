import { MailError } from '../../../../core/errors.ts';
import { inboxId, type SpecialUse } from '../../../../core/values.ts';
import { lastUid, subscriptionsPerAccount } from '../../../common/limits.ts';
import type { ShardOps } from '../../protocol.ts';
import { snapshot } from '../events.ts';
import type { Box, Head } from '../heads.ts';
import type { Shard } from '../shard.ts';
import { copy } from './copy.ts';
import {
  checkCount,
  checkName,
  childless,
  findName,
  inferiors,
  missingSuperiors,
  renaming,
} from '../../../common/mailbox-names.ts';

/** CREATE, with superior names. RFC 9051 §6.3.4. `already-exists`, `invalid`, `limit` */
export function createMailbox(
  shard: Shard,
  { a, name, use }: ShardOps['createMailbox']['args'],
): number {
  const head = shard.head(a);
  checkName(name);
  const boxes = shard.heads.boxes(head);
  const found = findName(boxes, name);
  if (found?.selectable) throw new MailError('already-exists', 'Mailbox already exists');
  const missing = missingSuperiors(boxes, name);
  checkCount(boxes, missing.length + (found === undefined ? 1 : 0));

  head.seq++;
  shard.heads.touch(head);
  const made = missing.map((superior) => newBox(shard, head, superior, null));
  let box = found;
  if (box === undefined) box = newBox(shard, head, name, use ?? null);
  else awaken(shard, head, box, use ?? null);
  shard.events.changed(head, { mailboxes: [...made, box].map(snapshot) });
  return box.m;
}

/** DELETE. RFC 9051 §6.3.5. `not-found`, `invalid` */
export function deleteMailbox(
  shard: Shard,
  { a, m }: ShardOps['deleteMailbox']['args'],
): undefined {
  const head = shard.head(a);
  const boxes = shard.heads.boxes(head);
  const box = boxes.get(m);
  if (box === undefined) throw new MailError('not-found', 'No such mailbox');
  if (box.m === inboxId) throw new MailError('invalid', 'INBOX cannot be deleted');
  const hasChildren = inferiors(boxes, box.name).length > 0;
  if (!box.selectable && hasChildren) {
    throw new MailError('invalid', 'The name has inferior names');
  }

  head.seq++;
  shard.heads.touch(head);
  const removed = [m];
  shard.heads.deleteBox(head, box);
  head.bytes -= box.bytes;
  head.count -= box.total;
  if (box.selectable) shard.ended.add(a, box, shard.nowSeconds);
  if (hasChildren) {
    // A new id: whoever knew the old mailbox must not take this name for it. RFC 8474 §4.
    const kept = newBox(shard, head, box.name, null, false);
    shard.events.changed(head, { removed, mailboxes: [snapshot(kept)] });
  } else {
    removed.push(...dropChildless(shard, head, box.name));
    shard.events.changed(head, { removed });
  }
}

/** RENAME. RFC 9051 §6.3.6. `not-found`, `already-exists`, `invalid`, `limit` */
export function renameMailbox(
  shard: Shard,
  { a, m, name }: ShardOps['renameMailbox']['args'],
): undefined {
  const head = shard.head(a);
  const boxes = shard.heads.boxes(head);
  const box = boxes.get(m);
  if (box === undefined) throw new MailError('not-found', 'No such mailbox');
  checkName(name);
  if (findName(boxes, name) !== undefined) {
    throw new MailError('already-exists', 'Mailbox already exists');
  }
  const oldName = box.name;
  if (m === inboxId) {
    renameInbox(shard, head, box, name);
    return;
  }
  const { family, missing } = renaming(boxes, box, name);

  head.seq++;
  shard.heads.touch(head);
  for (const [each, next] of family) {
    each.name = next;
    shard.heads.touchBox(head, each, true);
  }
  // Names are unique in the file at each moment, so nothing may come between.
  shard.heads.flushBoxes();
  const made = missing.map((superior) => newBox(shard, head, superior, null));
  const removed = dropChildless(shard, head, oldName);
  shard.events.changed(head, {
    removed,
    mailboxes: [...made, ...family.map(([each]) => each)].map(snapshot),
  });
}

/** RFC 9051 §6.3.6: the messages move, INBOX stays, and so do names below it. */
function renameInbox(shard: Shard, head: Head, inbox: Box, name: string): void {
  const m = createMailbox(shard, { a: head.a, name, use: undefined });
  copy(shard, { a: head.a, from: inbox.m, to: m, uids: [1, lastUid], move: true });
}

/** SUBSCRIBE and UNSUBSCRIBE; the name need not exist. RFC 9051 §6.3.7, §6.3.8. */
export function subscribe(
  shard: Shard,
  { a, name, subscribed }: ShardOps['subscribe']['args'],
): undefined {
  const head = shard.head(a);
  if (subscribed) {
    checkName(name);
    if (shard.subscriptions.count(a) >= subscriptionsPerAccount) {
      throw new MailError('limit', 'Too many subscriptions');
    }
  }
  if (!shard.subscriptions.set(a, name, subscribed)) return;
  head.seq++;
  shard.heads.touch(head);
  shard.events.changed(head, { subscription: { name, subscribed } });
}

/** A mailbox in the head and in the file. The caller has raised `head.seq`. */
export function newBox(
  shard: Shard,
  head: Head,
  name: string,
  use: SpecialUse | null,
  selectable = true,
): Box {
  const box: Box = {
    m: head.nextMailbox++,
    name,
    uidValidity: nextUidValidity(shard, head),
    uidNext: 1,
    modSeq: head.seq,
    total: 0,
    unseen: 0,
    deleted: 0,
    bytes: 0,
    deletedBytes: 0,
    use,
    selectable,
    keywords: [],
    vanFloor: 0,
    dirty: false,
    redefined: false,
  };
  shard.heads.createBox(head, box);
  return box;
}

/** A `\Noselect` name becomes a mailbox. */
function awaken(shard: Shard, head: Head, box: Box, use: SpecialUse | null): void {
  box.selectable = true;
  box.uidValidity = nextUidValidity(shard, head);
  box.modSeq = head.seq;
  box.use = use;
  shard.heads.touchBox(head, box, true);
}

/** Seconds, always greater than any earlier one of the account. RFC 9051 §2.3.1.1. */
function nextUidValidity(shard: Shard, head: Head): number {
  head.lastUidValidity = Math.max(shard.nowSeconds, head.lastUidValidity + 1);
  return head.lastUidValidity;
}

/** Removes `\Noselect` names above a name that went, when nothing is left below them. */
function dropChildless(shard: Shard, head: Head, name: string): number[] {
  const dropped = childless(shard.heads.boxes(head), name);
  for (const box of dropped) shard.heads.deleteBox(head, box);
  return dropped.map(({ m }) => m);
}
