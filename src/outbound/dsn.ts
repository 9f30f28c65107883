import { formatDate } from '../mail/date.ts';
import type { OutboxEntry, RelayRecipient } from '../store/api.ts';

/** A recipient that a notification speaks of. */
export interface ReportedRecipient {
  readonly recipient: RelayRecipient;
  /** The reply of the relay, or what went wrong without one. */
  readonly reply: string | undefined;
}

export interface DsnOptions {
  readonly action: 'failed' | 'delayed';
  readonly entry: OutboxEntry;
  readonly recipients: readonly ReportedRecipient[];
  /** The server's name: Reporting-MTA and the domain of the sender. */
  readonly hostname: string;
  /** The relay's name: Remote-MTA. */
  readonly relayHost: string;
  readonly nowMs: number;
  /** Unique for this notification. */
  readonly id: string;
  /** The header block of the letter, without a Return-Path. */
  readonly header: string;
  /** Until when a delayed letter is tried. */
  readonly giveUpAtMs: number;
}

/**
 * A delivery status notification: multipart/report with text for people in Kazakh, Russian and English, the fields of
 * RFC 3464 for programs, and the header of the letter. RFC 6522, RFC 6533 where addresses are not ASCII.
 */
export function deliveryStatusNotification(options: DsnOptions): Buffer {
  const { action, entry, recipients, hostname, nowMs, id, header } = options;
  const boundary = `=_dsn_${id}`;
  const international = !isAscii(entry.reversePath + header) || recipients.some(needsUtf8);
  const kind = international ? 'global-' : '';
  const subject =
    action === 'failed'
      ? 'Undelivered Mail Returned to Sender'
      : 'Delayed Mail (still being retried)';
  const lines = [
    `From: Mail Delivery System <postmaster@${hostname}>`,
    `To: <${entry.reversePath}>`,
    `Date: ${formatDate(nowMs)}`,
    `Message-ID: <${id}@${hostname}>`,
    `Subject: ${subject}`,
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
    international
      ? 'Content-Type: message/global-headers\r\nContent-Transfer-Encoding: 8bit'
      : 'Content-Type: text/rfc822-headers',
    '',
    header.endsWith('\r\n\r\n') ? header.slice(0, -2) : header,
    `--${boundary}--`,
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
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
      `Remote-MTA: dns; ${relayHost}`,
    );
    if (reply !== undefined && /^\d{3}/.test(reply)) {
      fields.push(`Diagnostic-Code: smtp; ${printable(reply)}`);
    }
    fields.push(`Last-Attempt-Date: ${formatDate(nowMs)}`);
    if (action === 'delayed') fields.push(`Will-Retry-Until: ${formatDate(giveUpAtMs)}`);
  }
  return fields;
}

/** The enhanced code of the reply when it has the right class. RFC 3463. */
export function statusOf(action: 'failed' | 'delayed', reply: string | undefined): string {
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
} as const;

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
