import { expect } from 'chai';
import { maxProxyV2Bytes, parseProxyHeader } from '../../src/smtp/proxy-protocol.ts';
import { v2 } from './proxy-header.ts';

const ipv4 = [192, 0, 2, 7, 198, 51, 100, 1, 0x1f, 0x90, 0, 25];
const ipv6 = [
  0x20,
  1,
  0xd,
  0xb8,
  ...Array<number>(11).fill(0),
  9,
  ...Array<number>(16).fill(1),
  0,
  7,
  0,
  25,
];

describe('the PROXY protocol', () => {
  for (const [header, source, port] of [
    ['PROXY TCP4 192.0.2.7 198.51.100.1 8080 25\r\n', '192.0.2.7', 8080],
    ['PROXY TCP6 2001:db8::9 2001:db8::1 7 25\r\n', '2001:db8::9', 7],
    ['PROXY UNKNOWN\r\n', undefined, 0],
    ['PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n', undefined, 0],
    [v2(0x21, 0x11, ipv4), '192.0.2.7', 8080],
    [v2(0x21, 0x11, [...ipv4, 4, 0, 1, 0]), '192.0.2.7', 8080],
    [v2(0x21, 0x21, ipv6), '2001:db8::9', 7],
    [v2(0x20, 0x00, []), undefined, 0],
    [v2(0x21, 0x31, Array<number>(216).fill(0)), undefined, 0],
  ] as const) {
    const octets = Buffer.from(header as string, 'latin1');
    it(JSON.stringify(octets.toString('latin1').slice(0, 60)), () => {
      const whole = Buffer.concat([octets, Buffer.from('rest')]);
      expect(parseProxyHeader(whole)).to.deep.equal({
        status: 'complete',
        source,
        sourcePort: port,
        length: octets.length,
      });
      for (let i = 0; i < octets.length; i++) {
        expect(parseProxyHeader(octets.subarray(0, i)).status, `cut at ${i}`).to.equal(
          'incomplete',
        );
      }
    });
  }

  for (const header of [
    'EHLO x\r\n',
    'PROXX',
    'PROXY TCP4 192.0.2.7 198.51.100.1 8080\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 8080 25 1\r\n',
    'PROXY TCP4 192.0.2.777 198.51.100.1 8080 25\r\n',
    'PROXY TCP4 2001:db8::9 2001:db8::1 7 25\r\n',
    'PROXY TCP6 192.0.2.7 198.51.100.1 8080 25\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 65536 25\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 0x1 25\r\n',
    'PROXY TCP5 192.0.2.7 198.51.100.1 1 25\r\n',
    'PROXY\r\n',
    `PROXY UNKNOWN ${'x'.repeat(107)}`,
    v2(0x31, 0x11, ipv4),
    v2(0x22, 0x11, ipv4),
    v2(0x21, 0x11, ipv4.slice(0, 8)),
    v2(0x21, 0x21, ipv4),
    v2(0x21, 0x11, Array<number>(maxProxyV2Bytes).fill(0)),
  ]) {
    const octets = Buffer.from(header as string, 'latin1');
    it(`not ${JSON.stringify(octets.toString('latin1').slice(0, 60))}`, () => {
      expect(parseProxyHeader(octets).status).to.equal('malformed');
    });
  }
});
