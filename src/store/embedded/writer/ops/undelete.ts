import { deletedBit } from '../../../../core/values.ts';
import type { ShardOps } from '../../protocol.ts';
import { addKeywords, addMessage, checkRoom, checkUids } from '../add-message.ts';
import { type FlagBits, flagBits, namedFlags } from '../../../common/flag-bits.ts';
import type { MessageRow } from '../message-rows.ts';
import type { Shard } from '../shard.ts';
import type { Buried } from '../upkeep-rows.ts';

/** Deleted messages come back with new UIDs and one MODSEQ; the old UIDs stay expunged for everybody who knew them. */
export function undelete(shard: Shard, { a, to, messages }: ShardOps['undelete']['args']): number {
  const head = shard.head(a);
  const box = shard.box(head, to);
  const found = messages.flatMap((message) => {
    const buried = shard.upkeep.buried(a, message.m, message.x, message.u);
    return buried === undefined ? [] : [{ ...message, buried }];
  });
  if (found.length === 0) return 0;
  checkRoom(
    head,
    found.reduce((sum, { size }) => sum + size, 0),
    found.length,
  );
  checkUids(box, found.length);
  const keywords = [...box.keywords];
  const fresh: string[] = [];
  const bits = found.map(({ m, buried }): FlagBits => {
    const known = knownKeywords(shard, a, m);
    const bitsOf = flagBits(keywords, flagsOf(buried, known));
    keywords.push(...bitsOf.fresh);
    fresh.push(...bitsOf.fresh);
    return bitsOf;
  });

  head.seq++;
  addKeywords(shard, head, box, fresh);
  const rows = found.map(({ m, u: was, x, size, at, buried }, i): MessageRow => {
    const [e, , , date] = buried;
    const { f, f2 } = bits[i] as FlagBits;
    const idate = date ?? at;
    const u = addMessage(shard, head, box, { f, f2, fresh }, { size, idate, e });
    if (x === 0) shard.messages.remove(a, m, was);
    else shard.upkeep.revive(a, m, x, was);
    return [u, f, f2, size, idate, e, head.seq];
  });
  shard.events.added(head, box, { f: 0, f2: 0, fresh }, rows);
  return rows.length;
}

/** None for a mailbox that is forgotten: its keywords went with it. */
function knownKeywords(shard: Shard, a: number, m: number): readonly string[] {
  const head = shard.head(a);
  return shard.heads.box(head, m)?.keywords ?? shard.ended.keywords(a, m) ?? [];
}

function flagsOf(
  [, f, f2]: Buried,
  known: readonly string[],
): { readonly system: number; readonly keywords: readonly string[] } {
  if (f === null) return { system: 0, keywords: [] };
  return namedFlags(known, f & ~deletedBit, f2 ?? 0);
}
