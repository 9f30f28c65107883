import type { Address } from './address.ts';
import { domainToASCII } from 'node:url';
import { isAscii } from './encoded-word.ts';
import { imapString, imapText, nstring, type Form } from './imap-string.ts';

/**
 * The fields of a header that make an ENVELOPE. Texts are unfolded, with their RFC 2047 words as sent; undefined
 * where the field is missing. Address fields that come more than once are joined, so that a client sees every
 * sender; of the other fields the last one counts. Dovecot does the same.
 */
export interface EnvelopeFields {
  date?: string;
  subject?: string;
  from?: Address[];
  sender?: Address[];
  replyTo?: Address[];
  to?: Address[];
  cc?: Address[];
  bcc?: Address[];
  inReplyTo?: string;
  messageId?: string;
}

/** ENVELOPE of a message without any of its fields. */
export const emptyEnvelope = '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)';

/** ENVELOPE with its parentheses, RFC 9051 §7.5.2. */
export function renderEnvelope(fields: EnvelopeFields, form: Form): string {
  const from = addressList(fields.from, form);
  const sender = addressList(fields.sender, form);
  const replyTo = addressList(fields.replyTo, form);
  return (
    `(${nstring(fields.date, form)} ` +
    `${fields.subject === undefined ? 'NIL' : imapText(fields.subject, form)} ` +
    // RFC 9051 §7.5.2: absent or empty, these two are as From.
    `${from} ${sender === 'NIL' ? from : sender} ${replyTo === 'NIL' ? from : replyTo} ` +
    `${addressList(fields.to, form)} ${addressList(fields.cc, form)} ` +
    `${addressList(fields.bcc, form)} ` +
    `${nstring(fields.inReplyTo, form)} ${nstring(fields.messageId, form)})`
  );
}

function addressList(addresses: readonly Address[] | undefined, form: Form): string {
  if (addresses === undefined || addresses.length === 0) return 'NIL';
  let list = '(';
  for (const { name, route, mailbox, host } of addresses) {
    list +=
      `(${name === undefined ? 'NIL' : imapText(name, form)} ${nstring(route, form)} ` +
      `${nstring(mailbox, form)} ${host === undefined ? 'NIL' : hostString(host, form)})`;
  }
  return list + ')';
}

/** An internationalized domain has a form of its own in ASCII (RFC 5890), which is better than an encoded word. */
function hostString(host: string, form: Form): string {
  if (form === 'utf8' || isAscii(host)) return imapString(host, form);
  const ascii = domainToASCII(host);
  return imapString(ascii === '' ? host : ascii, form);
}
