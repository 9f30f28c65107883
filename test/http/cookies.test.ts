import { expect } from 'chai';
import { cookieText, readCookies } from '../../src/http/cookies.ts';

describe('http: cookies', () => {
  const cases: readonly (readonly [string | undefined, readonly (readonly [string, string])[]])[] =
    [
      [undefined, []],
      ['', []],
      ['a=1', [['a', '1']]],
      [
        'a=1; b=2;c=3 ;  d = 4',
        [
          ['a', '1'],
          ['b', '2'],
          ['c', '3'],
          ['d', '4'],
        ],
      ],
      ['a=1=2', [['a', '1=2']]],
      ['a=', [['a', '']]],
      ['a', []],
      ['=;;=', []],
      // Somebody may have set a second one from a neighbouring host: neither is believed.
      ['a=1; b=2; a=3', [['b', '2']]],
      ['a=1; a=1; a=1', []],
      ['__proto__=1', [['__proto__', '1']]],
    ];
  for (const [header, expected] of cases) {
    it(`reads ${JSON.stringify(header)}`, () => {
      expect([...readCookies(header)]).to.deep.equal(expected);
    });
  }

  it('writes them for this host alone, and ends them', () => {
    expect(cookieText({ name: '__Host-a', value: 'x', maxAgeMs: 61_500 })).to.equal(
      '__Host-a=x; Path=/; Max-Age=61; Secure; SameSite=Strict; HttpOnly',
    );
    expect(cookieText({ name: '__Host-a', value: '', readable: true, maxAgeMs: 1000 })).to.equal(
      '__Host-a=; Path=/; Max-Age=0; Secure; SameSite=Strict',
    );
  });
});
