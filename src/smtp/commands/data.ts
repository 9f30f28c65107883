import type { SmtpCommand } from '../command.ts';
import { bareReply, reply, type Reply } from '../reply.ts';
import type { SmtpSession } from '../session.ts';

const goOn = bareReply(354, 'End the message with <CRLF>.<CRLF>');

/**
 * DATA. RFC 5321 §4.1.1.4. It is the last command of its group (RFC 2920 §3.1): a client that did not wait and is
 * refused has sent its message where commands are read, so nothing behind the refusal is.
 */
export const data: SmtpCommand = {
  name: 'DATA',
  run(session, argument) {
    const { transaction } = session;
    const refusal = refusalOf(session, argument);
    if (refusal !== undefined && session.hasMoreInput) {
      session.hangUp(refusal);
      return undefined;
    }
    if (refusal !== undefined || transaction === undefined) return refusal;
    session.receiveData(transaction);
    return goOn;
  },
};

function refusalOf(session: SmtpSession, argument: string): Reply | undefined {
  const { transaction } = session;
  if (transaction === undefined) return reply(503, '5.1', 'MAIL comes first');
  // RFC 3030 §2: a message is sent in one way or in the other.
  if (transaction.chunked) return reply(503, '5.1', 'BDAT was used, DATA may not follow');
  if (argument !== '') return reply(501, '5.4', 'DATA has no argument');
  if (transaction.recipients.length > 0) return undefined;
  // RFC 5321 §3.3; RFC 2033 §4.2 wants 503.
  return reply(session.settings.profile === 'lmtp' ? 503 : 554, '5.1', 'No valid recipients');
}
