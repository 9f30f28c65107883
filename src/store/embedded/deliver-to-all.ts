import { type Failure, MailError } from '../../core/errors.ts';
import type { Uid } from '../../core/values.ts';
import type { Delivery, DeliveryOutcome, Envelope, Relay } from '../api.ts';
import type { EmbeddedContent } from './content.ts';
import { outboxJson } from '../common/outbox-json.ts';
import type { DeliveryRow, Outcome, WriteOps } from './protocol.ts';
import { wholeSeconds } from '../common/seconds.ts';
import type { Threads } from './threads.ts';

/** Who gets a letter. */
export interface Addressees {
  readonly deliveries: readonly Delivery[];
  readonly relay: Relay | undefined;
  /** Told of deliveries that ask for it. */
  readonly sender: Envelope | undefined;
}

/** Where a delivery stands in the caller's list. */
interface Numbered {
  readonly number: number;
  readonly row: DeliveryRow;
}

/**
 * Delivers one content to accounts of any shards. The content is committed in one of them, together with its own
 * deliveries and the relay; only when that is durable do the others commit theirs, so that none can name a content
 * that a crash took away. A crash in between leaves a link that nobody uses, and the client's retry mends the rest.
 * A shard that is not available fails its own deliveries only, though the content was to lie there.
 */
export async function deliverToAll(
  threads: Threads,
  shards: number,
  content: EmbeddedContent,
  { deliveries, relay, sender }: Addressees,
): Promise<readonly DeliveryOutcome[]> {
  if (deliveries.length === 0 && relay === undefined) return [];
  await content.keep();
  const { letter, weight } = content;
  const byShard = groupByShard(deliveries, shards);
  const outcomes = new Array<DeliveryOutcome>(deliveries.length);
  const note = (list: readonly Numbered[], results: readonly Outcome[]): void => {
    list.forEach(({ number }, i) => {
      outcomes[number] = outcomeFrom(results[i] as Outcome);
    });
  };
  let home: number;
  let accepted: WriteOps['accept']['result'];
  for (;;) {
    home = homeShard(byShard, shards, relay);
    const own = byShard.get(home) ?? [];
    byShard.delete(home);
    const foreign = [...byShard.values()].flat().map(({ row }) => row.a);
    try {
      accepted = await threads.write(
        home,
        'accept',
        {
          letter,
          deliveries: own.map(({ row }) => row),
          foreign: [...new Set(foreign)],
          relay: relay && { id: relay.relayId, json: outboxJson(relay) },
          sender,
        },
        weight,
      );
      note(own, accepted.outcomes);
      break;
    } catch (error) {
      // With a relay the content has one place; else the next shard may be in order.
      const away = error instanceof MailError && error.failure === 'unavailable';
      if (!away || relay !== undefined || byShard.size === 0) throw error;
      note(
        own,
        own.map(() => ({ failure: 'unavailable' })),
      );
    }
  }
  if (byShard.size === 0) return outcomes;

  const { digest, size, ref, references } = letter;
  const brief = { digest, size, ref, references };
  const place = { s: home, c: accepted.c };
  await Promise.all(
    [...byShard].map(async ([shard, list]) => {
      const rows = list.map(({ row }) => row);
      try {
        const args = { brief, place, deliveries: rows, sender };
        note(list, await threads.write(shard, 'deliver', args));
      } catch (error) {
        // The other deliveries are durable, so this one's failure must not hide them.
        const failure: Failure = error instanceof MailError ? error.failure : 'internal';
        note(
          list,
          list.map(() => ({ failure })),
        );
      }
    }),
  );
  return outcomes;
}

function groupByShard(deliveries: readonly Delivery[], shards: number): Map<number, Numbered[]> {
  const byShard = new Map<number, Numbered[]>();
  deliveries.forEach((delivery, number) => {
    const shard = delivery.account % shards;
    const row: DeliveryRow = {
      a: delivery.account,
      m: delivery.mailbox,
      id: delivery.deliveryId,
      lasting: delivery.lasting ?? false,
      flags: delivery.flags,
      idate: wholeSeconds(delivery.internalDate),
      receipt: delivery.receipt,
    };
    const list = byShard.get(shard);
    if (list === undefined) byShard.set(shard, [{ number, row }]);
    else list.push({ number, row });
  });
  return byShard;
}

/**
 * With a relay the submitter's, whoever else gets the letter: a retry may come for fewer recipients, and the relay's id
 * is looked for where it was kept. Else the shard with most deliveries.
 */
function homeShard(
  byShard: ReadonlyMap<number, readonly Numbered[]>,
  shards: number,
  relay: Relay | undefined,
): number {
  if (relay !== undefined) return (relay.account ?? 0) % shards;
  let home = 0;
  let most = 0;
  for (const [shard, list] of byShard) {
    if (list.length <= most) continue;
    home = shard;
    most = list.length;
  }
  return home;
}

function outcomeFrom(outcome: Outcome): DeliveryOutcome {
  if ('failure' in outcome) return { status: 'failed', failure: outcome.failure };
  const { uidValidity, uid, duplicate } = outcome;
  return { status: 'stored', duplicate, uidValidity, uid: uid as Uid };
}
