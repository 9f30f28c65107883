import { expect } from 'chai';
import fc from 'fast-check';
import { fromRanges, toRanges } from '../../src/core/uid-set.ts';
import type { AccountId, EmailId, ThreadId } from '../../src/core/values.ts';
import {
  emailFromObjectId,
  emailObjectId,
  threadFromObjectId,
  threadObjectId,
} from '../../src/imap/object-id.ts';
import { includesUid, intersect, subtract, union } from '../../src/imap/uid-ranges.ts';

const seed = 20260731;

describe('UID ranges', () => {
  const set = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 });
  const packed = (uids: Iterable<number>) => toRanges([...uids].sort((a, b) => a - b));

  it('are joined, cut and taken away as sets are', () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const [x, y] = [packed(a), packed(b)];
        expect(union(x, y)).to.deep.equal(packed(new Set([...a, ...b])));
        expect(intersect(x, y)).to.deep.equal(packed(a.filter((uid) => b.includes(uid))));
        expect(subtract(x, y)).to.deep.equal(packed(a.filter((uid) => !b.includes(uid))));
        for (let uid = 0; uid <= 61; uid++) {
          expect(includesUid(x, uid)).to.equal(a.includes(uid));
        }
        expect([...fromRanges(union(x, y))]).to.have.length(new Set([...a, ...b]).size);
      }),
      { seed, numRuns: 500 },
    );
  });
});

describe('object identifiers', () => {
  const account = 7 as AccountId;

  it('are read back', () => {
    const email = emailObjectId(account, 12 as EmailId);
    const thread = threadObjectId(account, 12 as ThreadId);
    expect(email).to.match(/^[A-Za-z0-9_-]+$/);
    expect(email).not.to.equal(thread);
    expect(emailFromObjectId(account, email)).to.equal(12);
    expect(threadFromObjectId(account, thread)).to.equal(12);
  });

  for (const foreign of [
    '',
    'E7-',
    'E7-0',
    'E7-012',
    'E8-12',
    'T7-12',
    'e7-12',
    'E7-1.5',
    'E7-1e3',
  ]) {
    it(`${JSON.stringify(foreign)} is no email of the account`, () => {
      expect(emailFromObjectId(account, foreign)).to.equal(undefined);
    });
  }
});
