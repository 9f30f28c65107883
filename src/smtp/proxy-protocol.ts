import { isIP } from 'node:net';

/** What a proxy said about the connection. */
export type ProxyHeader =
  /** More octets are needed. */
  | { readonly status: 'incomplete' }
  /** Not a header: nothing on this connection can be trusted. */
  | { readonly status: 'malformed' }
  /** `source` is undefined for LOCAL and UNKNOWN: a health check of the proxy itself. */
  | {
      readonly status: 'complete';
      readonly source: string | undefined;
      readonly sourcePort: number;
      readonly length: number;
    };

const signatureV2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const incomplete: ProxyHeader = { status: 'incomplete' };
const malformed: ProxyHeader = { status: 'malformed' };

/** The longest header of version 1, with its CRLF. */
export const maxProxyV1Bytes = 107;
/** The longest header of version 2 that is read: addresses and some hundred octets of TLVs. */
export const maxProxyV2Bytes = 2048;

/** Reads a header of the PROXY protocol, version 1 or 2 (haproxy, "The PROXY protocol", 2020-03-05). */
export function parseProxyHeader(octets: Buffer): ProxyHeader {
  const head = Math.min(octets.length, signatureV2.length);
  if (octets.compare(signatureV2, 0, head, 0, head) === 0) {
    return octets.length < 16 ? incomplete : parseV2(octets);
  }
  return parseV1(octets);
}

/** "PROXY" SP ( "TCP4" / "TCP6" ) SP source SP destination SP port SP port CRLF, or "PROXY UNKNOWN" anything CRLF. */
function parseV1(octets: Buffer): ProxyHeader {
  const text = octets.toString('latin1', 0, maxProxyV1Bytes);
  if (!'PROXY '.startsWith(text.slice(0, 6))) return malformed;
  const end = text.indexOf('\r\n');
  if (end < 0) return octets.length >= maxProxyV1Bytes ? malformed : incomplete;
  const words = text.slice(0, end).split(' ');
  const length = end + 2;
  if (words[1] === 'UNKNOWN')
    return { status: 'complete', source: undefined, sourcePort: 0, length };

  const [, family, source = '', destination = '', from = '', to = ''] = words;
  const version = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : 0;
  const sourcePort = portNumber(from);
  if (version === 0 || words.length !== 6 || sourcePort < 0 || portNumber(to) < 0) return malformed;
  if (isIP(source) !== version || isIP(destination) !== version) return malformed;
  return { status: 'complete', source, sourcePort, length };
}

function portNumber(text: string): number {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535 ? Number(text) : -1;
}

/** Signature (12), version and command (1), family and transport (1), length (2), addresses, TLVs. */
function parseV2(octets: Buffer): ProxyHeader {
  const versionAndCommand = octets[12] as number;
  const family = octets[13] as number;
  const length = 16 + octets.readUInt16BE(14);
  if (versionAndCommand !== 0x20 && versionAndCommand !== 0x21) return malformed;
  if (length > maxProxyV2Bytes) return malformed;
  if (octets.length < length) return incomplete;
  // LOCAL, or a transport that has no IP addresses: the connection's own addresses hold.
  const tcp4 = family === 0x11;
  const tcp6 = family === 0x21;
  if (versionAndCommand === 0x20 || !(tcp4 || tcp6)) {
    return { status: 'complete', source: undefined, sourcePort: 0, length };
  }
  if (length < 16 + (tcp4 ? 12 : 36)) return malformed;
  const source = tcp4 ? octets.subarray(16, 20).join('.') : ipv6Text(octets.subarray(16, 32));
  return { status: 'complete', source, sourcePort: octets.readUInt16BE(tcp4 ? 24 : 48), length };
}

/** The address in the form of RFC 5952, which `URL` knows to write. */
function ipv6Text(octets: Buffer): string {
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(octets.readUInt16BE(i).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
