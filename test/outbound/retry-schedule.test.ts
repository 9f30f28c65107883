import { expect } from 'chai';
import {
  giveUpAfterMs,
  isDelayNoticeDue,
  nextAttemptAt,
} from '../../src/outbound/retry-schedule.ts';

describe('the retry schedule', () => {
  it('tries soon, then more and more slowly, for five days', () => {
    const times: number[] = [];
    let now = 0;
    for (let attempts = 1; ; attempts++) {
      const next = nextAttemptAt(attempts, 0, now);
      if (next === undefined) break;
      times.push(next);
      now = next;
    }
    const minutes = times.map((ms) => ms / 60_000);
    expect(minutes.slice(0, 9)).to.deep.equal([1, 6, 21, 51, 81, 141, 201, 321, 561]);
    expect(times.at(-1)).to.be.at.most(giveUpAfterMs);
    expect((times.at(-1) ?? 0) + 4 * 3_600_000).to.be.greaterThan(giveUpAfterMs);
    expect(times.length).to.be.lessThan(50);
  });

  it('tells of a delay once, after some hours', () => {
    const due = Array.from({ length: 50 }, (_, i) => i + 1).filter(isDelayNoticeDue);
    expect(due).to.deep.equal([8]);
  });

  it('gives up at once on a letter that is too old', () => {
    expect(nextAttemptAt(1, 0, giveUpAfterMs)).to.equal(undefined);
  });
});
