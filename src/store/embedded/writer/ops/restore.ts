import { MailError } from '../../../../core/errors.ts';
import type { ShardOps } from '../../protocol.ts';
import { countMessage, emailFor } from '../add-message.ts';
import { flagBits } from '../../../common/flag-bits.ts';
import type { Shard } from '../shard.ts';

/** Mailboxes and numbers of a snapshot for an account without messages. `already-exists` */
export function beginRestore(
  shard: Shard,
  { a, source, layout }: ShardOps['beginRestore']['args'],
): ShardOps['beginRestore']['result'] {
  const head = shard.head(a);
  const before = shard.upkeep.source(a);
  if (before === source) return 'resumed';
  if (before !== undefined) {
    throw new MailError('already-exists', 'The account is being restored from another snapshot');
  }
  const boxes = [...shard.heads.boxes(head).values()];
  if (head.count > 0 || boxes.some(({ uidNext }) => uidNext > 1)) {
    throw new MailError('already-exists', 'The account has or had messages');
  }
  for (const box of boxes) shard.heads.deleteBox(head, box);
  shard.upkeep.clearSubscriptions(a);
  for (const name of layout.subscriptions) shard.subscriptions.set(a, name, true);
  // The born mailboxes' values go unused: nobody has seen them.
  head.seq = Math.max(head.seq, layout.seq);
  head.lastUidValidity = layout.lastUidValidity;
  head.nextMailbox = layout.nextMailbox;
  shard.heads.touch(head);
  for (const ended of layout.ended) shard.ended.restore(a, ended);
  for (const mailbox of layout.mailboxes) {
    shard.heads.createBox(head, {
      ...mailbox,
      keywords: [...mailbox.keywords],
      total: 0,
      unseen: 0,
      deleted: 0,
      bytes: 0,
      deletedBytes: 0,
      dirty: false,
      redefined: false,
    });
  }
  shard.upkeep.mark(a, source);
  return 'begun';
}

/** Messages as they were elsewhere. No event tells of them: nobody may use the account yet. `invalid` */
export function restoreMessages(
  shard: Shard,
  { a, m, messages }: ShardOps['restoreMessages']['args'],
): number {
  const head = restoringHead(shard, a);
  const box = shard.box(head, m);
  const uids = messages.map(({ u }) => u);
  const there = new Set(
    shard.messages.select(a, m, Math.min(...uids), Math.max(...uids)).map(([u]) => u),
  );
  const missing = messages.filter(({ u }) => !there.has(u));
  if (new Set(uids).size < uids.length) throw new MailError('invalid', 'A UID comes twice');
  if (missing.some(({ u, ms }) => u >= box.uidNext || ms > box.modSeq)) {
    throw new MailError('invalid', 'A UID or MODSEQ past those of the mailbox');
  }
  shard.checkContents(missing.length);
  const bits = missing.map(({ flags }) => flagBits(box.keywords, flags));
  const fresh = bits.find((each) => each.fresh.length > 0);
  if (fresh !== undefined) throw new MailError('invalid', 'A keyword that the mailbox has not');

  missing.forEach(({ letter, u, ms, idate, sdate }, i) => {
    const e = emailFor(shard, head, letter, () => ({
      s: shard.number,
      c: shard.contents.insert(letter, shard.nowSeconds),
    }));
    const { f, f2 } = bits[i] ?? { f: 0, f2: 0 };
    shard.messages.insert(a, m, u, ms, f, f2, letter.size, idate, sdate, e);
    countMessage(head, box, f, letter.size, 1);
    shard.heads.touch(head);
    shard.heads.touchBox(head, box);
  });
  return missing.length;
}

export function restoreTombstones(
  shard: Shard,
  { a, m, tombstones }: ShardOps['restoreTombstones']['args'],
): undefined {
  const head = restoringHead(shard, a);
  const box = shard.box(head, m);
  if (tombstones.some(({ u, x }) => u >= box.uidNext || x > head.seq)) {
    throw new MailError('invalid', 'A UID or MODSEQ past those of the mailbox');
  }
  for (const { u, x, xt } of tombstones) shard.messages.addTombstone(a, m, u, x, xt);
}

/** Deleted messages with their letters, so that they can be undeleted. `invalid` */
export function restoreDeleted(
  shard: Shard,
  { a, messages }: ShardOps['restoreDeleted']['args'],
): number {
  const head = restoringHead(shard, a);
  shard.checkContents(messages.length);
  const bits = messages.map(({ m, x, flags }) => {
    const box = shard.heads.box(head, m);
    const keywords =
      x === 0 && box !== undefined ? undefined : (box?.keywords ?? shard.ended.keywords(a, m));
    if (keywords === undefined) throw new MailError('invalid', 'A mailbox that was not deleted');
    // What a mailbox does not know any more, undelete cannot bring back either.
    return flagBits(keywords, flags, 'only');
  });
  let added = 0;
  messages.forEach(({ letter, m, u, x, xt, idate }, i) => {
    const { f, f2 } = bits[i] ?? { f: 0, f2: 0 };
    const there = x === 0 && shard.messages.select(a, m, u, u).length > 0;
    if (there) return;
    const e = emailFor(shard, head, letter, () => ({
      s: shard.number,
      c: shard.contents.insert(letter, shard.nowSeconds),
    }));
    if (x === 0) shard.messages.insert(a, m, u, head.seq, f, f2, letter.size, idate, xt, e);
    else if (!shard.messages.addBuried(a, m, x, [u, f, f2, letter.size, idate, e, x], xt)) return;
    added++;
  });
  return added;
}

/** What makes repeated deliveries harmless. `invalid` */
export function restoreIds(shard: Shard, { a, ids }: ShardOps['restoreIds']['args']): undefined {
  const head = restoringHead(shard, a);
  for (const { id, lasting, uidValidity, u } of ids) {
    const answer = { uidValidity, uid: u };
    if ((lasting ? shard.lasting : shard.taken).find(a, id) !== undefined) continue;
    if (lasting) shard.lasting.add(a, id, answer);
    else shard.taken.add(a, id, ++head.taken, answer);
    shard.heads.touch(head);
  }
}

/** An entry of the outbox; false when it is there, or was restored before. */
export function restoreRelay(
  shard: Shard,
  { letter, id, json, attempts, at, nextAt }: ShardOps['restoreRelay']['args'],
): boolean {
  if (shard.outbox.has(id)) return false;
  shard.checkContents(1);
  const c = shard.contents.insert(letter, shard.nowSeconds);
  shard.contents.link({ c, a: 0 }, shard.nowSeconds);
  shard.outbox.restore({ id, c, relay: json, attempts, at }, nextAt);
  return true;
}

export function finishRestore(shard: Shard, { a }: ShardOps['finishRestore']['args']): undefined {
  shard.upkeep.unmark(a);
}

function restoringHead(shard: Shard, a: number): ReturnType<Shard['head']> {
  if (shard.upkeep.source(a) === undefined) {
    throw new MailError('invalid', 'The account is not being restored');
  }
  return shard.head(a);
}
