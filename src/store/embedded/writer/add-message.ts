import { MailError } from '../../../core/errors.ts';
import { deletedBit, seenBit } from '../../../core/values.ts';
import { emailOf } from '../email-place.ts';
import { lastUid } from '../../common/limits.ts';
import type { LetterBrief } from '../../common/letter-row.ts';
import type { ContentPlace } from '../protocol.ts';
import type { FlagBits } from '../../common/flag-bits.ts';
import type { Box, Head } from './heads.ts';
import type { Shard } from './shard.ts';

/** Refuses what the account has no room for: `over-quota`. Exact, because it is asked inside the commit. */
export function checkRoom(head: Head, bytes: number, messages: number): void {
  if (
    (head.maxBytes !== null && head.bytes + bytes > head.maxBytes) ||
    (head.maxCount !== null && head.count + messages > head.maxCount)
  ) {
    throw new MailError('over-quota', 'The mailbox is full');
  }
}

/** `limit`: UIDs are 32 bits and never used twice. */
export function checkUids(box: Box, messages: number): void {
  if (box.uidNext + messages - 1 > lastUid) {
    throw new MailError('limit', 'The mailbox has no more UIDs');
  }
}

/** Notes in the counters that a message came (`sign` 1) or went (-1). */
export function countMessage(head: Head, box: Box, f: number, size: number, sign: 1 | -1): void {
  head.bytes += sign * size;
  head.count += sign;
  box.total += sign;
  box.bytes += sign * size;
  if ((f & seenBit) === 0) box.unseen += sign;
  if ((f & deletedBit) !== 0) {
    box.deleted += sign;
    box.deletedBytes += sign * size;
  }
}

/** Makes keywords known to the mailbox, by the next numbers. */
export function addKeywords(shard: Shard, head: Head, box: Box, fresh: readonly string[]): void {
  if (fresh.length === 0) return;
  box.keywords.push(...fresh);
  shard.heads.touchBox(head, box, true);
}

/** Puts a message with the next UID into the mailbox. The caller has checked room and raised `head.seq`. */
export function addMessage(
  shard: Shard,
  head: Head,
  box: Box,
  bits: FlagBits,
  message: { readonly size: number; readonly idate: number; readonly e: number },
): number {
  const u = box.uidNext++;
  box.modSeq = head.seq;
  shard.messages.insert(
    head.a,
    box.m,
    u,
    head.seq,
    bits.f,
    bits.f2,
    message.size,
    message.idate,
    shard.nowSeconds,
    message.e,
  );
  countMessage(head, box, bits.f, message.size, 1);
  shard.heads.touch(head);
  shard.heads.touchBox(head, box);
  return u;
}

/** The account's email of the octets, made when it does not hold them yet; `place` is asked only then. */
export function emailFor(
  shard: Shard,
  head: Head,
  letter: LetterBrief,
  place: () => ContentPlace,
): number {
  const known = shard.messages.findEmail(head.a, letter);
  if (known !== undefined) return known;
  const at = place();
  const e = emailOf(at, shard.shards);
  shard.messages.addEmail(head.a, e, letter);
  if (at.s === shard.number) shard.contents.link({ c: at.c, a: head.a }, shard.nowSeconds);
  return e;
}
