import type { SmtpCommand } from '../command.ts';
import { bareReply, reply } from '../reply.ts';

const goOn = bareReply(354, 'End the message with <CRLF>.<CRLF>');

/** DATA. RFC 5321 §4.1.1.4. */
export const data: SmtpCommand = {
  name: 'DATA',
  run(session, argument) {
    const { transaction } = session;
    if (transaction === undefined) return reply(503, '5.1', 'MAIL comes first');
    // RFC 3030 §2: a message is sent in one way or in the other.
    if (transaction.chunked) return reply(503, '5.1', 'BDAT was used, DATA may not follow');
    if (argument !== '') return reply(501, '5.4', 'DATA has no argument');
    if (transaction.recipients.length === 0) {
      // RFC 5321 §3.3; RFC 2033 §4.2 wants 503.
      const code = session.settings.profile === 'lmtp' ? 503 : 554;
      return reply(code, '5.1', 'No valid recipients');
    }
    session.receiveData(transaction);
    return goOn;
  },
};
