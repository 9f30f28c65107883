import { MailError } from '../../../../core/errors.ts';
import type { Envelope } from '../../../api.ts';
import type { LetterBrief } from '../../../common/letter-row.ts';
import type { ContentPlace, DeliveryRow, Outcome, ShardOps } from '../../protocol.ts';
import { addKeywords, addMessage, checkRoom, checkUids, emailFor } from '../add-message.ts';
import { flagBits } from '../../../common/flag-bits.ts';
import { addReceipts } from '../receipts.ts';
import type { Shard } from '../shard.ts';

/**
 * The first commit of a delivery, in the shard that keeps the content: the content itself, the deliveries of this
 * shard, links for accounts of other shards (which commit only after this is durable), and the relay.
 */
export function accept(
  shard: Shard,
  { letter, deliveries, foreign, relay, sender }: ShardOps['accept']['args'],
): ShardOps['accept']['result'] {
  const now = shard.nowSeconds;
  shard.checkContents(1);
  let c: number | undefined;
  const place = (): ContentPlace => {
    c ??= shard.contents.insert(letter, now);
    return { s: shard.number, c };
  };
  for (const a of foreign) shard.contents.link({ c: place().c, a }, now);
  if (relay !== undefined) addRelay(shard, relay, place);
  const outcomes = deliverEach(shard, letter, place, deliveries, sender);
  return { c: c ?? 0, outcomes };
}

/** The second commit of a delivery, in each other shard. */
export function deliver(
  shard: Shard,
  { brief, place, deliveries, sender }: ShardOps['deliver']['args'],
): ShardOps['deliver']['result'] {
  return deliverEach(shard, brief, () => place, deliveries, sender);
}

function deliverEach(
  shard: Shard,
  letter: LetterBrief,
  place: () => ContentPlace,
  deliveries: readonly DeliveryRow[],
  sender: Envelope | undefined,
): readonly Outcome[] {
  const outcomes = deliveries.map((delivery) => deliverOne(shard, letter, place, delivery));
  if (sender !== undefined) addReceipts(shard, letter, deliveries, outcomes, sender);
  return outcomes;
}

function deliverOne(
  shard: Shard,
  letter: LetterBrief,
  place: () => ContentPlace,
  delivery: DeliveryRow,
): Outcome {
  const { a, m, id, lasting, idate } = delivery;
  try {
    const head = shard.head(a);
    const before = (lasting ? shard.lasting : shard.taken).find(a, id);
    if (before !== undefined) return { ...before, duplicate: true };

    const box = shard.box(head, m);
    checkRoom(head, letter.size, 1);
    checkUids(box, 1);
    const bits = flagBits(box.keywords, delivery.flags);

    head.seq++;
    const e = emailFor(shard, head, letter, place);
    const uid = addMessage(shard, head, box, bits, { size: letter.size, idate, e });
    const answer = { uidValidity: box.uidValidity, uid };
    if (lasting) shard.lasting.add(a, id, answer);
    else shard.taken.add(a, id, ++head.taken, answer);
    addKeywords(shard, head, box, bits.fresh);
    shard.events.added(head, box, bits, [[uid, bits.f, bits.f2, letter.size, idate, e, head.seq]]);
    return { ...answer, duplicate: false };
  } catch (error) {
    // One recipient's refusal is not the others' business; everything before it was only asked, not written.
    if (error instanceof MailError) return { failure: error.failure };
    throw error;
  }
}

/** A relay of the same transaction, tried again after a lost reply, is already there: by its id. */
function addRelay(
  shard: Shard,
  relay: { readonly id: string; readonly json: string },
  place: () => ContentPlace,
): void {
  if (shard.outbox.has(relay.id)) return;
  const { c } = place();
  shard.contents.link({ c, a: 0 }, shard.nowSeconds);
  shard.outbox.add(relay.id, c, relay.json, shard.now);
}
