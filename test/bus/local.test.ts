import { expect } from 'chai';
import { LocalSessionCount } from '../../src/bus/local/session-count.ts';
import { LocalThrottle } from '../../src/bus/local/throttle.ts';

describe('LocalThrottle', () => {
  function throttle(maxKeys = 100) {
    let now = 0;
    const made = new LocalThrottle({
      clock: { now: () => now },
      freeFailures: 1,
      baseDelayMs: 100,
      maxDelayMs: 500,
      forgetAfterMs: 10_000,
      maxKeys,
    });
    return { throttle: made, advance: (ms: number) => (now += ms) };
  }

  it('doubles the delay with each failure, up to the limit', async () => {
    const { throttle: one } = throttle();
    const delays: number[] = [];
    for (let i = 0; i < 6; i++) {
      await one.failed('k');
      delays.push(await one.delayMs('k'));
    }
    expect(delays).to.deep.equal([0, 100, 200, 400, 500, 500]);
    for (let i = 0; i < 2000; i++) await one.failed('k');
    expect(await one.delayMs('k')).to.equal(500);
  });

  it('counts the time that has passed', async () => {
    const { throttle: one, advance } = throttle();
    await one.failed('k');
    await one.failed('k');
    advance(60);
    expect(await one.delayMs('k')).to.equal(40);
    advance(50);
    expect(await one.delayMs('k')).to.equal(0);
  });

  it('forgets after a success, and after long silence', async () => {
    const { throttle: one, advance } = throttle();
    for (let i = 0; i < 4; i++) await one.failed('k');
    await one.succeeded('k');
    expect(await one.delayMs('k')).to.equal(0);
    for (let i = 0; i < 4; i++) await one.failed('k');
    advance(10_000);
    expect(await one.delayMs('k')).to.equal(0);
    await one.failed('k');
    expect(await one.delayMs('k')).to.equal(0);
  });

  it('keeps keys apart and at most so many', async () => {
    const { throttle: one } = throttle(3);
    for (const key of ['a', 'a', 'b', 'c', 'd', 'a', 'e']) await one.failed(key);
    expect(one.size).to.equal(3);
    expect(await one.delayMs('a')).to.equal(0);
    await one.failed('a');
    expect(await one.delayMs('a')).to.equal(100);
  });
});

describe('LocalSessionCount', () => {
  it('lets so many in and takes a place back once', async () => {
    const count = new LocalSessionCount();
    const first = await count.enter('k', 2);
    const second = await count.enter('k', 2);
    expect(await count.enter('k', 2)).to.equal(undefined);
    expect(await count.enter('other', 2)).to.be.a('function');
    first?.();
    first?.();
    expect(count.count('k')).to.equal(1);
    expect(await count.enter('k', 2)).to.be.a('function');
    second?.();
    expect(count.count('k')).to.equal(1);
  });
});
