import { expect } from 'chai';
import fc from 'fast-check';
import { CircuitBreaker } from '../../../src/gateway/state/circuit-breaker.ts';

describe('circuit breaker', () => {
  let now: number;
  let breaker: CircuitBreaker;
  beforeEach(() => {
    now = 1_000_000;
    breaker = new CircuitBreaker({ failuresToRest: 3, restMs: 100 }, { now: () => now });
  });
  const fail = (times: number): void => {
    for (let i = 0; i < times; i++) breaker.enter()!.failed();
  };

  it('opens after failures in a row, and a success in between begins anew', () => {
    fail(2);
    breaker.enter()!.succeeded();
    fail(2);
    expect(breaker.state).to.equal('closed');
    fail(1);
    expect(breaker.state).to.equal('open');
    expect(breaker.enter()).to.equal(undefined);
    expect(breaker.restsUntil).to.equal(now + 100);
  });

  it('lets one through after its time; success closes it', () => {
    fail(3);
    now += 99;
    expect(breaker.enter()).to.equal(undefined);
    now += 1;
    expect(breaker.state).to.equal('half-open');
    const trial = breaker.enter()!;
    expect(breaker.enter()).to.equal(undefined);
    trial.succeeded();
    expect(breaker.state).to.equal('closed');
    fail(2);
    expect(breaker.state).to.equal('closed');
  });

  it('one failure then opens it again, for the whole time', () => {
    fail(3);
    now += 150;
    breaker.enter()!.failed();
    expect(breaker.state).to.equal('open');
    expect(breaker.restsUntil).to.equal(now + 100);
    now += 100;
    expect(breaker.enter()).to.not.equal(undefined);
  });

  it('does not hear attempts that began before it opened or closed', () => {
    const early = [breaker.enter()!, breaker.enter()!, breaker.enter()!];
    fail(3);
    early[0]!.succeeded();
    expect(breaker.state).to.equal('open');
    now += 100;
    early[1]!.failed();
    expect(breaker.state).to.equal('half-open');
    breaker.enter()!.succeeded();
    early[2]!.failed();
    fail(2);
    expect(breaker.state).to.equal('closed');
  });

  it('hears only the first word of an attempt', () => {
    const worked = breaker.enter()!;
    worked.succeeded();
    worked.failed();
    fail(2);
    expect(breaker.state).to.equal('closed');
    const broken = breaker.enter()!;
    broken.failed();
    expect(breaker.state).to.equal('open');
    now += 100;
    const trial = breaker.enter()!;
    trial.succeeded();
    for (let i = 0; i < 3; i++) trial.failed();
    expect(breaker.state).to.equal('closed');
  });

  it('never lets more than one through while it is not closed, and always one in time (seed 5)', () => {
    const step = fc.oneof(
      fc.constant('enter' as const),
      fc.record({ end: fc.nat({ max: 9 }), good: fc.boolean() }),
      fc.record({ wait: fc.nat({ max: 120 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const one = new CircuitBreaker({ failuresToRest: 3, restMs: 100 }, { now: () => now });
        const under: { passage: NonNullable<ReturnType<typeof one.enter>>; trial: boolean }[] = [];
        for (const what of steps) {
          if (what === 'enter') {
            const { state } = one;
            const passage = one.enter();
            if (state === 'open') expect(passage).to.equal(undefined);
            if (state === 'closed') expect(passage).to.not.equal(undefined);
            if (passage !== undefined) under.push({ passage, trial: state === 'half-open' });
            expect(under.filter(({ trial }) => trial).length).to.be.at.most(1);
          } else if ('wait' in what) now += what.wait;
          else {
            const [ended] = under.splice(what.end % (under.length || 1), 1);
            if (what.good) ended?.passage.succeeded();
            else ended?.passage.failed();
          }
        }
        for (const { passage } of under) passage.failed();
        now += 100;
        expect(one.enter()).to.not.equal(undefined);
      }),
      { seed: 5, numRuns: 1000 },
    );
  });
});
