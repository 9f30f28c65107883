import { comma, dot, FieldScanner } from './field-scanner.ts';

/** A date-time of RFC 5322 §3.3. */
export interface DateTime {
  /** Milliseconds since 1970-01-01 UTC. */
  readonly instantMs: number;
  /** Minutes east of UTC; 0 when the zone is missing or says nothing. */
  readonly zoneMinutes: number;
}

/** The instant in milliseconds, or undefined when the text is no date. */
export function parseDate(text: string): number | undefined {
  return parseDateTime(text)?.instantMs;
}

/**
 * Parses a date-time with the obsolete forms of RFC 5322 §4.3: two- and three-digit years, named and military
 * zones, comments. A missing or unknown zone is taken for UTC. Days, hours and so on out of range make it no date;
 * the day of the week is not compared.
 */
export function parseDateTime(text: string): DateTime | undefined {
  const scan = new FieldScanner(text);
  scan.skip();
  // [day-of-week ","] day month year hour ":" minute [":" second] zone
  if (scan.atom() === 'broken') return undefined;
  if (!isDigits(scan.token)) {
    if (scan.peek() === comma) scan.at++;
    scan.skip();
    if (scan.atom() === 'broken') return undefined;
  }
  const day = number(scan.token, 1, 2);
  if (scan.atom() === 'broken') return undefined;
  const month = months.indexOf(scan.token.slice(0, 3).toLowerCase());
  if (scan.atom() === 'broken') return undefined;
  const year = fullYear(scan.token);
  if (scan.atom() === 'broken') return undefined;
  const hour = number(scan.token, 1, 2);
  const minute = timePart(scan);
  const second = isTimeSeparator(scan.peek()) ? timePart(scan) : 0;
  if (day === undefined || month < 0 || year === undefined) return undefined;
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  // A leap second is a second that exists; the clock of computers shows the next one.
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  if (day < 1 || day > daysIn(month, year)) return undefined;
  const zoneMinutes = scan.isDone() || scan.atom() === 'broken' ? 0 : zone(scan.token);
  if (zoneMinutes === undefined) return undefined;
  const instantMs = Date.UTC(year, month, day, hour, minute, second) - zoneMinutes * 60_000;
  return { instantMs, zoneMinutes };
}

/** Writes an instant as RFC 5322 §3.3 wants it, in UTC: `Thu, 15 Feb 2007 01:02:03 +0000`. */
export function formatDate(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000');
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

function isDigits(text: string): boolean {
  return /^[0-9]+$/.test(text);
}

function number(text: string, least: number, most: number): number | undefined {
  if (text.length < least || text.length > most || !isDigits(text)) return undefined;
  return Number(text);
}

// RFC 5322 §4.3: 00 to 49 are this century, 50 to 99 and three digits count from 1900.
function fullYear(text: string): number | undefined {
  const value = number(text, 2, 4);
  if (value === undefined) return undefined;
  if (text.length === 2) return value < 50 ? value + 2000 : value + 1900;
  if (text.length === 3) return value + 1900;
  return value < 1900 ? undefined : value;
}

function daysIn(month: number, year: number): number {
  return new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
}

function isTimeSeparator(code: number): boolean {
  // Some senders write 10.15.30.
  return code === 0x3a || code === dot;
}

function timePart(scan: FieldScanner): number | undefined {
  if (!isTimeSeparator(scan.peek())) return undefined;
  scan.at++;
  scan.skip();
  return scan.atom() === 'broken' ? undefined : number(scan.token, 2, 2);
}

const namedZones = new Map<string, number>([
  ['UT', 0],
  ['GMT', 0],
  ['UTC', 0],
  ['EST', -300],
  ['EDT', -240],
  ['CST', -360],
  ['CDT', -300],
  ['MST', -420],
  ['MDT', -360],
  ['PST', -480],
  ['PDT', -420],
]);

/** Minutes east of UTC; undefined when it is an offset out of range. */
function zone(text: string): number | undefined {
  const offset = /^([+-])([0-9]{2})([0-9]{2})$/.exec(text);
  // RFC 5322 §4.3: military zones were defined with the wrong sign and mean nothing, as do all others.
  if (offset === null) return namedZones.get(text.toUpperCase()) ?? 0;
  const minutes = Number(offset[3]);
  if (minutes > 59) return undefined;
  const hours = Number(offset[2]);
  // RFC 5322 allows +9959, the Earth does not: such an offset says nothing either.
  if (hours > 23) return 0;
  const total = hours * 60 + minutes;
  return offset[1] === '-' ? -total : total;
}
