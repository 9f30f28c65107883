import { toRanges, type UidRanges } from '../../../../core/uid-set.ts';
import { deletedBit } from '../../../../core/values.ts';
import { lastUid } from '../../../common/limits.ts';
import type { ShardOps } from '../../protocol.ts';
import { countMessage } from '../add-message.ts';
import { snapshot } from '../events.ts';
import type { MessageRow } from '../message-rows.ts';
import type { Shard } from '../shard.ts';

/** EXPUNGE and UID EXPUNGE: what has \Deleted at this commit, whatever the session has seen. RFC 9051 §6.4.3, §6.4.9. */
export function expunge(
  shard: Shard,
  { a, m, uids = [1, lastUid] }: ShardOps['expunge']['args'],
): UidRanges {
  const head = shard.head(a);
  const box = shard.box(head, m);
  if (box.deleted === 0) return [];
  const doomed: MessageRow[] = [];
  const runs: Run[] = [];
  for (let i = 0; i < uids.length; i += 2) {
    let run: Run | undefined;
    for (const row of shard.messages.select(a, m, uids[i] as number, uids[i + 1] as number)) {
      if ((row[1] & deletedBit) === 0) {
        run = undefined;
        continue;
      }
      doomed.push(row);
      if (run === undefined) runs.push((run = { first: row[0], last: row[0] }));
      else run.last = row[0];
    }
  }
  if (doomed.length === 0) return [];

  const ms = ++head.seq;
  for (const { first, last } of runs) {
    shard.messages.bury(a, m, first, last, ms, shard.nowSeconds);
  }
  for (const [, f, , size] of doomed) countMessage(head, box, f, size, -1);
  box.modSeq = ms;
  shard.heads.touch(head);
  shard.heads.touchBox(head, box);
  const uid = Uint32Array.from(doomed, (row) => row[0]);
  shard.events.changed(head, {
    mailboxes: [snapshot(box)],
    changes: [{ kind: 'expunged', m, uid }],
  });
  return toRanges(uid);
}

/** Neighbours that all go: one statement buries them, and another removes them. */
interface Run {
  readonly first: number;
  last: number;
}
