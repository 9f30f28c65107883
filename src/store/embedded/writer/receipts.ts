import type { Envelope } from '../../api.ts';
import { outboxJson } from '../../common/outbox-json.ts';
import type { LetterBrief } from '../../common/letter-row.ts';
import type { DeliveryRow, Outcome } from '../protocol.ts';
import type { Shard } from './shard.ts';

/**
 * One outbox entry for the deliveries that were stored in this commit and whose sender wants to be told. It needs no
 * content of its own: the first of the accounts holds the letter, and keeps it as a tombstone for much longer than a
 * notice is tried.
 */
export function addReceipts(
  shard: Shard,
  letter: LetterBrief,
  deliveries: readonly DeliveryRow[],
  outcomes: readonly Outcome[],
  sender: Envelope,
): void {
  const told = deliveries.filter(({ receipt }, i) => {
    const outcome = outcomes[i];
    return (
      receipt !== undefined &&
      outcome !== undefined &&
      !('failure' in outcome) &&
      !outcome.duplicate
    );
  });
  const [first] = told;
  if (first === undefined) return;
  // An at sign cannot stand in a relay's id.
  const id = `${first.a}@${first.id}`;
  const e = shard.messages.findEmail(first.a, letter);
  // A delivery id may be taken again once it was forgotten; its first notice is enough.
  if (e === undefined || shard.outbox.has(id)) return;
  const recipients = told.flatMap(({ receipt }) => receipt ?? []);
  const json = outboxJson({ ...sender, recipients, held: { a: first.a, e } });
  shard.outbox.add(id, 0, json, shard.now);
}
