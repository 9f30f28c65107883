import { formatDate } from '../mail/date.ts';
import type { EnvelopeRecipient, OutboxEntry } from '../store/api.ts';

/** A recipient that a notification speaks of. */
export interface ReportedRecipient {
  readonly recipient: EnvelopeRecipient;
  /** The reply of the relay, or what went wrong without one. */
  readonly reply: string | undefined;
}

/** RFC 3464 §2.3.3; `relayed`: to a host that tells of no success. */
export type DsnAction = 'failed' | 'delayed' | 'delivered' | 'relayed';

/** What the third part returns of the letter, without its Return-Path. RFC 6522 §3. */
export interface ReturnedLetter {
  readonly kind: 'header' | 'whole';
  readonly octets: Buffer;
}

export interface DsnOptions {
  readonly action: DsnAction;
  readonly entry: OutboxEntry;
  readonly recipients: readonly ReportedRecipient[];
  /** The server's name: Reporting-MTA and the domain of the sender. */
  readonly hostname: string;
  /** The relay's name: Remote-MTA. Undefined: nobody but us has seen the letter. */
  readonly relayHost: string | undefined;
  readonly nowMs: number;
  /** Unique for this notification. */
  readonly id: string;
  readonly returned: ReturnedLetter;
  /** Until when a delayed letter is tried. */
  readonly giveUpAtMs: number;
}

/**
 * A delivery status notification: multipart/report with text for people in Kazakh, Russian and English, the fields of
 * RFC 3464 for programs, and the letter or its header. RFC 6522, RFC 6533 where addresses are not ASCII.
 */
