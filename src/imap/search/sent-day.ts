import { parseDateTime } from '../../mail/date.ts';
import { headerTexts } from '../../mail/search-text.ts';
import type { Description } from '../../store/api.ts';
import type { CalendarDate } from '../wire/decoder.ts';
import type { DateComparison } from './keys.ts';

const dayMs = 86_400_000;

/** Days since 1970-01-01. */
export function dayOfDate({ year, month, day }: CalendarDate): number {
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  return Math.floor(at.getTime() / dayMs);
}

export function compareDays(compare: DateComparison, day: number, wanted: number): boolean {
  switch (compare) {
    case 'before':
      return day < wanted;
    case 'on':
      return day === wanted;
    case 'since':
      return day >= wanted;
  }
}

/**
 * SENTBEFORE, SENTON and SENTSINCE, which ask for the day as the Date field writes it, "disregarding time and time
 * zone" (RFC 9051 §6.4.4). The moment tells it but for one day to either side; only there the header is looked at.
 * A message without a readable date matches none of them.
 */
export function sentDay(
  compare: DateComparison,
  wanted: number,
  described: Description | undefined,
  header: { readonly block: Uint8Array } | undefined,
): boolean | undefined {
  if (described === undefined) return undefined;
  if (described.sentAt === undefined) return false;
  const day = Math.floor(described.sentAt / dayMs);
  if (Math.abs(day - wanted) > 1) return compareDays(compare, day, wanted);
  if (header === undefined) return undefined;
  return compareDays(compare, writtenDay(header.block) ?? day, wanted);
}

/** The day the Date field names, in days since 1970. */
function writtenDay(block: Uint8Array): number | undefined {
  const date = parseDateTime(headerTexts(block, 'date')[0] ?? '');
  if (date === undefined) return undefined;
  return Math.floor((date.instantMs + date.zoneMinutes * 60_000) / dayMs);
}
