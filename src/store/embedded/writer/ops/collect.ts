import { placeOf } from '../../email-place.ts';
import { collectSlice } from '../../limits.ts';
import type { CollectStep, ShardOps } from '../../protocol.ts';
import type { Shard } from '../shard.ts';

type Args = ShardOps['collect']['args'];
type Unused = CollectStep['unused'][number];

/**
 * One slice of the removal of what nobody can see any more, small enough not to keep commits waiting. There are no
 * counters: what is still named is found by looking.
 */
export function collect(shard: Shard, args: Args): CollectStep {
  switch (args.phase) {
    case 'ended':
      return collectEnded(shard, args);
    case 'gone':
      return collectGone(shard, args);
    case 'outbox':
      return {
        next: undefined,
        removed: shard.garbage.forgetRelays(args.garbageBefore),
        unused: [],
      };
  }
}

/** Links of accounts elsewhere that their own shard does not use. */
export function unlink(shard: Shard, { links }: ShardOps['unlink']['args']): undefined {
  for (const use of links) shard.contents.unlink(use);
}

/** Messages of mailboxes that were deleted longer ago than tombstones are kept. */
function collectEnded(shard: Shard, { tombstonesBefore }: Args): CollectStep {
  const mailbox = shard.garbage.oneEnded(tombstonesBefore);
  if (mailbox === undefined) return { next: undefined, removed: 0, unused: [] };
  const { a, m } = mailbox;
  const emails = shard.garbage.dropMessages(a, m, collectSlice);
  if (emails.length < collectSlice) shard.garbage.dropEnded(a, m);
  return { next: [], removed: emails.length, unused: forgetEmails(shard, a, emails) };
}

/** Tombstones that are old enough. */
function collectGone(shard: Shard, { after, tombstonesBefore }: Args): CollectStep {
  const rows = shard.garbage.tombstones(after, collectSlice);
  const last = rows.at(-1);
  if (last === undefined) return { next: undefined, removed: 0, unused: [] };

  const emailsOf = new Map<number, number[]>();
  for (const [a, m, x, u, e, xt] of rows) {
    if (xt >= tombstonesBefore) continue;
    shard.garbage.dropTombstone(a, m, x, u);
    raiseFloor(shard, a, m, x);
    const emails = emailsOf.get(a);
    if (emails === undefined) emailsOf.set(a, [e]);
    else emails.push(e);
  }
  let removed = 0;
  const unused: Unused[] = [];
  for (const [a, emails] of emailsOf) {
    removed += emails.length;
    unused.push(...forgetEmails(shard, a, emails));
  }
  return { next: last.slice(0, 4), removed, unused };
}

/** QRESYNC with an older MODSEQ can no longer be answered from tombstones. */
function raiseFloor(shard: Shard, a: number, m: number, x: number): void {
  const head = shard.heads.get(a);
  const box = head && shard.heads.box(head, m);
  if (head === undefined || box === undefined || box.vanFloor >= x) return;
  box.vanFloor = x;
  shard.heads.touchBox(head, box);
}

/** Removes emails that no message and no tombstone names; answers those whose contents other shards hold. */
function forgetEmails(shard: Shard, a: number, emails: readonly number[]): Unused[] {
  const elsewhere: Unused[] = [];
  for (const e of shard.garbage.forgetEmails(a, emails)) {
    const { s, c } = placeOf(e, shard.shards);
    if (s === shard.number) shard.contents.unlink({ c, a });
    else elsewhere.push({ a, e });
  }
  return elsewhere;
}
