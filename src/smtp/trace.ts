import { isIPv6 } from 'node:net';
import { formatDate } from '../mail/date.ts';
import type { MailTransaction } from './transaction.ts';

/**
 * The fields that are put in front of a received message: Return-Path and Received, RFC 5321 §4.4. Of a user who
 * submits, neither address nor host name is told: these would say where people live (RFC 6409 §7.6 leaves it open).
 */
export function traceFields(transaction: MailTransaction, hostname: string, nowMs: number): string {
  const { client, recipients } = transaction;
  const from =
    client.profile === 'submission'
      ? 'submission.invalid'
      : `${client.hello} (${addressLiteral(client.peer)})`;
  // With more than one recipient, FOR would tell one about the others. RFC 5321 §7.2.
  const only = recipients.length === 1 ? recipients[0] : undefined;
  const forClause = only === undefined ? '' : `\r\n\tfor <${only.path.text}>`;
  // RFC 8314 §4.3; the clause comes behind FOR, in the place of RFC 5321's Additional-Registered-Clauses.
  const tls = client.cipher === undefined ? '' : `\r\n\ttls ${client.cipher}`;
  return (
    `Return-Path: <${transaction.reversePath.text}>\r\n` +
    `Received: from ${from}\r\n\tby ${hostname} with ${withProtocol(transaction)} id ${transaction.id}` +
    `${forClause}${tls};\r\n\t${dateText(nowMs)}\r\n`
  );
}

/** The WITH protocol types of RFC 3848 and RFC 6531 §4.3. */
export function withProtocol({ client, parameters }: MailTransaction): string {
  const lmtp = client.profile === 'lmtp';
  // The plain types know neither TLS nor login.
  if (!client.extended) return 'SMTP';
  const security =
    (client.cipher === undefined ? '' : 'S') + (client.account === undefined ? '' : 'A');
  const base = parameters.smtpUtf8 ? (lmtp ? 'UTF8LMTP' : 'UTF8SMTP') : lmtp ? 'LMTP' : 'ESMTP';
  return base + security;
}

/** RFC 5321 §4.1.3. */
export function addressLiteral(address: string): string {
  return isIPv6(address) ? `[IPv6:${address}]` : `[${address}]`;
}

let lastSecond = -1;
let lastText = '';

/** Many messages come within the same second. */
function dateText(nowMs: number): string {
  const second = Math.floor(nowMs / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastText = formatDate(second * 1000);
  }
  return lastText;
}
