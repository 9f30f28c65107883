import type { Answer, SmtpCommand } from '../command.ts';
import { isDomainOrLiteral } from '../path.ts';
import { bareReply, reply } from '../reply.ts';
import type { SmtpSession } from '../session.ts';

const badName = reply(501, '5.4', 'Say your domain name or [address]');

/** EHLO. RFC 5321 §4.1.1.1. The name is believed only as far as the Received field quotes it. */
export const ehlo: SmtpCommand = {
  name: 'EHLO',
  profiles: ['mx', 'submission'],
  run: extendedHello,
};

/** LHLO, in the place of EHLO and HELO. RFC 2033 §4.1. */
export const lhlo: SmtpCommand = { name: 'LHLO', profiles: ['lmtp'], run: extendedHello };

/** HELO. RFC 5321 §4.1.1.1. */
export const helo: SmtpCommand = {
  name: 'HELO',
  profiles: ['mx', 'submission'],
  run(session, name): Answer {
    if (!isDomainOrLiteral(name)) return badName;
    session.introduce(name, false);
    return bareReply(250, session.settings.hostname);
  },
};

function extendedHello(session: SmtpSession, name: string): Answer {
  if (!isDomainOrLiteral(name)) return badName;
  session.introduce(name, true);
  return bareReply(250, session.settings.hostname, ...extensions(session));
}

/** Only what works at this moment. */
function extensions(session: SmtpSession): string[] {
  const { limits, profile, parts } = session.settings;
  const lines = [
    'PIPELINING', // RFC 2920
    `SIZE ${limits.messageBytes}`, // RFC 1870
    '8BITMIME', // RFC 6152
    'SMTPUTF8', // RFC 6531
    'ENHANCEDSTATUSCODES', // RFC 2034
    'DSN', // RFC 3461
    'CHUNKING', // RFC 3030
    `LIMITS MAILMAX=${limits.messages} RCPTMAX=${limits.recipients}`, // RFC 9422
  ];
  if (session.canStartTls) lines.push('STARTTLS'); // RFC 3207
  const mechanisms = parts.authenticator?.mechanisms ?? [];
  // RFC 4954 §4: not offered where it would be refused.
  if (profile === 'submission' && session.mayLogIn && mechanisms.length > 0) {
    lines.push(`AUTH ${mechanisms.join(' ')}`);
  }
  if (session.mayXclient) lines.push('XCLIENT ADDR PORT NAME PROTO HELO');
  return lines;
}
