import { expect } from 'chai';
import fc from 'fast-check';
import { MailError } from '../../../src/core/errors.ts';
import type { Part } from '../../../src/mail/api.ts';
import { emailOf, placeOf } from '../../../src/store/embedded/email-place.ts';
import { packParts, unpackParts } from '../../../src/store/common/part-pack.ts';
import { wholeSeconds } from '../../../src/store/common/seconds.ts';
import { threadRefs } from '../../../src/store/common/thread-refs.ts';

const seed = 20260903;

describe('embedded: packing', () => {
  it(`gives parts back as they were (seed ${seed})`, () => {
    const part = (depth: number): fc.Arbitrary<Part> =>
      fc.record({
        section: fc.string(),
        headerStart: fc.nat(),
        bodyStart: fc.nat(),
        bodyEnd: fc.nat(),
        lines: fc.nat(),
        type: fc.string(),
        subtype: fc.string(),
        parameters: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
        encoding: fc.string(),
        disposition: fc.option(fc.string(), { nil: undefined }),
        filename: fc.option(fc.string(), { nil: undefined }),
        children: depth === 0 ? fc.constant([]) : fc.array(part(depth - 1), { maxLength: 3 }),
      });
    fc.assert(
      fc.property(part(3), (root) => {
        expect(unpackParts(packParts(root))).to.deep.equal(root);
      }),
      { seed, numRuns: 200 },
    );
  });

  const places: readonly (readonly [s: number, c: number, shards: number, e: number])[] = [
    [0, 1, 1, 1],
    [0, 1, 4, 4],
    [3, 1, 4, 7],
    [2, 1_000_000_000, 4, 4_000_000_002],
    [0, 4_294_967_295, 1, 4_294_967_295],
  ];
  for (const [s, c, shards, e] of places) {
    it(`content ${c} of shard ${s} of ${shards} is email ${e}`, () => {
      expect(emailOf({ s, c }, shards)).to.equal(e);
      expect(placeOf(e, shards)).to.deep.equal({ s, c });
    });
  }

  it('refuses a content past the last email', () => {
    expect(() => emailOf({ s: 0, c: 4_294_967_296 }, 1)).to.throw(MailError);
  });

  const times: readonly (readonly [number, number])[] = [
    [1_700_000_000_999, 1_700_000_000],
    [-5, 0],
    [Number.MAX_SAFE_INTEGER, 4_294_967_295],
  ];
  for (const [milliseconds, seconds] of times) {
    it(`keeps ${milliseconds} ms as ${seconds} s`, () => {
      expect(wholeSeconds(milliseconds)).to.equal(seconds);
    });
  }

  describe('thread refs', () => {
    const refs = (messageId: string | undefined, references: string[], baseSubject = 's') =>
      threadRefs({ messageId, references, baseSubject }, 'digest');

    it('are the same for the same id and subject, in Message-ID and in references', () => {
      expect(refs('a@x', []).ref).to.equal(refs('b@x', ['a@x']).references[0]);
      expect(refs('a@x', []).ref).not.to.equal(refs('a@x', [], 't').ref);
    });

    it('name each other message once and never the message itself', () => {
      expect(refs('a@x', ['b@x', 'a@x', 'b@x', 'c@x']).references).to.have.length(2);
    });

    it('of a message without Message-ID are its own', () => {
      const one = threadRefs({ messageId: undefined, references: [], baseSubject: 's' }, 'one');
      const two = threadRefs({ messageId: undefined, references: [], baseSubject: 's' }, 'two');
      expect(one.ref).not.to.equal(two.ref);
    });

    it('are integers below 2^52', () => {
      for (let i = 0; i < 1000; i++) {
        const { ref } = refs(`${i}@x`, []);
        expect(Number.isInteger(ref) && ref >= 0 && ref < 2 ** 52).to.equal(true);
      }
    });
  });
});
