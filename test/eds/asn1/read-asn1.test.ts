import { expect } from 'chai';
import fc from 'fast-check';
import { der } from '../../../src/eds/asn1/der.ts';
import type { Asn1Node } from '../../../src/eds/asn1/node.ts';
import { readAsn1, readDer } from '../../../src/eds/asn1/read-asn1.ts';
import { textOf } from '../../../src/eds/asn1/text-of.ts';
import { timeOf } from '../../../src/eds/asn1/time-of.ts';
import {
  booleanOf,
  integerBytes,
  namedBits,
  naturalOf,
  nullOf,
  octetsOf,
  oidOf,
  smallInteger,
  wholeBits,
} from '../../../src/eds/asn1/values.ts';
import { limits } from '../../../src/eds/limits.ts';
import { Refusal } from '../../../src/eds/refusal.ts';
import { Random } from '../../mail/indexing.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

function outcome(read: () => unknown): string {
  try {
    read();
    return 'read';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

describe('eds: the reader of ASN.1', function () {
  this.timeout(60_000);

  describe('elements', () => {
    const cases: readonly (readonly [string, string, string, string])[] = [
      ['an empty sequence', '3000', 'read', 'read'],
      ['a long length where a short one does', '308100', 'read', 'parse'],
      ['a length with a leading zero', '30820000', 'read', 'parse'],
      ['a length of four octets', '308400000000', 'read', 'parse'],
      ['an indefinite length', '3080 0000', 'read', 'parse'],
      ['an indefinite length within', '3004 3080 0000', 'read', 'parse'],
      ['an indefinite length of a primitive', '0480 0000', 'parse', 'parse'],
      ['no end of an indefinite length', '3080 0500', 'parse', 'parse'],
      ['an end where none is', '3002 0000', 'parse', 'parse'],
      ['an end alone', '0000', 'parse', 'parse'],
      ['nothing', '', 'parse', 'parse'],
      ['a tag alone', '30', 'parse', 'parse'],
      ['a cut length', '3082 01', 'parse', 'parse'],
      ['a length past the end', '3003 0500', 'parse', 'parse'],
      ['a child past the end of its parent', '3003 0402 0000', 'parse', 'parse'],
      ['a length of seven octets', '3087 00000000000000', 'parse', 'parse'],
      ['something behind', '3000 00', 'trailing-data', 'trailing-data'],
      ['a large tag', '3f8148 00', 'read', 'read'],
      ['a large tag written long', 'bf1f 00', 'read', 'read'],
      ['a small tag written large', 'bf1e 00', 'read', 'parse'],
      ['a tag with a leading zero', 'bf801f 00', 'parse', 'parse'],
      ['a tag beyond the limit', 'bfffff7f 00', 'parse', 'parse'],
    ];
    for (const [what, octets, ber, strict] of cases) {
      it(`${what}: BER ${ber}, DER ${strict}`, () => {
        expect(outcome(() => readAsn1(hex(octets)))).to.equal(ber);
        expect(outcome(() => readDer(hex(octets)))).to.equal(strict);
      });
    }
  });

  describe('values', () => {
    const node = (octets: string): Asn1Node => readAsn1(hex(octets));
    const refuse: readonly (readonly [string, () => unknown])[] = [
      ['a boolean of another octet', () => booleanOf(node('010101'), '')],
      ['an empty boolean', () => booleanOf(node('0100'), '')],
      ['an empty number', () => integerBytes(node('0200'), '')],
      ['a number with a leading zero', () => integerBytes(node('0202007f'), '')],
      ['a number with leading ones', () => integerBytes(node('0202ff80'), '')],
      ['a negative natural', () => naturalOf(node('020180'), '')],
      ['a number of five octets as a small one', () => smallInteger(node('02050100000000'), '')],
      ['a negative small number', () => smallInteger(node('0201ff'), '')],
      ['an empty identifier', () => oidOf(node('0600'), '')],
      ['an identifier that is cut', () => oidOf(node('06022a86'), '')],
      ['an identifier with a leading zero', () => oidOf(node('06032a8001'), '')],
      ['an arc beyond exact numbers', () => oidOf(node('060a2affffffffffffffff7f'), '')],
      ['bits with a wrong count', () => wholeBits(node('030108'), '')],
      ['bits that are not whole octets', () => wholeBits(node('03020480'), '')],
      ['bits without a count', () => wholeBits(node('0300'), '')],
      ['named bits with unused ones set', () => namedBits(node('030204ff'), '')],
      ['named bits with none and a count', () => namedBits(node('030101'), '')],
      [
        'NULL with something in it',
        () => {
          nullOf(node('050100'), '');
        },
      ],
      ['another type', () => octetsOf(node('0300'), '')],
      ['chunks of another type', () => octetsOf(node('2402 0500'), '')],
      ['a text that is no UTF-8', () => textOf(node('0c01ff'), '')],
      ['a text of an odd number of octets', () => textOf(node('1e03004100'), '')],
      ['a printable text with the high bit', () => textOf(node('1301e9'), '')],
      [
        'a time without seconds',
        () => timeOf(readAsn1(Buffer.from('\x17\x0b2611220800Z', 'latin1')), ''),
      ],
      ['30 February', () => timeOf(readAsn1(Buffer.from('\x17\x0d260230080000Z', 'latin1')), '')],
      ['the 25th hour', () => timeOf(readAsn1(Buffer.from('\x17\x0d261122240000Z', 'latin1')), '')],
      ['a leap second', () => timeOf(readAsn1(Buffer.from('\x17\x0d261231235960Z', 'latin1')), '')],
      [
        'a time with a zone',
        () => timeOf(readAsn1(Buffer.from('\x17\x11261122080000+0500', 'latin1')), ''),
      ],
    ];
    for (const [what, read] of refuse) {
      it(`refuses ${what}`, () => {
        expect(outcome(read)).to.equal('parse');
      });
    }

    it('reads what the encoder writes', () => {
      expect(oidOf(readDer(der.oid('2.16.840.1.101.3.4.2.1')), '')).to.equal(
        '2.16.840.1.101.3.4.2.1',
      );
      expect(oidOf(readDer(der.oid('2.999.3')), '')).to.equal('2.999.3');
      expect(smallInteger(readDer(der.integer(0x7fff_ffff)), '')).to.equal(0x7fff_ffff);
      expect(timeOf(readDer(der.time(0)), '')).to.equal(0);
      expect(timeOf(readDer(der.time(Date.UTC(2050, 0))), '')).to.equal(Date.UTC(2050, 0));
      expect(timeOf(readDer(der.time(Date.UTC(1999, 11, 31))), '')).to.equal(
        Date.UTC(1999, 11, 31),
      );
      expect([...namedBits(readDer(der.namedBits([0, 1, 8])), '')]).to.deep.equal([0, 1, 8]);
      expect(textOf(readDer(der.utf8('қазақша')), '')).to.equal('қазақша');
      expect(octetsOf(readAsn1(hex('2480 0401aa 2404 0402bbcc 0000')), '')).to.deep.equal(
        hex('aabbcc'),
      );
    });

    it('keeps fractions of a second to the millisecond', () => {
      const time = readDer(Buffer.from('\x18\x1320261122080000.123Z'));
      expect(timeOf(time, '')).to.equal(Date.UTC(2026, 10, 22, 8, 0, 0, 123));
    });
  });

  it('numbers survive: property', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 600n }), (value) => {
        const bytes = naturalOf(readDer(der.integer(value)), '');
        return BigInt(`0x0${Buffer.from(bytes).toString('hex')}`) === value;
      }),
      { seed: 20261122 },
    );
  });

  describe('limits', () => {
    const nest = (depth: number): Buffer => {
      let bytes: Buffer = der.null();
      for (let i = 0; i < depth; i++) bytes = der.sequence(bytes);
      return bytes;
    };
    it('depth', () => {
      expect(outcome(() => readAsn1(nest(limits.asn1Depth)))).to.equal('read');
      expect(outcome(() => readAsn1(nest(limits.asn1Depth + 1)))).to.equal('parse');
    });
    it('elements', () => {
      const of = (count: number): Buffer => der.sequence(Buffer.alloc(2 * count, Buffer.of(5, 0)));
      expect(outcome(() => readAsn1(of(limits.asn1Elements - 1)))).to.equal('read');
      expect(outcome(() => readAsn1(of(limits.asn1Elements)))).to.equal('parse');
    });
    it('length of an identifier', () => {
      const of = (length: number): Buffer =>
        Buffer.concat([Buffer.of(6, length), Buffer.alloc(length, 1)]);
      expect(outcome(() => oidOf(readDer(of(limits.oidBytes)), ''))).to.equal('read');
      expect(outcome(() => oidOf(readDer(of(limits.oidBytes + 1)), ''))).to.equal('parse');
    });
  });

  const runs = Number(process.env['ZHASHIK_EDS_MUTATIONS'] ?? 5000);
  const seed = 20261122;
  it(`random octets neither crash it nor take long: ${runs} runs, seed ${seed}`, () => {
    const random = new Random(seed);
    // Octets that mean something are likelier, so that trees grow.
    const likely = [0x30, 0x31, 0x80, 0xa0, 0x24, 0x04, 0x02, 0x05, 0x00, 0x00, 0x01, 0x06, 0x82];
    for (let i = 0; i < runs; i++) {
      const bytes = Buffer.alloc(random.below(400));
      for (let at = 0; at < bytes.length; at++) {
        bytes[at] = random.chance(0.8) ? random.pick(likely) : random.below(256);
      }
      expect(outcome(() => readAsn1(bytes))).to.be.oneOf(['read', 'parse', 'trailing-data']);
    }
  });

  for (const [what, make] of [
    ['flat', (size: number) => der.sequence(Buffer.alloc(size, Buffer.of(5, 0)))],
    ['open', (size: number) => Buffer.alloc(size, Buffer.of(0x30, 0x80))],
    [
      'chunks',
      (size: number) =>
        der.sequence(Buffer.alloc(size, Buffer.of(0x24, 0x80, 0x04, 0x00, 0x00, 0x00))),
    ],
  ] as const) {
    it(`work grows with the length: ${what}`, () => {
      const time = (size: number): number => {
        const bytes = make(size);
        let best = Infinity;
        for (let i = 0; i < 5; i++) {
          const before = process.cpuUsage();
          outcome(() => readAsn1(bytes));
          const { user, system } = process.cpuUsage(before);
          best = Math.min(best, user + system);
        }
        return best;
      };
      time(6_000);
      // Sixteen times as long: 256 times the work would be quadratic. Collecting garbage takes its share.
      expect(time(96_000)).to.be.lessThan(100 * Math.max(500, time(6_000)));
    });
  }
});
