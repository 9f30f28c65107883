import type { Log } from '../core/log.ts';
import type { DeliveryResult, RecipientOutcome } from '../delivery/api.ts';
import { pass, runChecks } from './hook.ts';
import type { TakenMessage } from './message-intake.ts';
import {
  isPermanent,
  reply,
  replyForError,
  replyForFailure,
  retryReplyForFailure,
  type Reply,
} from './reply.ts';
import type { SmtpSettings } from './settings.ts';
import type { MailTransaction } from './transaction.ts';

/** What the client is told at the end of the data; for LMTP one reply for each recipient, RFC 2033 §4.2. */
export interface DeliveryAnswer {
  readonly answer: Reply;
  /** To be confirmed when the client has the answer. */
  readonly result: DeliveryResult | undefined;
}

/** Ends the intake, asks the hooks, and gives the message to the delivery agent. Does not reject. */
export async function deliverMessage(
  settings: SmtpSettings,
  log: Log,
  transaction: MailTransaction,
): Promise<DeliveryAnswer> {
  const { intake } = transaction;
  const refused = (answer: Reply): DeliveryAnswer => {
    log.info('message-refused', { message: transaction.id, reply: answer.slice(0, 9) });
    return { answer: forEach(transaction, () => answer), result: undefined };
  };
  let taken: TakenMessage | undefined;
  try {
    taken = await intake?.finish();
    if (taken === undefined) return refused(intake?.refusal ?? replyForError(undefined));
    const verdict = await runChecks(settings.hooks.message, transaction, taken.facts);
    if (verdict !== pass) return refused(verdict as Reply);

    const result = await settings.parts.delivery.deliver({
      reversePath: transaction.reversePath.text,
      recipients: transaction.recipients.map((recipient) => ({
        forwardPath: recipient.path.text,
        account: recipient.route.kind === 'local' ? recipient.route.account : undefined,
        notify: recipient.notify,
        originalRecipient: recipient.originalRecipient,
      })),
      content: taken.content,
      clientDigest: taken.clientDigest,
      envelopeId: transaction.parameters.envelopeId,
      returnContent: transaction.parameters.returnContent,
      smtpUtf8: transaction.parameters.smtpUtf8,
      submitter: transaction.client.account,
    });
    const { outcomes } = result;
    log.info('message-accepted', {
      message: transaction.id,
      account: transaction.client.account?.id,
      sizeBytes: taken.content.sizeBytes,
      recipients: outcomes.length,
      failed: outcomes.filter((outcome) => outcome.status === 'failed').length,
    });
    const accepted = reply(250, '0.0', `Ok: accepted as ${transaction.id}`);
    const answer =
      settings.profile === 'lmtp'
        ? forEach(transaction, (i) => answerFor(outcomes[i], accepted))
        : answerForAll(outcomes, accepted);
    // Who is asked to send everything again has not got what was delivered: that stays a retry.
    const whole = settings.profile === 'lmtp' || answer === accepted;
    return { answer, result: whole ? result : undefined };
  } catch (error) {
    log.error('delivery-failed', { message: transaction.id, err: error });
    return refused(replyForError(error));
  } finally {
    taken?.content.release().catch((error: unknown) => {
      log.error('content-release-failed', { message: transaction.id, err: error });
    });
  }
}

/** One reply, or in LMTP one for each recipient that RCPT accepted, in their order. */
function forEach(transaction: MailTransaction, answer: (index: number) => Reply): Reply {
  if (transaction.client.profile !== 'lmtp') return answer(0);
  return transaction.recipients.map((_, i) => answer(i)).join('') as Reply;
}

function answerFor(outcome: RecipientOutcome | undefined, accepted: Reply): Reply {
  if (outcome === undefined) return replyForError(undefined);
  return outcome.status === 'failed' ? replyForFailure(outcome.failure) : accepted;
}

/**
 * SMTP has one reply for all recipients. 250 would promise the letter to those it could not be stored for; a bounce
 * would go to whom the envelope names, who may be forged. So a partial failure (a mailbox that filled up or was closed
 * since its RCPT) asks the client to try again: the retry is told at RCPT which recipient it was, and those who have
 * the letter do not get it twice, because the delivery id is the same.
 */
function answerForAll(outcomes: readonly RecipientOutcome[], accepted: Reply): Reply {
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === 'failed' ? [outcome.failure] : [],
  );
  const [first] = failures;
  if (first === undefined) return accepted;
  const allPermanent =
    failures.length === outcomes.length &&
    failures.every((failure) => isPermanent(replyForFailure(failure)));
  return allPermanent ? replyForFailure(first) : retryReplyForFailure(first);
}
