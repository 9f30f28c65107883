import { expect } from 'chai';
import fc from 'fast-check';
import { MailboxPattern, patternLimits } from '../../src/imap/mailbox-pattern.ts';

const seed = 20260322;

/** What RFC 9051 §6.3.9 says, as slowly as it can be said. */
function naive(pattern: string, name: string): boolean {
  if (pattern === '') return name === '';
  const rest = pattern.slice(1);
  if (pattern[0] === '*' || pattern[0] === '%') {
    if (naive(rest, name)) return true;
    return name !== '' && (pattern[0] === '*' || name[0] !== '/') && naive(pattern, name.slice(1));
  }
  return name[0] === pattern[0] && naive(rest, name.slice(1));
}

describe('LIST pattern', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['*', 'a/b', true],
    ['%', 'a/b', false],
    ['%', 'a', true],
    ['%/%', 'a/b', true],
    ['%/%', 'a/b/c', false],
    ['a*', 'a', true],
    ['a%', 'a/b', false],
    ['*b', 'a/b', true],
    ['a/', 'a', false],
    ['', 'a', false],
    ['%*', 'a/b', true],
    ['inbox', 'INBOX', true],
    ['I%x', 'INBOX', true],
    ['*box', 'INBOX', true],
    ['inbox/*', 'INBOX/Bills', true],
    ['inbox/bills', 'INBOX/Bills', false],
    ['inbox', 'inbox2', false],
    ['INBOX2', 'inbox2', false],
    ['A&-B', 'A&B', false],
  ];
  for (const [pattern, name, want] of cases) {
    it(`${pattern} ${want ? 'matches' : 'does not match'} ${name}`, () => {
      expect(new MailboxPattern(pattern).matches(name)).to.equal(want);
    });
  }

  it(`matches as the definition does (seed ${seed})`, () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[ab/*%]{0,8}$/),
        fc.stringMatching(/^[ab/]{0,8}$/),
        (pattern, name) => {
          expect(new MailboxPattern(pattern).matches(name)).to.equal(naive(pattern, name));
        },
      ),
      { seed, numRuns: 10_000 },
    );
  });

  it('does not explode', () => {
    const name = 'a/'.repeat(500);
    const start = performance.now();
    for (const piece of ['*a', '%/a*', '%a', '*%']) {
      const pattern = `${piece.repeat(patternLimits.characters / piece.length)}b`;
      expect(new MailboxPattern(pattern).matches(name)).to.be.false;
    }
    expect(performance.now() - start).to.be.below(500);
  });
});
