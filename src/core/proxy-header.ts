import { isIP } from 'node:net';
import { unmapped } from './networks.ts';

/** The longest header taken: addresses and a few extensions. Version 1 has at most 107 octets. */
export const proxyHeaderLimit = 2048;

/** What a proxy says about the connection. */
export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  /** Nothing on this connection can be believed. */
  | { readonly kind: 'invalid' }
  /** `peer` undefined: the proxy speaks for itself (LOCAL, UNKNOWN), or for a client without an IP address. */
  | { readonly kind: 'complete'; readonly length: number; readonly peer: string | undefined };

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const prefix = Buffer.from('PROXY ', 'latin1');
const mostTextBytes = 107;
/** The signature, version and command, family, length. */
const fixedBytes = 16;

const incomplete: ProxyHeader = { kind: 'incomplete' };
const invalid: ProxyHeader = { kind: 'invalid' };

/**
 * Reads the header with which a proxy says for whom it speaks, version 1 (text) or 2 (binary): haproxy, "The PROXY
 * protocol", 2020-03-05. Both are told apart by their first octets. Never waits for more than `proxyHeaderLimit`.
 */
export function readProxyHeader(octets: Buffer): ProxyHeader {
  if (beginsLike(octets, signature)) return versionTwo(octets);
  return beginsLike(octets, prefix) ? versionOne(octets) : invalid;
}

function beginsLike(octets: Buffer, start: Buffer): boolean {
  const known = Math.min(octets.length, start.length);
  return octets.compare(start, 0, known, 0, known) === 0;
}

// §2.1: PROXY SP (TCP4 / TCP6) SP source SP destination SP port SP port CRLF, or PROXY SP UNKNOWN anything CRLF
function versionOne(octets: Buffer): ProxyHeader {
  const text = octets.toString('latin1', 0, mostTextBytes);
  const end = text.indexOf('\r\n');
  if (end < 0) return octets.length >= mostTextBytes ? invalid : incomplete;
  const length = end + 2;
  const [, family, source = '', destination = '', ...ports] = text.slice(0, end).split(' ');
  if (family === 'UNKNOWN') return { kind: 'complete', length, peer: undefined };
  const version = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : undefined;
  const valid =
    isIP(source) === version &&
    isIP(destination) === version &&
    ports.length === 2 &&
    ports.every(isPort);
  return valid ? { kind: 'complete', length, peer: unmapped(source) } : invalid;
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535;
}

// §2.2
function versionTwo(octets: Buffer): ProxyHeader {
  if (octets.length < fixedBytes) return incomplete;
  const versionAndCommand = octets[12] as number;
  const family = octets[13] as number;
  const length = fixedBytes + octets.readUInt16BE(14);
  if (versionAndCommand !== 0x20 && versionAndCommand !== 0x21) return invalid;
  if (length > proxyHeaderLimit) return invalid;
  if (octets.length < length) return incomplete;
  const itself: ProxyHeader = { kind: 'complete', length, peer: undefined };
  if (versionAndCommand === 0x20) return itself; // LOCAL
  const addresses = octets.subarray(fixedBytes, length);
  switch (family) {
    case 0x11: // TCP over IPv4
      if (addresses.length < 12) return invalid;
      return { kind: 'complete', length, peer: addresses.subarray(0, 4).join('.') };
    case 0x21: // TCP over IPv6
      if (addresses.length < 36) return invalid;
      return { kind: 'complete', length, peer: unmapped(ipv6Text(addresses)) };
    case 0x00: // unspecified
    case 0x31: // a UNIX socket, stream or datagram
    case 0x32:
      return itself;
    default: // UDP, and what the protocol does not know
      return invalid;
  }
}

/** The usual spelling of the address, which throttles and lists compare. RFC 5952 §4. */
function ipv6Text(octets: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(2 * i).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}
