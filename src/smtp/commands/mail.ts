import type { Answer, SmtpCommand } from '../command.ts';
import { pass, runChecks, type Verdict } from '../hook.ts';
import { parseParameters, type Parameters } from '../parameters.ts';
import { nullPath, parsePath } from '../path.ts';
import { reply, type Reply } from '../reply.ts';
import { MailTransaction, type MailParameters } from '../transaction.ts';
import { decodeXtext } from '../../core/xtext.ts';

const accepted = reply(250, '1.0', 'Ok');
const badSyntax = reply(501, '5.4', 'Syntax: MAIL FROM:<address> [parameters]');

/**
 * MAIL. RFC 5321 §4.1.1.2:
 *
 *     mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
 */
export const mail: SmtpCommand = {
  name: 'MAIL',

  run(session, argument): Answer | Promise<Answer> {
    const { client } = session;
    if (client === undefined) return reply(503, '5.1', 'Introduce yourself first');
    if (session.settings.profile === 'submission' && session.account === undefined) {
      return reply(530, '7.0', 'Authentication required'); // RFC 4954 §6
    }
    if (session.transaction !== undefined) return reply(503, '5.1', 'A transaction is open');

    const start = pathStart(argument, 'FROM:');
    if (start < 0) return badSyntax;
    const parsed = parsePath(argument, start);
    if (parsed === undefined) return reply(501, '1.7', 'Not an address in angle brackets');
    const { path, end } = parsed;
    // Only the null path has no domain here: `<postmaster>` is for RCPT.
    if (path.domain === undefined && path !== nullPath) return reply(501, '1.7', 'No domain');
    const words = parseParameters(argument, end);
    if (words === undefined) return badSyntax;
    const parameters = readParameters(words);
    if (typeof parameters === 'string') return parameters;
    // RFC 6531 §3.3
    if (!path.ascii && !parameters.smtpUtf8) return reply(553, '6.7', 'Needs SMTPUTF8');

    const id = session.nextTransactionId();
    if (id === undefined) return reply(452, '4.5', 'Too many messages, connect again');
    const transaction = new MailTransaction(id, client, path, parameters);
    const finish = (verdict: Verdict): Reply => {
      if (verdict !== pass) return verdict as Reply;
      session.begin(transaction);
      return accepted;
    };
    const verdict = runChecks(session.settings.hooks.mail, transaction);
    return typeof verdict === 'string' ? finish(verdict) : verdict.then(finish);
  },
};

/** Where the path begins behind `FROM:` or `TO:`; a space in between is not allowed and often there. -1: not at all. */
export function pathStart(argument: string, keyword: string): number {
  if (argument.slice(0, keyword.length).toUpperCase() !== keyword) return -1;
  let start = keyword.length;
  while (argument.charCodeAt(start) === 0x20) start += 1;
  return start;
}

function readParameters(words: Parameters): MailParameters | Reply {
  let declaredSizeBytes: number | undefined;
  let smtpUtf8 = false;
  let returnContent: 'FULL' | 'HDRS' | undefined;
  let envelopeId: string | undefined;
  for (const [keyword, value] of words) {
    const bad = reply(501, '5.4', `Bad value of ${keyword}`);
    switch (keyword) {
      case 'SIZE': // RFC 1870 §3: 1*20DIGIT
        if (!/^\d{1,20}$/.test(value ?? '')) return bad;
        declaredSizeBytes = Number(value);
        break;
      case 'BODY': // RFC 6152. Whatever is said, octets are kept as they come.
        if (!/^(?:7BIT|8BITMIME)$/i.test(value ?? '')) return bad;
        break;
      case 'SMTPUTF8': // RFC 6531 §3.4
        if (value !== undefined) return bad;
        smtpUtf8 = true;
        break;
      case 'RET': // RFC 3461 §4.3
        if (!/^(?:FULL|HDRS)$/i.test(value ?? '')) return bad;
        returnContent = value?.toUpperCase() as 'FULL' | 'HDRS';
        break;
      case 'ENVID': // RFC 3461 §4.4: xtext, at most 100 characters
        if (value === undefined || value.length > 100 || decodeXtext(value) === undefined)
          return bad;
        envelopeId = value;
        break;
      case 'AUTH': // RFC 4954 §5: read and not believed, nobody here speaks for others
        if (value === undefined || decodeXtext(value) === undefined) return bad;
        break;
      default:
        return reply(555, '5.4', `Parameter ${keyword.slice(0, 32)} is not known`);
    }
  }
  return { declaredSizeBytes, smtpUtf8, returnContent, envelopeId };
}
