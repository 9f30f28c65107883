import { toRanges, type UidRanges } from '../../../../core/uid-set.ts';
import type { ShardOps } from '../../protocol.ts';
import { addKeywords } from '../add-message.ts';
import { snapshot } from '../events.ts';
import { flagBits } from '../../../common/flag-bits.ts';
import { changedBits, deletedMore, unseenMore } from '../../../common/flag-change.ts';
import type { MessageRow } from '../message-rows.ts';
import type { Shard } from '../shard.ts';

/** STORE: one MODSEQ for all that changed; what already is so keeps its own. RFC 9051 §6.4.6, RFC 7162 §3.1.3. */
export function storeFlags(
  shard: Shard,
  { a, m, uids, mode, flags, unchangedSince }: ShardOps['storeFlags']['args'],
): UidRanges {
  const head = shard.head(a);
  const box = shard.box(head, m);
  const bits = flagBits(box.keywords, flags, mode === 'remove' ? 'only' : 'grow');
  const modified: number[] = [];
  const changed: MessageRow[] = [];
  const runs: Run[] = [];
  for (let i = 0; i < uids.length; i += 2) {
    let run: Run | undefined;
    for (const row of shard.messages.select(a, m, uids[i] as number, uids[i + 1] as number)) {
      const [u, f, f2, , , , ms] = row;
      if (unchangedSince !== undefined && ms > unchangedSince) {
        modified.push(u);
        run = undefined;
        continue;
      }
      const next = changedBits(mode, f, bits.f);
      const next2 = changedBits(mode, f2, bits.f2);
      if (next === f && next2 === f2) {
        run = undefined;
        continue;
      }
      const deleted = deletedMore(f, next);
      box.unseen += unseenMore(f, next);
      box.deleted += deleted;
      box.deletedBytes += deleted * row[3];
      row[1] = next;
      row[2] = next2;
      changed.push(row);
      if (run?.f === next && run.f2 === next2) run.last = u;
      else runs.push((run = { first: u, last: u, f: next, f2: next2 }));
    }
  }
  if (changed.length > 0) {
    const ms = ++head.seq;
    for (const { first, last, f, f2 } of runs)
      shard.messages.setFlags(a, m, first, last, ms, f, f2);
    box.modSeq = ms;
    addKeywords(shard, head, box, bits.fresh);
    shard.heads.touch(head);
    shard.heads.touchBox(head, box);
    shard.events.changed(head, {
      mailboxes: [snapshot(box)],
      changes: [
        {
          kind: 'flagged',
          m,
          uid: Uint32Array.from(changed, (row) => row[0]),
          flags: Uint32Array.from(changed, (row) => row[1]),
          moreFlags: Uint32Array.from(changed, (row) => row[2]),
        },
      ],
    });
  }
  return toRanges(modified);
}

/** Neighbours that all get the same flags: one statement writes them. */
interface Run {
  readonly first: number;
  last: number;
  readonly f: number;
  readonly f2: number;
}
