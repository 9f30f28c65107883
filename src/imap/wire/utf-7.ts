/**
 * Modified UTF-7, how mailbox names travel in sessions that did not enable UTF-8. RFC 3501 §5.1.3, RFC 9051 §A.1:
 * printable US-ASCII stands for itself, `&` is written `&-`, anything else is UTF-16BE in base64 with `,` for `/`
 * and without padding, between `&` and `-`.
 */
export function encodeUtf7(text: string): string {
  return text.replace(/&|[^\x20-\x7e]+/g, (run) => (run === '&' ? '&-' : `&${shifted(run)}-`));
}

/**
 * The text that a name stands for; undefined when it is not the one right spelling: printable characters in base64,
 * superfluous shifts, bits left over, halves of surrogate pairs, 8-bit characters. Two spellings of one name would
 * be two names for a client.
 */
export function decodeUtf7(wire: string): string | undefined {
  if (!wire.includes('&')) return printable.test(wire) ? wire : undefined;
  const text = wire.replace(/&([A-Za-z0-9+,]*)-/g, (_, base64: string) =>
    base64 === '' ? '&' : unshifted(base64),
  );
  return encodeUtf7(text) === wire && !loneSurrogate.test(text) ? text : undefined;
}

const printable = /^[\x20-\x7e]*$/;
const loneSurrogate = /\p{Surrogate}/u;

function shifted(text: string): string {
  const base64 = Buffer.from(text, 'utf16le').swap16().toString('base64');
  return base64.replace(/=+$/, '').replaceAll('/', ',');
}

function unshifted(base64: string): string {
  const octets = Buffer.from(base64.replaceAll(',', '/'), 'base64');
  // An odd octet cannot be UTF-16; what comes out without it is not spelled as it came in.
  return octets
    .subarray(0, octets.length & ~1)
    .swap16()
    .toString('utf16le');
}
