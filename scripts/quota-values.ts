import { InvalidArgumentError } from 'commander';
import { bytes } from '../src/config/setting-types.ts';

/** A size of the command line, in octets: `10GiB`, `500 MiB`, `0`. */
export function parseSize(text: string): number {
  const parsed = bytes(0).safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? 'expected a size');
}

export function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return Number(text);
}

/** `none` takes a limit away. */
export function orNone(parse: (text: string) => number): (text: string) => number | 'none' {
  return (text) => (text === 'none' ? text : parse(text));
}
