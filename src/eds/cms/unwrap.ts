import { Refusal } from '../refusal.ts';

const dash = 0x2d;
const sequence = 0x30;
const pem = /^-----BEGIN ([A-Z0-9 ]+)-----\r?\n([A-Za-z0-9+/=\s]*)-----END \1-----\s*$/;
const base64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/**
 * DER or BER out of what programs send: itself, base64 in one line or many, or PEM with one block of any name.
 * Throws `parse`. NCALayer gives `BEGIN CMS`, the older modules base64.
 */
export function unwrap(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === sequence && bytes[1] !== undefined && !looksLikeText(bytes)) return bytes;
  const text = Buffer.from(bytes).toString('latin1');
  if (text.trimStart().charCodeAt(0) === dash) {
    const match = pem.exec(text.trimStart());
    if (match?.[2] === undefined) throw new Refusal('parse', 'not one whole PEM block');
    return decode(match[2]);
  }
  return decode(text);
}

/** Every block of a PEM file, or the one thing that the file is. */
export function unwrapAll(bytes: Uint8Array): readonly Uint8Array[] {
  const text = Buffer.from(bytes).toString('latin1');
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g)];
  if (blocks.length < 2) return [unwrap(bytes)];
  return blocks.map((block) => decode(block[2] ?? ''));
}

/** Base64 can begin with the octet 0x30 too: '0'. Then all of it is printable. */
function looksLikeText(bytes: Uint8Array): boolean {
  return (
    bytes.subarray(0, 256).every((octet) => octet >= 0x20 || (octet >= 9 && octet <= 13)) &&
    bytes.subarray(0, 256).every((octet) => octet < 0x7f)
  );
}

function decode(text: string): Uint8Array {
  const packed = text.replace(/\s+/g, '');
  if (packed === '' || packed.length % 4 !== 0 || !base64.test(packed)) {
    throw new Refusal('parse', 'neither DER nor base64');
  }
  const bytes = Buffer.from(packed, 'base64');
  // The bits that the last digit has too many must be zero: one text for one file. RFC 4648 3.5.
  if (bytes.toString('base64') !== packed) throw new Refusal('parse', 'base64 with bits left over');
  return bytes;
}
