import { MailError } from '../../../../core/errors.ts';
import type { OutboxRow, ShardOps } from '../../protocol.ts';
import { readOutboxJson } from '../../../common/outbox-json.ts';
import type { Shard } from '../shard.ts';

/** A backup may be restored again at any time; its letters shall not be sent again. */
const never = Number.MAX_SAFE_INTEGER;

/** Hands out entries whose time has come, each to one caller until `leaseUntil`. */
export function claim(
  shard: Shard,
  { now, leaseUntil, limit }: ShardOps['claim']['args'],
): readonly OutboxRow[] {
  const rows = shard.outbox.due(now, limit);
  for (const { id } of rows) shard.outbox.lease(id, leaseUntil);
  return rows;
}

/** Keeps what is left to send; with nothing left the entry ends and lets go of its content. `not-found` */
export function settle(shard: Shard, { id, left, nextAt }: ShardOps['settle']['args']): undefined {
  const entry = shard.outbox.get(id);
  if (entry === undefined) throw new MailError('not-found', 'No such entry');
  if (left === '') {
    const { restored } = readOutboxJson(entry.relay);
    shard.outbox.end(id, restored === true ? never : shard.now);
    if (entry.c !== 0) shard.contents.unlink({ c: entry.c, a: 0 });
    return;
  }
  const relay = JSON.parse(entry.relay) as object;
  const recipients = JSON.parse(left) as unknown;
  shard.outbox.settle(id, JSON.stringify({ ...relay, recipients }), nextAt);
}
