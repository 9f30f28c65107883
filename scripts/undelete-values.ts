import { InvalidArgumentError } from 'commander';

/** A moment, to milliseconds: `2026-09-01` or `2026-09-01T10:00:00+05:00`. */
export function parseTime(text: string): number {
  const time = Date.parse(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(time) || time < 0) {
    throw new InvalidArgumentError('Not a time such as 2026-09-01T10:00:00Z.');
  }
  return time;
}

/** A set of UIDs as IMAP writes it, to inclusive ranges: `4,7:9`. */
export function parseUids(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first = NaN, last = first] = range.split(':').map(Number);
    const valid = /^\d+(:\d+)?$/.test(range) && first >= 1 && last >= first && last <= 0xffff_ffff;
    if (!valid) throw new InvalidArgumentError('Not a set of UIDs such as 4,7:9.');
    return [first, last];
  });
}
