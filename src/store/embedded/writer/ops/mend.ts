import type { ShardOps } from '../../protocol.ts';
import { snapshot } from '../events.ts';
import type { Shard } from '../shard.ts';

/** Counters and quota from the messages themselves; UIDNEXT and MODSEQ only ever grow. */
export function mendCounters(shard: Shard, { a }: ShardOps['mendCounters']['args']): undefined {
  const head = shard.head(a);
  const boxes = [...shard.heads.boxes(head).values()];
  head.bytes = 0;
  head.count = 0;
  for (const box of boxes) {
    const { lastUid, lastModSeq, ...totals } = shard.upkeep.totals(a, box.m);
    Object.assign(box, totals);
    box.uidNext = Math.max(box.uidNext, lastUid + 1);
    box.modSeq = Math.max(box.modSeq, lastModSeq);
    head.seq = Math.max(head.seq, box.modSeq);
    head.lastUidValidity = Math.max(head.lastUidValidity, box.uidValidity);
    head.nextMailbox = Math.max(head.nextMailbox, box.m + 1);
    head.bytes += totals.bytes;
    head.count += totals.total;
    shard.heads.touchBox(head, box);
  }
  head.seq++;
  shard.heads.touch(head);
  shard.events.changed(head, { mailboxes: boxes.map(snapshot) });
}

export function mendLink(shard: Shard, use: ShardOps['mendLink']['args']): undefined {
  shard.contents.link(use, shard.nowSeconds);
}

export function mendIdentity(
  shard: Shard,
  { a, e, brief }: ShardOps['mendIdentity']['args'],
): undefined {
  if (shard.messages.findEmail(a, brief) === undefined) shard.messages.addEmail(a, e, brief);
}

export function mendContent(
  shard: Shard,
  { c, letter }: ShardOps['mendContent']['args'],
): undefined {
  shard.upkeep.render(c, letter);
}
