import type { ShardOps } from '../../protocol.ts';
import { addKeywords, addMessage, checkRoom, checkUids, emailFor } from '../add-message.ts';
import { type FlagBits, flagBits } from '../../../common/flag-bits.ts';
import type { MessageRow } from '../message-rows.ts';
import type { Shard } from '../shard.ts';

/** APPEND, also of several messages: all or nothing, with one MODSEQ. RFC 9051 §6.3.12, RFC 3502. */
export function append(
  shard: Shard,
  { a, m, messages }: ShardOps['append']['args'],
): ShardOps['append']['result'] {
  const head = shard.head(a);
  const box = shard.box(head, m);
  const bytes = messages.reduce((sum, { letter }) => sum + letter.size, 0);
  checkRoom(head, bytes, messages.length);
  checkUids(box, messages.length);
  shard.checkContents(messages.length);
  const keywords = [...box.keywords];
  const fresh: string[] = [];
  const bits = messages.map(({ flags }): FlagBits => {
    const found = flagBits(keywords, flags);
    keywords.push(...found.fresh);
    fresh.push(...found.fresh);
    return found;
  });

  const first = box.uidNext;
  if (messages.length === 0) return { uidValidity: box.uidValidity, first };
  head.seq++;
  addKeywords(shard, head, box, fresh);
  const rows = messages.map(({ letter, idate }, i): MessageRow => {
    const { f, f2 } = bits[i] as FlagBits;
    const e = emailFor(shard, head, letter, () => ({
      s: shard.number,
      c: shard.contents.insert(letter, shard.nowSeconds),
    }));
    const { size } = letter;
    const u = addMessage(shard, head, box, { f, f2, fresh }, { size, idate, e });
    return [u, f, f2, size, idate, e, head.seq];
  });
  shard.events.added(head, box, { f: 0, f2: 0, fresh }, rows);
  return { uidValidity: box.uidValidity, first };
}
