import { tags } from './tags.ts';

/*
 * Encoders, DER only: what is made here has one possible form. X.690 10, 11.
 */

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.of(0x80 | octets.length, ...octets);
}

function element(identifier: number, ...content: readonly Uint8Array[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.of(identifier), lengthOctets(length), ...content]);
}

function oidContent(oid: string): Buffer {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  const octets: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift(0x80 | (left % 128));
    }
    octets.push(...groups);
  }
  return Buffer.from(octets);
}

function integerContent(value: number | bigint | Uint8Array): Uint8Array {
  if (typeof value === 'object') return value;
  if (value < 0) throw new RangeError('only natural numbers are encoded');
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
}

const digits = (value: number, length: number): string => String(value).padStart(length, '0');

export const der = {
  sequence: (...parts: readonly Uint8Array[]): Buffer => element(0x30, ...parts),
  /** As the parts come: for bytes that are known to be in order, and for tests of wrong order. */
  set: (...parts: readonly Uint8Array[]): Buffer => element(0x31, ...parts),
  /** SET OF, sorted as X.690 11.6 asks. */
  setOf: (...parts: readonly Uint8Array[]): Buffer =>
    element(0x31, ...parts.toSorted((a, b) => Buffer.compare(a, b))),
  /** A number that is not negative, or the octets of any. */
  integer: (value: number | bigint | Uint8Array): Buffer =>
    element(tags.integer, integerContent(value)),
  enumerated: (value: number): Buffer => element(tags.enumerated, integerContent(value)),
  boolean: (value: boolean): Buffer => element(tags.boolean, Buffer.of(value ? 0xff : 0)),
  null: (): Buffer => element(tags.null),
  oid: (oid: string): Buffer => element(tags.oid, oidContent(oid)),
  octets: (bytes: Uint8Array): Buffer => element(tags.octetString, bytes),
  /** A BIT STRING of whole octets. */
  bits: (bytes: Uint8Array): Buffer => element(tags.bitString, Buffer.of(0), bytes),
  /** A BIT STRING of named bits, without trailing zero bits. X.690 11.2.2. */
  namedBits: (set: readonly number[]): Buffer => {
    if (set.length === 0) return element(tags.bitString, Buffer.of(0));
    const largest = Math.max(...set);
    const bytes = Buffer.alloc((largest >> 3) + 1);
    for (const bit of set) bytes.writeUInt8((bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7)), bit >> 3);
    return element(tags.bitString, Buffer.of(7 - (largest & 7)), bytes);
  },
  utf8: (text: string): Buffer => element(tags.utf8String, Buffer.from(text)),
  printable: (text: string): Buffer => element(tags.printableString, Buffer.from(text, 'latin1')),
  ia5: (text: string): Buffer => element(tags.ia5String, Buffer.from(text, 'latin1')),
  /** `[tag]` around whole elements: EXPLICIT, or IMPLICIT over a constructed type. */
  context: (tag: number, ...parts: readonly Uint8Array[]): Buffer => element(0xa0 | tag, ...parts),
  /** `[tag] IMPLICIT` over a primitive type. */
  contextPrimitive: (tag: number, content: Uint8Array): Buffer => element(0x80 | tag, content),
  /** To the second. RFC 5280 4.1.2.5: UTCTime until 2049, GeneralizedTime from then on. */
  time: (ms: number): Buffer => {
    const year = new Date(ms).getUTCFullYear();
    if (year < 1950 || year >= 2050) return der.generalizedTime(ms);
    return element(tags.utcTime, Buffer.from(der.timeText(ms).slice(2)));
  },
  generalizedTime: (ms: number): Buffer =>
    element(tags.generalizedTime, Buffer.from(der.timeText(ms))),
  timeText: (ms: number): string => {
    const date = new Date(ms);
    const parts = [date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours()];
    parts.push(date.getUTCMinutes(), date.getUTCSeconds());
    return `${digits(date.getUTCFullYear(), 4)}${parts.map((part) => digits(part, 2)).join('')}Z`;
  },
} as const;
