import { MailError } from '../../../core/errors.ts';
import type {
  AccountLayout,
  KeptDeleted,
  RestoredMessage,
  TakenDeliveryId,
  Tombstone,
} from '../../api.ts';
import { flagBits, type FlagBits } from '../../common/flag-bits.ts';
import { wholeSeconds } from '../../common/seconds.ts';
import type { Draft } from '../draft.ts';
import type { Box } from '../head.ts';
import type { PendingLetter } from '../letters.ts';
import type { GoneRow, PageRow } from '../page.ts';

/** Mailboxes and numbers of a snapshot for an account without messages. `already-exists` */
export function beginRestore(
  draft: Draft,
  source: string,
  layout: AccountLayout,
): 'begun' | 'resumed' {
  if (draft.restoring === source) return 'resumed';
  if (draft.restoring !== undefined) {
    throw new MailError('already-exists', 'The account is being restored from another snapshot');
  }
  // An email number that was given tells of a message even when its mailbox is gone.
  if (draft.count > 0 || draft.nextEmail > 1) {
    throw new MailError('already-exists', 'The account has or had messages');
  }
  draft.rebase(layout.seq);
  for (const m of [...draft.boxes.keys()]) draft.removeBox(m);
  for (const mailbox of layout.mailboxes) draft.setBox(emptyBox(mailbox));
  // The born mailboxes' values go unused: nobody has seen them.
  draft.lastUidValidity = layout.lastUidValidity;
  draft.nextMailbox = layout.nextMailbox;
  draft.ended = layout.deletedMailboxes.map(({ id, name, keywords, deletedAt }) => ({
    m: id,
    name: name ?? null,
    keywords,
    at: wholeSeconds(deletedAt),
  }));
  for (const name of [...draft.subscriptions]) draft.subscribe(name, false);
  for (const name of layout.subscriptions) draft.subscribe(name, true);
  draft.restoring = source;
  return 'begun';
}

function emptyBox(mailbox: AccountLayout['mailboxes'][number]): Box {
  return {
    m: mailbox.id,
    name: mailbox.name,
    uidValidity: mailbox.uidValidity,
    uidNext: mailbox.uidNext,
    modSeq: mailbox.highestModSeq,
    total: 0,
    unseen: 0,
    deleted: 0,
    bytes: 0,
    deletedBytes: 0,
    use: mailbox.specialUse ?? null,
    selectable: mailbox.selectable,
    keywords: mailbox.keywords,
    vanFloor: mailbox.forgottenUpTo,
  };
}

/** Messages as they were elsewhere; those whose UID is there are skipped. `invalid` */
export function restoreMessages(
  draft: Draft,
  m: number,
  messages: readonly { readonly letter: PendingLetter; readonly kept: RestoredMessage }[],
): number {
  checkRestoring(draft);
  let box = draft.box(m);
  const view = draft.rows(m);
  const uids = new Set(messages.map(({ kept }) => kept.uid));
  if (uids.size < messages.length) throw new MailError('invalid', 'A UID comes twice');
  const missing = messages
    .filter(({ kept }) => view.indexOf(kept.uid) < 0)
    .sort((x, y) => x.kept.uid - y.kept.uid);
  checkNumbers(
    missing.map(({ kept }) => kept),
    box.uidNext,
    box.modSeq,
  );
  const bits = missing.map(({ kept }): FlagBits => flagBits(box.keywords, kept.flags));
  if (bits.some(({ fresh }) => fresh.length > 0)) {
    throw new MailError('invalid', 'A keyword that the mailbox has not');
  }
  if (missing.length === 0) return 0;
  for (const { letter } of missing) letter.mustBePrepared();

  draft.begin();
  const rows = missing.map(({ letter, kept }, i): PageRow => {
    const { f, f2 } = bits[i] as FlagBits;
    box = draft.count1(box, f, letter.size, 1);
    return {
      uid: kept.uid,
      modSeq: kept.modSeq,
      f,
      f2,
      size: letter.size,
      idate: wholeSeconds(kept.internalDate),
      sdate: wholeSeconds(kept.savedAt),
      e: letter.use(draft),
    };
  });
  draft.setBox(box);
  draft.note({ k: 'restored', m, rows });
  return rows.length;
}