export function deliveryStatusNotification(options: DsnOptions): Buffer {
  const { action, entry, recipients, hostname, nowMs, id, returned } = options;
  const boundary = `=_dsn_${id}`;
  const international =
    !isAscii(entry.reversePath + headerOf(returned.octets)) || recipients.some(needsUtf8);
  const kind = international ? 'global-' : '';
  const lines = [
    `From: Mail Delivery System <postmaster@${hostname}>`,
    `To: <${entry.reversePath}>`,
    `Date: ${formatDate(nowMs)}`,
    `Message-ID: <${id}@${hostname}>`,
    `Subject: ${subjects[action]}`,
    'Auto-Submitted: auto-replied', // RFC 3834 §5
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    ...texts[action](recipients.map(shown), options.giveUpAtMs),
    '',
    `--${boundary}`,
    `Content-Type: message/${kind}delivery-status`,
    ...(international ? ['Content-Transfer-Encoding: 8bit'] : []),
    '',
    ...statusFields(options, international),
    '',
    `--${boundary}`,
    ...returnedFields(returned, international),
    '',
    '',
  ];
  return Buffer.concat([
    Buffer.from(lines.join('\r\n')),
    returned.octets,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}

const subjects = {
  failed: 'Undelivered Mail Returned to Sender',
  delayed: 'Delayed Mail (still being retried)',
  delivered: 'Successful Mail Delivery Report',
  relayed: 'Mail Relayed to a Server without Delivery Reports',
} as const satisfies Record<DsnAction, string>;

/** RFC 6522 §3 and §4, RFC 6533 §6.3. */
function returnedFields({ kind, octets }: ReturnedLetter, international: boolean): string[] {
  if (kind === 'header' && !international) return ['Content-Type: text/rfc822-headers'];
  const type = international ? 'global' : 'rfc822';
  const fields = [`Content-Type: message/${type}${kind === 'header' ? '-headers' : ''}`];
  if (international || !isAscii(octets.toString('latin1'))) {
    fields.push('Content-Transfer-Encoding: 8bit');
  }
  return fields;
}

function headerOf(octets: Buffer): string {
  const end = octets.indexOf('\r\n\r\n');
  return octets.toString('utf8', 0, end < 0 ? octets.length : end);
}

/** RFC 3464 §2.2 and §2.3. */
function statusFields(options: DsnOptions, international: boolean): string[] {
  const { action, entry, recipients, hostname, relayHost, nowMs, giveUpAtMs } = options;
  const fields = [`Reporting-MTA: dns; ${hostname}`];
  if (entry.envelopeId !== undefined) fields.push(`Original-Envelope-Id: ${entry.envelopeId}`);
  fields.push(`Arrival-Date: ${formatDate(entry.acceptedAt)}`);
  for (const { recipient, reply } of recipients) {
    fields.push('');
    if (recipient.originalRecipient !== undefined) {
      fields.push(`Original-Recipient: ${recipient.originalRecipient.replace(';', '; ')}`);
    }
    const type = international && !isAscii(recipient.forwardPath) ? 'utf-8' : 'rfc822';
    fields.push(
      `Final-Recipient: ${type}; ${recipient.forwardPath}`,
      `Action: ${action}`,
      `Status: ${statusOf(action, reply)}`,
    );
    if (relayHost !== undefined) fields.push(`Remote-MTA: dns; ${relayHost}`);
    if (reply !== undefined && /^\d{3}/.test(reply)) {
      fields.push(`Diagnostic-Code: smtp; ${printable(reply)}`);
    }
    fields.push(`Last-Attempt-Date: ${formatDate(nowMs)}`);
    if (action === 'delayed') fields.push(`Will-Retry-Until: ${formatDate(giveUpAtMs)}`);
  }
  return fields;
}

/** The enhanced code of the reply when it has the right class. RFC 3463. */
export function statusOf(action: DsnAction, reply: string | undefined): string {
  if (action === 'delivered' || action === 'relayed') return '2.0.0';
  const digit = action === 'failed' ? '5' : '4';
  const found = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(reply ?? '')?.[1];
  if (found?.startsWith(digit) === true) return found;
  // 4.4.7 and 5.4.7: delivery time expired; x.0.0 when a reply said no more.
  return /^[45]\d\d/.test(reply ?? '') && action === 'failed' ? '5.0.0' : `${digit}.4.7`;
}

const texts = {
  failed: (recipients: readonly string[]): string[] => [
    'Хатыңыз мына алушыларға жеткізілмеді:',
    'Ваше письмо не доставлено этим получателям:',
    'Your message could not be delivered to these recipients:',
    '',
    ...recipients,
  ],
  delayed: (recipients: readonly string[], giveUpAtMs: number): string[] => [
    `Хатыңыз әзірге жеткізілген жоқ; ${formatDate(giveUpAtMs)} дейін қайталаймыз:`,
    `Ваше письмо пока не доставлено; попытки продолжаются до ${formatDate(giveUpAtMs)}:`,
    `Your message is not delivered yet; it is retried until ${formatDate(giveUpAtMs)}:`,
    '',
    ...recipients,
  ],
  delivered: (recipients: readonly string[]): string[] => [
    'Хатыңыз мына алушылардың жәшігіне түсті:',
    'Ваше письмо доставлено в ящики этих получателей:',
    'Your message was delivered to the mailboxes of these recipients:',
    '',
    ...recipients,
  ],
  relayed: (recipients: readonly string[]): string[] => [
    'Хатыңыз мына алушылардың серверіне берілді; ол жеткізілгені туралы хабарламайды:',
    'Ваше письмо передано серверу этих получателей; о доставке он не сообщает:',
    'Your message was handed to the server of these recipients; it does not report delivery:',
    '',
    ...recipients,
  ],
} as const satisfies Record<
  DsnAction,
  (recipients: readonly string[], giveUpAtMs: number) => string[]
>;

function shown({ recipient, reply }: ReportedRecipient): string {
  return `  <${recipient.forwardPath}>${reply === undefined ? '' : `: ${printable(reply)}`}`;
}

/** A stranger's reply: one line of ASCII, not endless. */
function printable(reply: string): string {
  return reply
    .replace(/\r?\n/g, ' ')
    .replace(/[^ -~]/g, '?')
    .slice(0, 500);
}

function needsUtf8({ recipient }: ReportedRecipient): boolean {
  return !isAscii(recipient.forwardPath + (recipient.originalRecipient ?? ''));
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}
