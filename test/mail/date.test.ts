import { expect } from 'chai';
import fc from 'fast-check';
import { formatDate, parseDate, parseDateTime } from '../../src/mail/date.ts';

const good: readonly (readonly [text: string, iso: string])[] = [
  ['Thu, 15 Feb 2007 01:02:03 +0200', '2007-02-14T23:02:03Z'],
  ['15 Feb 2007 01:02 -0330', '2007-02-15T04:32:00Z'],
  ['Thu,15 Feb 2007 1:02:03 GMT', '2007-02-15T01:02:03Z'],
  ['Thu 15 Feb 2007 01:02:03 +0000', '2007-02-15T01:02:03Z'],
  [' (c) Thu (d) , 15 (e) Feb\t2007 (f) 01 : 02 : 03 (g) +0500 (ALMT)', '2007-02-14T20:02:03Z'],
  ['5 feb 07 01:02:03 EST', '2007-02-05T06:02:03Z'],
  ['5 February 99 01:02:03 PDT', '1999-02-05T08:02:03Z'],
  ['5 Feb 107 01:02:03 UT', '2007-02-05T01:02:03Z'],
  ['5 Feb 2007 01.02.03 +0000', '2007-02-05T01:02:03Z'],
  ['5 Feb 2007 01:02:03', '2007-02-05T01:02:03Z'],
  ['5 Feb 2007 01:02:03 +9959', '2007-02-05T01:02:03Z'],
  ['5 Feb 2007 01:02:03 Z', '2007-02-05T01:02:03Z'],
  ['5 Feb 2007 01:02:03 A', '2007-02-05T01:02:03Z'],
  ['5 Feb 2007 01:02:03 Almaty', '2007-02-05T01:02:03Z'],
  ['29 Feb 2024 23:59:60 +0000', '2024-03-01T00:00:00Z'],
  ['31 Dec 9999 23:59:59 +0000', '9999-12-31T23:59:59Z'],
];

const bad = [
  '',
  'yesterday',
  'Thu, 15 Feb 2007',
  '15 Feb 2007 +0000',
  '32 Jan 2007 01:02:03 +0000',
  '0 Jan 2007 01:02:03 +0000',
  '29 Feb 2023 01:02:03 +0000',
  '31 Apr 2023 01:02:03 +0000',
  '15 Foo 2007 01:02:03 +0000',
  '15 Feb 1899 01:02:03 +0000',
  '15 Feb 12007 01:02:03 +0000',
  '15 Feb 7 01:02:03 +0000',
  '15 Feb 2007 24:02:03 +0000',
  '15 Feb 2007 01:60:03 +0000',
  '15 Feb 2007 01:02:61 +0000',
  '15 Feb 2007 01:2:03 +0000',
  '15 Feb 2007 01:02:03 +0060',
  '-5 Feb 2007 01:02:03 +0000',
  '15 Feb 2007 (',
];

describe('parseDate', () => {
  for (const [text, iso] of good) {
    it(`${JSON.stringify(text)} is ${iso}`, () => {
      expect(parseDate(text)).to.equal(Date.parse(iso));
    });
  }
  for (const text of bad) {
    it(`${JSON.stringify(text)} is no date`, () => {
      expect(parseDate(text)).to.equal(undefined);
    });
  }

  it('tells the zone', () => {
    expect(parseDateTime('15 Feb 2007 01:02:03 -0330')?.zoneMinutes).to.equal(-210);
    expect(parseDateTime('15 Feb 2007 01:02:03 EDT')?.zoneMinutes).to.equal(-240);
  });

  it('reads what formatDate writes', () => {
    expect(formatDate(Date.parse('2007-02-15T01:02:03Z'))).to.equal(
      'Thu, 15 Feb 2007 01:02:03 +0000',
    );
    fc.assert(
      fc.property(fc.integer({ min: -2208988800, max: 253402300799 }), (seconds) => {
        expect(parseDate(formatDate(seconds * 1000))).to.equal(seconds * 1000);
      }),
      { seed: 20240215 },
    );
  });
});
