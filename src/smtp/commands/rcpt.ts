import type { Route } from '../../delivery/api.ts';
import type { Answer, SmtpCommand } from '../command.ts';
import { pass, runChecks, type Verdict } from '../hook.ts';
import { parseParameters, type Parameters } from '../parameters.ts';
import { nullPath, parsePath } from '../path.ts';
import { reply, type Reply } from '../reply.ts';
import type { SmtpSession } from '../session.ts';
import type { MailTransaction, TransactionRecipient } from '../transaction.ts';
import { decodeXtext, isUtf8AddressXtext } from '../../core/xtext.ts';
import { pathStart } from './mail.ts';

const accepted = reply(250, '1.5', 'Ok');
const badSyntax = reply(501, '5.4', 'Syntax: RCPT TO:<address> [parameters]');

/**
 * RCPT. RFC 5321 §4.1.1.3:
 *
 *     rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] CRLF
 */
export const rcpt: SmtpCommand = {
  name: 'RCPT',

  run(session, argument): Answer | Promise<Answer> {
    const { transaction } = session;
    if (transaction === undefined) return reply(503, '5.1', 'MAIL comes first');
    if (transaction.chunked) return reply(503, '5.1', 'The message has begun');

    const start = pathStart(argument, 'TO:');
    if (start < 0) return badSyntax;
    const parsed = parsePath(argument, start);
    if (parsed === undefined || parsed.path === nullPath) {
      return reply(501, '1.3', 'Not an address in angle brackets');
    }
    const { path, end } = parsed;
    const words = parseParameters(argument, end);
    if (words === undefined) return badSyntax;
    const parameters = readParameters(words, transaction.parameters.smtpUtf8);
    if (typeof parameters === 'string') return parameters;
    // RFC 6531 §3.3
    if (!path.ascii && !transaction.parameters.smtpUtf8) return reply(553, '6.7', 'Needs SMTPUTF8');
    if (transaction.recipients.length >= session.settings.limits.recipients) {
      return reply(452, '5.3', 'Too many recipients'); // RFC 5321 §4.5.3.1.10
    }
    const { client, reversePath } = transaction;
    const sender = { reversePath: reversePath.text, peer: client.peer, account: client.account };
    return session.settings.parts.delivery
      .route(path.text, transaction.parameters.declaredSizeBytes, sender)
      .then((route) => accept(session, transaction, { path, route, ...parameters }));
  },
};

function accept(
  session: SmtpSession,
  transaction: MailTransaction,
  recipient: TransactionRecipient,
): Reply | Promise<Reply> {
  const finish = (verdict: Verdict): Reply | Promise<Reply> => {
    if (verdict === pass) {
      transaction.recipients.push(recipient);
      return accepted;
    }
    return isUnknown(recipient.route)
      ? session.unknownRecipient(verdict as Reply)
      : (verdict as Reply);
  };
  const { hooks } = session.settings;
  const verdict = runChecks(hooks.rcpt, transaction, recipient.path, recipient.route);
  return typeof verdict === 'string' ? finish(verdict) : verdict.then(finish);
}

function isUnknown(route: Route): boolean {
  return route.kind === 'unknown';
}

function readParameters(
  words: Parameters,
  smtpUtf8: boolean,
): Pick<TransactionRecipient, 'notify' | 'originalRecipient'> | Reply {
  let notify: readonly string[] | undefined;
  let originalRecipient: string | undefined;
  for (const [keyword, value = ''] of words) {
    switch (keyword) {
      case 'NOTIFY':
        notify = notifyValues(value);
        if (notify === undefined) return reply(501, '5.4', 'Bad value of NOTIFY');
        break;
      case 'ORCPT':
        if (!isOriginalRecipient(value, smtpUtf8)) return reply(501, '5.4', 'Bad value of ORCPT');
        originalRecipient = value;
        break;
      default:
        return reply(555, '5.4', `Parameter ${keyword.slice(0, 32)} is not known`);
    }
  }
  return { notify, originalRecipient };
}

/** notify-esmtp-value = "NEVER" / 1#notify-list-element. RFC 3461 §4.1. */
function notifyValues(value: string): readonly string[] | undefined {
  const values = value.toUpperCase().split(',');
  if (values.length === 1 && values[0] === 'NEVER') return values;
  const known = values.every((word) => ['SUCCESS', 'FAILURE', 'DELAY'].includes(word));
  return known && new Set(values).size === values.length ? values : undefined;
}

/** original-recipient-address = addr-type ";" xtext, at most 500 characters. RFC 3461 §4.2, RFC 6533 §3. */
function isOriginalRecipient(value: string, smtpUtf8: boolean): boolean {
  if (value.length > 500) return false;
  const [, type, address = ''] = /^([A-Za-z0-9-]+);(.+)$/su.exec(value) ?? [];
  if (type === undefined) return false;
  return type.toLowerCase() === 'utf-8'
    ? isUtf8AddressXtext(address) && (smtpUtf8 || /^[!-~]*$/.test(address))
    : decodeXtext(address) !== undefined;
}
