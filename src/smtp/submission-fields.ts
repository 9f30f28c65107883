import { formatDate } from '../mail/date.ts';
import type { HeaderFacts } from './message-intake.ts';

/** What a submitted message gets that its program left out: From, Date and Message-ID. RFC 6409 §8. */
export function missingFields(
  facts: HeaderFacts,
  own: { readonly address: string; readonly messageId: string; readonly nowMs: number },
): string {
  let fields = '';
  if (facts.from.length === 0) fields += `From: <${own.address}>\r\n`;
  if (!facts.hasDate) fields += `Date: ${formatDate(own.nowMs)}\r\n`;
  if (!facts.hasMessageId) fields += `Message-ID: <${own.messageId}>\r\n`;
  return fields;
}
