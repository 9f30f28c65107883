import { Refusal } from '../refusal.ts';
import type { Asn1Node } from './node.ts';
import { tags } from './tags.ts';

const utcTime = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const generalizedTime = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z$/;

/**
 * UTCTime or GeneralizedTime in Greenwich time with seconds, in milliseconds since 1970. Fractions are for timestamps
 * (RFC 3161 2.4.2) and cut to milliseconds. Throws `parse`, also for 30 February. RFC 5280 4.1.2.5.
 */
export function timeOf(node: Asn1Node, what: string): number {
  if (node.tagClass !== 'universal' || node.constructed || node.content.length > 32) {
    throw new Refusal('parse', `${what}: not a time`);
  }
  return timeFrom(node.tag, node.content, what);
}

export function timeFrom(tag: number, content: Uint8Array, what: string): number {
  const text = Buffer.from(content).toString('latin1');
  const short = tag === tags.utcTime;
  const match = short
    ? utcTime.exec(text)
    : tag === tags.generalizedTime
      ? generalizedTime.exec(text)
      : null;
  if (match === null) throw new Refusal('parse', `${what}: not a time`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map(Number);
  // RFC 5280 4.1.2.5.1: two digits below 50 are of this century.
  const full = short ? year + (year < 50 ? 2000 : 1900) : year;
  const fraction = short || match[7] === undefined ? 0 : Math.floor(Number(`0.${match[7]}`) * 1000);
  const date = new Date(0);
  date.setUTCFullYear(full, month - 1, day);
  date.setUTCHours(hour, minute, second, fraction);
  const same =
    date.getUTCFullYear() === full &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  if (!same) throw new Refusal('parse', `${what}: no such time`);
  return date.getTime();
}
