/** RFC 3454 table B.1: commonly mapped to nothing (soft hyphen, joiners, variation selectors, BOM). */
const mappedToNothing =
  /\u{ad}|\u{34f}|\u{1806}|[\u{180b}-\u{180d}]|[\u{200b}-\u{200d}]|\u{2060}|[\u{fe00}-\u{fe0f}]|\u{feff}/gu;
/** Table C.1.2 and RFC 8264 §9.14: spaces other than the ASCII one. */
const otherSpaces = /[\u{a0}\u{1680}\u{2000}-\u{200a}\u{202f}\u{205f}\u{3000}]/gu;
/** Tables C.2 to C.9: controls, private use, non-characters, surrogates, tags, replacement characters. */
const prohibited =
  /[\p{Cc}\p{Co}\p{Cs}\p{Cf}\p{Noncharacter_Code_Point}\u{2028}\u{2029}\u{fff9}-\u{fffd}\u{2ff0}-\u{2ffb}]/u;

/** Octets of a password that are looked at; the rest of the server refuses more. */
export const longestPasswordBytes = 1024;

/**
 * A password in the one form that is hashed: SASLprep (RFC 4013) without its bidirectional check, which RFC 8265 §4.2
 * dropped too. Undefined for what is no password: empty, with control characters, or longer than 1,024 octets.
 */
export function preparePassword(password: string): string | undefined {
  // Printable ASCII is the same in every form.
  if (/^[\x20-\x7e]{1,256}$/.test(password)) return password;
  if (password.length > longestPasswordBytes) return undefined;
  const prepared = password
    .replace(mappedToNothing, '')
    .replace(otherSpaces, ' ')
    .normalize('NFKC');
  if (prepared === '' || prohibited.test(prepared)) return undefined;
  return Buffer.byteLength(prepared) > longestPasswordBytes ? undefined : prepared;
}