/** `invalid` */
export function restoreTombstones(draft: Draft, m: number, tombstones: readonly Tombstone[]): void {
  checkRestoring(draft);
  const box = draft.box(m);
  checkNumbers(tombstones, box.uidNext, draft.base.seq);
  if (tombstones.length === 0) return;
  draft.begin();
  const gone = tombstones.map(({ uid, modSeq, deletedAt }): GoneRow => ({
    ...{ uid, x: modSeq, at: wholeSeconds(deletedAt), lives: false },
    ...{ e: 0, size: 0, f: 0, f2: 0, idate: 0 },
  }));
  draft.note({ k: 'buried', m, gone });
}

/** A deleted message with its letter. */
export interface DeletedLetter {
  readonly letter: PendingLetter;
  readonly kept: KeptDeleted;
}

/** Refuses what `restoreDeleted` cannot take. `invalid` */
export function checkDeleted(draft: Draft, messages: readonly KeptDeleted[]): void {
  checkRestoring(draft);
  for (const { mailbox, modSeq } of messages) keywordsFor(draft, mailbox, modSeq);
}

/** Deleted messages of mailboxes that are there and of deleted ones. None of them may be there. */
export function restoreDeleted(draft: Draft, messages: readonly DeletedLetter[]): void {
  if (messages.length === 0) return;
  for (const { letter } of messages) letter.mustBePrepared();
  draft.begin();
  for (const { letter, kept } of messages) {
    const { mailbox: m, uid, modSeq: x, deletedAt } = kept;
    // What a mailbox does not know any more, undelete cannot bring back either.
    const { f, f2 } = flagBits(keywordsFor(draft, m, x), kept.flags, 'only');
    const [e, size] = [letter.use(draft), letter.size];
    const idate = wholeSeconds(kept.internalDate);
    const at = wholeSeconds(deletedAt);
    if (x === 0) {
      const row = { uid, modSeq: draft.base.seq, f, f2, size, idate, sdate: at, e };
      draft.note({ k: 'restored', m, rows: [row] });
    } else {
      draft.note({ k: 'buried', m, gone: [{ uid, x, at, e, size, f, f2, idate, lives: false }] });
    }
  }
}

function keywordsFor(draft: Draft, m: number, x: number): readonly string[] {
  const box = draft.boxes.get(m);
  const ended = draft.ended.find((each) => each.m === m);
  const keywords = x === 0 && box !== undefined ? undefined : (box ?? ended)?.keywords;
  if (keywords === undefined) throw new MailError('invalid', 'A mailbox that was not deleted');
  return keywords;
}

/** What makes repeated deliveries harmless. `invalid` */
export function restoreIds(draft: Draft, ids: readonly TakenDeliveryId[]): void {
  checkRestoring(draft);
  const fresh = ids.filter(({ deliveryId, lasting }) => {
    return (lasting ? draft.lastingAnswer(deliveryId) : draft.answerOf(deliveryId)) === undefined;
  });
  if (fresh.length === 0) return;
  draft.begin();
  for (const { deliveryId, lasting, uidValidity, uid } of fresh) {
    const answer = { uidValidity, uid };
    if (lasting) draft.takeLasting(deliveryId, answer);
    else draft.takeId(deliveryId, answer);
  }
}

function checkRestoring(draft: Draft): void {
  if (draft.restoring === undefined) {
    throw new MailError('invalid', 'The account is not being restored');
  }
}

function checkNumbers(
  messages: readonly { readonly uid: number; readonly modSeq: number }[],
  uidNext: number,
  modSeq: number,
): void {
  if (messages.some((each) => each.uid >= uidNext || each.modSeq > modSeq)) {
    throw new MailError('invalid', 'A UID or MODSEQ past those of the mailbox');
  }
}
