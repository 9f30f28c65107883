import type { SmtpCommand } from '../command.ts';
import { bareReply, reply } from '../reply.ts';

/** STARTTLS. RFC 3207. */
export const starttls: SmtpCommand = {
  name: 'STARTTLS',
  run(session, argument) {
    if (session.settings.tls === 'none') return reply(502, '5.1', 'TLS is not available');
    if (session.secure) return reply(503, '5.1', 'TLS is on already');
    if (argument !== '') return reply(501, '5.4', 'STARTTLS has no argument');
    if (session.hasMoreInput) {
      // Somebody on the way may have put commands behind it, to be taken for the client's own once TLS is on
      // (CVE-2011-0411). RFC 3207 has it last in its group.
      session.hangUp(reply(554, '5.1', 'Nothing may follow STARTTLS before TLS is on'));
      return undefined;
    }
    session.startTls(bareReply(220, '2.0.0 Ready for TLS'));
    return undefined;
  },
};
