import { isIP } from 'node:net';

/** The longest header taken: addresses and a few extensions. Version 1 has at most 107 octets. */
export const proxyHeaderLimit = 2048;

export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'invalid' }
  /** `peer` undefined: the proxy speaks for itself (LOCAL, UNKNOWN). */
  | { readonly kind: 'complete'; readonly length: number; readonly peer: string | undefined };

/** Reads the header with which a proxy says for whom it speaks: PROXY protocol version 1 (text) or 2 (binary). */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  const known = Math.min(bytes.length, signature.length);
  if (bytes.subarray(0, known).equals(signature.subarray(0, known))) return versionTwo(bytes);
  const text = Math.min(bytes.length, prefix.length);
  if (bytes.subarray(0, text).equals(prefix.subarray(0, text))) return versionOne(bytes);
  return { kind: 'invalid' };
}

// PROXY SP (TCP4 / TCP6) SP source SP destination SP port SP port CRLF
function versionOne(bytes: Buffer): ProxyHeader {
  const end = bytes.indexOf('\r\n');
  if (end > 105 || (end < 0 && bytes.length > 107)) return { kind: 'invalid' };
  if (end < 0) return { kind: 'incomplete' };
  const length = end + 2;
  const [, family, source = '', destination = '', ...ports] = bytes
    .toString('latin1', 0, end)
    .split(' ');
  if (family === 'UNKNOWN') return { kind: 'complete', length, peer: undefined };
  const version = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : undefined;
  const valid =
    isIP(source) === version &&
    isIP(destination) === version &&
    ports.length === 2 &&
    ports.every((port) => /^\d{1,5}$/.test(port) && Number(port) <= 65535);
  return valid ? { kind: 'complete', length, peer: source } : { kind: 'invalid' };
}

function versionTwo(bytes: Buffer): ProxyHeader {
  if (bytes.length < fixedBytes) return { kind: 'incomplete' };
  const version = (bytes[12] as number) >> 4;
  const command = (bytes[12] as number) & 15;
  const family = bytes[13] as number;
  const length = fixedBytes + bytes.readUInt16BE(14);
  if (version !== 2 || command > 1 || length > proxyHeaderLimit) return { kind: 'invalid' };
  if (bytes.length < length) return { kind: 'incomplete' };
  if (command === 0) return { kind: 'complete', length, peer: undefined };
  const addresses = bytes.subarray(fixedBytes, length);
  if (family === 0x11 && addresses.length >= 12) {
    return { kind: 'complete', length, peer: addresses.subarray(0, 4).join('.') };
  }
  if (family === 0x21 && addresses.length >= 36) {
    const groups = Array.from({ length: 8 }, (_, i) => addresses.readUInt16BE(2 * i).toString(16));
    return { kind: 'complete', length, peer: shortened(groups.join(':')) };
  }
  // Other families have no address that we could use.
  return family === 0 ? { kind: 'complete', length, peer: undefined } : { kind: 'invalid' };
}

/** The usual spelling of an IPv6 address, which throttles and lists compare. RFC 5952 §4. */
function shortened(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const prefix = Buffer.from('PROXY ', 'latin1');
/** The signature, version and command, family, length. */
const fixedBytes = 16;
