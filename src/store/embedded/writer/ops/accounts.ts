import { bornMailboxes } from '../../../common/born-mailboxes.ts';
import type { AccountLimits, ShardOps } from '../../protocol.ts';
import { snapshot } from '../events.ts';
import type { Head } from '../heads.ts';
import type { Shard } from '../shard.ts';
import { newBox } from './mailboxes.ts';

/** Makes heads equal to the directory's rows; harmless to repeat, so a crash between the two commits is mended. */
export function settleAccounts(
  shard: Shard,
  { accounts }: ShardOps['settleAccounts']['args'],
): undefined {
  for (const account of accounts) {
    const head = shard.heads.get(account.a);
    if (head === undefined) giveBirth(shard, account);
    else setLimits(shard, head, account);
  }
}

function giveBirth(shard: Shard, { a, maxBytes, maxCount }: AccountLimits): void {
  const head: Head = {
    a,
    seq: 1,
    bytes: 0,
    count: 0,
    maxBytes,
    maxCount,
    nextMailbox: 1,
    lastUidValidity: 0,
    taken: 0,
    dirty: false,
    mailboxes: new Map(),
    complete: true,
  };
  shard.heads.create(head);
  shard.heads.touch(head);
  const boxes = bornMailboxes.map(([name, use]) => {
    shard.subscriptions.set(a, name, true);
    return newBox(shard, head, name, use);
  });
  shard.events.changed(head, { mailboxes: boxes.map(snapshot) });
}

function setLimits(shard: Shard, head: Head, { maxBytes, maxCount }: AccountLimits): void {
  if (head.maxBytes === maxBytes && head.maxCount === maxCount) return;
  head.seq++;
  head.maxBytes = maxBytes;
  head.maxCount = maxCount;
  shard.heads.touch(head);
  shard.events.changed(head, { limits: { maxBytes, maxCount } });
}
