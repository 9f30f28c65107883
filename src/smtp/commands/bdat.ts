import type { Answer, SmtpCommand } from '../command.ts';
import { reply, type Reply } from '../reply.ts';
import type { SmtpSession } from '../session.ts';

/**
 * BDAT. RFC 3030 §2:
 *
 *     bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] CR LF
 *
 * The octets follow at once, without an invitation, so a chunk that is refused is read all the same, and the answer
 * comes behind it.
 */
export const bdat: SmtpCommand = {
  name: 'BDAT',
  run(session, argument): Answer {
    const match = /^(\d{1,20})(?: (LAST))?$/i.exec(argument);
    if (match === null) {
      // Nobody knows how many octets follow, so nothing behind this line can be understood.
      session.hangUp(reply(501, '5.4', 'Syntax: BDAT size [LAST]'));
      return undefined;
    }
    const size = Number(match[1]);
    const last = match[2] !== undefined;
    if (size > session.settings.limits.chunkBytes) {
      session.hangUp(reply(552, '3.4', 'Chunk is too big'));
      return undefined;
    }
    const refusal = refusalOf(session);
    if (session.transaction !== undefined && refusal === undefined) {
      session.transaction.chunked = true;
    }
    session.receiveChunk(size, last, refusal);
    return undefined;
  },
};

function refusalOf(session: SmtpSession): Reply | undefined {
  const { transaction } = session;
  if (transaction === undefined) return reply(503, '5.1', 'MAIL comes first');
  if (transaction.recipients.length === 0) return reply(554, '5.1', 'No valid recipients');
  return undefined;
}
