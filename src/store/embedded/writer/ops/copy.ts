import type { ShardOps } from '../../protocol.ts';
import { addKeywords, addMessage, checkRoom, checkUids, countMessage } from '../add-message.ts';
import { addedChange, snapshot } from '../events.ts';
import type { FlagBits } from '../../../common/flag-bits.ts';
import { translateFlags } from '../../../common/translate-flags.ts';
import type { MessageRow } from '../message-rows.ts';
import type { Shard } from '../shard.ts';

/** COPY and MOVE: all or nothing in one commit with one MODSEQ. RFC 9051 §6.4.7, §6.4.8. */
export function copy(
  shard: Shard,
  { a, from, to, uids, move }: ShardOps['copy']['args'],
): ShardOps['copy']['result'] {
  const head = shard.head(a);
  const source = shard.box(head, from);
  const target = shard.box(head, to);
  const rows: MessageRow[] = [];
  for (let i = 0; i < uids.length; i += 2) {
    const [low, high] = [uids[i] as number, uids[i + 1] as number];
    for (const row of shard.messages.select(a, from, low, high)) rows.push(row);
  }
  const first = target.uidNext;
  const answer = {
    uidValidity: target.uidValidity,
    from: Uint32Array.from(rows, (row) => row[0]),
    first,
  };
  if (rows.length === 0) return answer;
  // A move leaves the account as full as it was.
  if (!move) {
    checkRoom(
      head,
      rows.reduce((sum, row) => sum + row[3], 0),
      rows.length,
    );
  }
  checkUids(target, rows.length);
  const { bits, fresh } = translateFlags(
    source,
    target,
    rows.map(([, f, f2]) => ({ f, f2 })),
  );

  const ms = ++head.seq;
  if (move) {
    for (let i = 0; i < uids.length; i += 2) {
      const [low, high] = [uids[i] as number, uids[i + 1] as number];
      shard.messages.bury(a, from, low, high, ms, shard.nowSeconds, true);
    }
    for (const [, f, , size] of rows) countMessage(head, source, f, size, -1);
    source.modSeq = ms;
    shard.heads.touchBox(head, source);
  }
  addKeywords(shard, head, target, fresh);
  const added = rows.map(([, , , size, idate, e], i): MessageRow => {
    const row = bits[i] as FlagBits;
    const u = addMessage(shard, head, target, row, { size, idate, e });
    return [u, row.f, row.f2, size, idate, e, ms];
  });
  const additions = addedChange(to, added);
  shard.events.changed(
    head,
    move
      ? {
          mailboxes: from === to ? [snapshot(target)] : [snapshot(source), snapshot(target)],
          changes: [{ kind: 'expunged', m: from, uid: answer.from }, additions],
        }
      : { mailboxes: [snapshot(target)], changes: [additions] },
  );
  return answer;
}
