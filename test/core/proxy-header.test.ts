import { expect } from 'chai';
import fc from 'fast-check';
import { proxyHeaderLimit, readProxyHeader } from '../../src/core/proxy-header.ts';
import { v2 } from '../support/proxy-header.ts';

const seed = 20260322;
const signature = '\r\n\r\n\0\r\nQUIT\n';

const ipv4 = [192, 0, 2, 7, 192, 0, 2, 1, 0x12, 0x34, 0, 143];
const ipv6 = [
  ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7],
  ...Array<number>(16).fill(0),
  ...[0x12, 0x34, 0, 143],
];

const mapped = [...Array<number>(10).fill(0), 255, 255, 192, 0, 2, 7, ...ipv6.slice(16)];

describe('PROXY header', () => {
  const good: readonly (readonly [string, Buffer, string | undefined])[] = [
    ['TCP4', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 4711 143\r\n'), '192.0.2.7'],
    ['TCP6', Buffer.from('PROXY TCP6 2001:db8::7 2001:db8::1 4711 143\r\n'), '2001:db8::7'],
    ['UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
    ['UNKNOWN with more', Buffer.from('PROXY UNKNOWN ff::1 ff::1 1 1\r\n'), undefined],
    ['binary IPv4', v2(0x21, 0x11, ipv4), '192.0.2.7'],
    ['binary IPv4 with extensions', v2(0x21, 0x11, [...ipv4, 4, 0, 1, 0]), '192.0.2.7'],
    ['binary IPv6', v2(0x21, 0x21, ipv6), '2001:db8::7'],
    ['LOCAL', v2(0x20, 0x11, ipv4), undefined],
    ['an unspecified family', v2(0x21, 0, []), undefined],
    ['a UNIX socket', v2(0x21, 0x31, Array<number>(216).fill(0)), undefined],
    ['IPv4 in IPv6', Buffer.from('PROXY TCP6 ::ffff:192.0.2.7 ::1 4711 143\r\n'), '192.0.2.7'],
    ['binary IPv4 in IPv6', v2(0x21, 0x21, mapped), '192.0.2.7'],
    ['LOCAL without addresses', v2(0x20, 0, []), undefined],
  ];
  for (const [what, bytes, peer] of good) {
    it(`is read: ${what}`, () => {
      const more = Buffer.concat([bytes, Buffer.from('a NOOP\r\n')]);
      const complete = { kind: 'complete', length: bytes.length, peer };
      expect(readProxyHeader(more)).to.deep.equal(complete);
      for (let cut = 0; cut < bytes.length; cut++) {
        expect(readProxyHeader(bytes.subarray(0, cut)).kind, `cut at ${cut}`).to.equal(
          'incomplete',
        );
      }
    });
  }

  const invalid: readonly (readonly [string, Buffer])[] = [
    ['no header', Buffer.from('a NOOP\r\n')],
    ['an unknown family', Buffer.from('PROXY UDP4 192.0.2.7 192.0.2.1 1 1\r\n')],
    ['an address of the other family', Buffer.from('PROXY TCP4 ff::1 192.0.2.1 1 1\r\n')],
    ['a name for an address', Buffer.from('PROXY TCP4 localhost 192.0.2.1 1 1\r\n')],
    ['a port too high', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 65536 1\r\n')],
    ['a port in hexadecimal', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 0x1 1\r\n')],
    ['a port with a zero before it', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 01 1\r\n')],
    ['a port too many', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 1 1 1\r\n')],
    ['an address that is none', Buffer.from('PROXY TCP4 192.0.2.777 192.0.2.1 1 1\r\n')],
    ['an IPv4 address for TCP6', Buffer.from('PROXY TCP6 192.0.2.7 192.0.2.1 1 1\r\n')],
    ['a word alone', Buffer.from('PROXY\r\n')],
    ['almost the word', Buffer.from('PROXX')],
    ['IPv6 with the octets of IPv4', v2(0x21, 0x21, ipv4)],
    ['more than the limit', v2(0x21, 0x11, Array<number>(proxyHeaderLimit).fill(0))],
    ['no ports', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1\r\n')],
    ['a line too long', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(100)}\r\n`)],
    ['a line without an end', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(100)}`)],
    ['another version', Buffer.from(`${signature}\x31\x11\0\0`, 'latin1')],
    ['an unknown command', v2(0x22, 0x11, ipv4)],
    ['datagrams', v2(0x21, 0x12, ipv4)],
    ['a family that there is not', v2(0x21, 0x41, ipv4)],
    ['too few octets for its family', v2(0x21, 0x11, ipv4.slice(1))],
    ['too much', Buffer.from(`${signature}\x21\x11\xff\xff`, 'latin1')],
  ];
  for (const [what, bytes] of invalid) {
    it(`is refused: ${what}`, () => {
      expect(readProxyHeader(bytes).kind).to.equal('invalid');
    });
  }

  it(`never throws and never waits for more than its limit (seed ${seed})`, () => {
    const start = fc.constantFrom('PROXY ', 'PROXY TCP4 ', signature, `${signature}\x21\x11`, '');
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 40 }), (head, tail) => {
        const bytes = Buffer.concat([Buffer.from(head, 'latin1'), tail]);
        const header = readProxyHeader(bytes);
        if (header.kind === 'complete') expect(header.length).to.be.at.most(bytes.length);
        const long = Buffer.concat([bytes, Buffer.alloc(proxyHeaderLimit)]);
        expect(readProxyHeader(long).kind).to.not.equal('incomplete');
      }),
      { seed, numRuns: 2000 },
    );
  });
});
