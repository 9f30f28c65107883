import type { Envelope, EnvelopeRecipient, OutboxEntry, Relay } from '../api.ts';

/** What the `relay` column holds. */
export interface OutboxContents extends Envelope {
  readonly recipients: readonly EnvelopeRecipient[];
  /** Of a relay: who submitted it. */
  readonly account?: Relay['account'];
  /** Of a receipt: an account that holds the letter, and as which email. */
  readonly held?: { readonly a: number; readonly e: number } | undefined;
  /** Of an entry that came from a backup; a receipt among them has a letter of its own. */
  readonly restored?: boolean | undefined;
  readonly receipt?: boolean | undefined;
}

/** `relay`: a letter to send on; `delivered`: somebody is to be told of a success. */
export function kindOf({
  held,
  receipt,
}: Pick<OutboxContents, 'held' | 'receipt'>): OutboxEntry['kind'] {
  return held === undefined && receipt !== true ? 'relay' : 'delivered';
}

/** What notices and relays need of an entry, without how it is kept. */
export function envelopeOf(
  entry: Envelope & Pick<OutboxEntry, 'recipients'>,
): Envelope & Pick<OutboxEntry, 'recipients'> {
  const { reversePath, recipients, envelopeId, returnContent, smtpUtf8 } = entry;
  return { reversePath, recipients, envelopeId, returnContent, smtpUtf8 };
}

/** As JSON: undefined members are left out. */
export function outboxJson(contents: OutboxContents): string {
  return JSON.stringify(contents);
}

export function readOutboxJson(json: string): OutboxContents {
  const read = JSON.parse(json) as Omit<Partial<OutboxContents>, 'recipients'> & {
    readonly recipients: readonly Partial<EnvelopeRecipient>[];
  };
  return {
    reversePath: read.reversePath ?? '',
    recipients: read.recipients.map((each) => ({
      forwardPath: each.forwardPath ?? '',
      notify: each.notify,
      originalRecipient: each.originalRecipient,
    })),
    envelopeId: read.envelopeId,
    returnContent: read.returnContent,
    smtpUtf8: read.smtpUtf8 ?? false,
    account: read.account,
    held: read.held,
    restored: read.restored,
    receipt: read.receipt,
  };
}
