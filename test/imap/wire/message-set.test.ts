import { expect } from 'chai';
import fc from 'fast-check';
import { type NumberRange, resolveSet, star } from '../../../src/imap/wire/message-set.ts';

const seed = 20260322;

describe('message set', () => {
  const cases: readonly (readonly [readonly NumberRange[], number, readonly number[]])[] = [
    [[[1, 1]], 9, [1, 1]],
    [[[1, star]], 9, [1, 9]],
    [[[star, star]], 9, [9, 9]],
    // RFC 9051 §9, seq-range: the order of the two does not matter, and "*" is the largest there is.
    [[[12, star]], 9, [9, 12]],
    [[[1, star]], 0, []],
    [
      [
        [star, star],
        [3, 3],
      ],
      0,
      [3, 3],
    ],
    [
      [
        [5, 6],
        [1, 2],
        [3, 3],
      ],
      9,
      [1, 3, 5, 6],
    ],
    [
      [
        [1, 9],
        [2, 3],
        [4, 12],
      ],
      9,
      [1, 12],
    ],
    [[[1, 4294967295]], 9, [1, 4294967295]],
    [
      [
        [7, 7],
        [7, 7],
      ],
      9,
      [7, 7],
    ],
  ];
  for (const [ranges, largest, want] of cases) {
    it(`${JSON.stringify(ranges)} of ${largest} is ${JSON.stringify(want)}`, () => {
      expect(resolveSet(ranges, largest)).to.deep.equal(want);
    });
  }

  it(`names the same numbers as counting would (seed ${seed})`, () => {
    const number = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constant(star));
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number)), fc.nat(30), (pairs, largest) => {
        const ranges = pairs.map(([a, b]): NumberRange => (a <= b ? [a, b] : [b, a]));
        const want = new Set<number>();
        for (const [a, b] of ranges) {
          if (b === star && largest === 0) continue;
          const ends = [a === star ? largest : a, b === star ? largest : b];
          for (let n = Math.min(...ends); n <= Math.max(...ends); n++) want.add(n);
        }
        const flat = resolveSet(ranges, largest);
        const got: number[] = [];
        for (let i = 0; i < flat.length; i += 2) {
          expect(flat[i]!).to.be.above(i === 0 ? 0 : flat[i - 1]! + 1);
          for (let n = flat[i]!; n <= flat[i + 1]!; n++) got.push(n);
        }
        expect(got).to.deep.equal([...want].sort((a, b) => a - b));
      }),
      { seed },
    );
  });

  it('costs the ranges, not the numbers', () => {
    const ranges = Array.from({ length: 20_000 }, (_, i): NumberRange => [
      40_001 - 2 * i,
      4294967295,
    ]);
    const start = performance.now();
    expect(resolveSet(ranges, 10)).to.deep.equal([3, 4294967295]);
    expect(performance.now() - start).to.be.below(200);
  });
});
