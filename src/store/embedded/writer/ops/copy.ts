import { keywordNames } from '../../../mailbox-view.ts';
import type { ShardOps } from '../../protocol.ts';
import { addKeywords, addMessage, checkRoom, checkUids, countMessage } from '../add-message.ts';
import { addedChange, snapshot } from '../events.ts';
import { type FlagBits, flagBits } from '../../../common/flag-bits.ts';
import type { Box } from '../heads.ts';
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
  const { bits, fresh } = translateFlags(source, target, rows);

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

/** The same flags with the target's keyword numbers. `limit` */
function translateFlags(
  source: Box,
  target: Box,
  rows: readonly MessageRow[],
): { readonly bits: FlagBits[]; readonly fresh: string[] } {
  const fresh: string[] = [];
  if (source === target) {
    return { bits: rows.map(([, f, f2]) => ({ f, f2, fresh })), fresh };
  }
  const keywords = [...target.keywords];
  // Few combinations are in use, so each is translated once.
  const known = new Map<string, FlagBits>();
  const bits = rows.map(([, f, f2]) => {
    const key = `${f} ${f2}`;
    let found = known.get(key);
    if (found === undefined) {
      const names = keywordNames(source.keywords, f, f2);
      found = flagBits(keywords, { system: f & systemBits, keywords: names });
      keywords.push(...found.fresh);
      fresh.push(...found.fresh);
      known.set(key, found);
    }
    return found;
  });
  return { bits, fresh };
}

const systemBits = 31;
