import type { Clock } from '../../core/clock.ts';
import { MailError } from '../../core/errors.ts';
import type { AccountId, Uid } from '../../core/values.ts';
import type { Delivery, DeliveryOutcome, Envelope } from '../api.ts';
import { outboxJson } from '../common/outbox-json.ts';
import type { AccountLogs } from './account-logs.ts';
import type { MongoContent } from './content.ts';
import type { Draft } from './draft.ts';
import type { Head } from './head.ts';
import { PendingLetter } from './letters.ts';
import { refused } from './mongo-store.ts';
import { deliver } from './ops/message-ops.ts';

/**
 * Delivers one content to accounts, each in a commit of its own. What was stored for one recipient stays when another's
 * fails: the client is told of each, and a retry finds by its ids what it stored before. `onStored` learns of each account
 * that has the letter now.
 */
export async function deliverTo(
  logs: AccountLogs,
  content: MongoContent,
  deliveries: readonly Delivery[],
  sender: Envelope | undefined,
  clock: Clock,
  onStored: (account: AccountId, letter: PendingLetter) => void,
): Promise<readonly DeliveryOutcome[]> {
  const byAccount = new Map<AccountId, number[]>();
  deliveries.forEach(({ account }, i) => {
    const list = byAccount.get(account);
    if (list === undefined) byAccount.set(account, [i]);
    else list.push(i);
  });
  const outcomes = new Array<DeliveryOutcome>(deliveries.length);
  await Promise.all(
    [...byAccount].map(async ([account, places]) => {
      const own = places.map((i) => deliveries[i] as Delivery);
      const letter = new PendingLetter(content);
      const results = await deliverToOne(logs, account, letter, own, sender, clock);
      if (results.some(({ status }) => status === 'stored')) onStored(account, letter);
      places.forEach((i, n) => {
        outcomes[i] = results[n] as DeliveryOutcome;
      });
    }),
  );
  return outcomes;
}

async function deliverToOne(
  logs: AccountLogs,
  account: AccountId,
  letter: PendingLetter,
  deliveries: readonly Delivery[],
  sender: Envelope | undefined,
  clock: Clock,
): Promise<readonly DeliveryOutcome[]> {
  try {
    return await logs.with(account, (log) =>
      log.run({
        letters: [letter],
        lasting: deliveries.flatMap(({ lasting, deliveryId }) => (lasting ? [deliveryId] : [])),
        settled: (head) => deliveries.every((each) => isSettled(head, letter.content, each)),
        apply: (draft) => deliverAll(draft, letter, deliveries, sender, clock.now()),
      }),
    );
  } catch (error) {
    const failure = error instanceof MailError ? error.failure : undefined;
    if (failure === undefined) throw error;
    return deliveries.map(() => ({ status: 'failed', failure }));
  }
}

function isSettled(head: Head, content: MongoContent, delivery: Delivery): boolean {
  if (delivery.lasting) return false;
  return (
    head.ids.find(delivery.deliveryId) !== undefined ||
    refused(head, delivery.mailbox, content.sizeBytes, 1)
  );
}

function deliverAll(
  draft: Draft,
  letter: PendingLetter,
  deliveries: readonly Delivery[],
  sender: Envelope | undefined,
  now: number,
): DeliveryOutcome[] {
  const told: Delivery[] = [];
  const outcomes = deliveries.map((delivery): DeliveryOutcome => {
    try {
      const { uidValidity, uid, duplicate } = deliver(draft, letter, delivery);
      if (delivery.receipt !== undefined && !duplicate) told.push(delivery);
      return { status: 'stored', duplicate, uidValidity, uid: uid as Uid };
    } catch (error) {
      // One recipient's refusal is not the others' business; nothing changed before it.
      if (error instanceof MailError) return { status: 'failed', failure: error.failure };
      throw error;
    }
  });
  const [first] = told;
  if (sender !== undefined && first !== undefined) {
    const recipients = told.flatMap(({ receipt }) => receipt ?? []);
    const held = { a: draft.base.a, e: letter.email };
    const note = {
      _id: `${draft.base.a}@${first.deliveryId}`,
      j: outboxJson({ ...sender, recipients, held }),
      n: now,
      l: 0,
      tries: 0,
      at: now,
    };
    draft.fact({ k: 'note', note });
  }
  return outcomes;
}
