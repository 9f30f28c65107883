import { expect } from 'chai';
import { Random } from '../mail/indexing.ts';
import { loadCode, type Mutation } from './code.ts';
import { type Code, lettersOf, Process } from './explorer.ts';
import { ModelServer, type Network, type Step } from './server.ts';

const seed = 20261129;

/** Things that happen at a time, in its order; nothing passes but this time. */
class Agenda {
  now = 0;
  readonly #random = new Random(seed);
  readonly #events: { readonly at: number; readonly run: () => void }[] = [];

  after(milliseconds: number, run: () => void): void {
    this.#events.push({ at: this.now + milliseconds, run });
  }

  /** As a process sees it. */
  readonly waits = {
    now: () => this.now,
    random: () => this.#random.next(),
    pause: (milliseconds: number) =>
      new Promise<void>((resolve) => {
        this.after(milliseconds, resolve);
      }),
  };

  /** Until it has an answer. */
  async run<T>(answer: Promise<T>): Promise<T> {
    const state = { done: false };
    const noted = answer.finally(() => (state.done = true));
    noted.catch(() => undefined);
    for (;;) {
      // What needs nothing from outside goes first.
      await new Promise((resolve) => setImmediate(resolve));
      if (state.done) return noted;
      this.#events.sort((x, y) => x.at - y.at);
      const next = this.#events.shift();
      if (next === undefined) throw new Error('nothing happens any more');
      this.now = next.at;
      next.run();
    }
  }
}

/** Two front ends that write to one account without a pause, one of them twenty times nearer to the database. */
class Rivals {
  readonly agenda = new Agenda();
  readonly server = new ModelServer();
  readonly near: Process;
  readonly far: Process;
  #id = 0;
  readonly #letter: never;

  constructor(code: Code) {
    this.server.failure = code.MailError;
    this.server.insert('heads', [code.newHead(1)]);
    this.server.replicateAll();
    [this.#letter] = lettersOf(code.MongoContent, 1) as [never];
    const at = (name: string, milliseconds: number): Process =>
      new Process(code, this.server, this.#network(milliseconds), name, this.agenda.waits);
    this.near = at('near', 1);
    this.far = at('far', 20);
  }

  /** Delivers a letter; answers how long it took. */
  async deliver(process: Process): Promise<number> {
    const began = this.agenda.now;
    await process.deliver(this.#id++, this.#letter);
    return this.agenda.now - began;
  }

  #network(milliseconds: number): Network {
    return {
      fate: () => 'done',
      later: (step: Step) => {
        this.agenda.after(milliseconds, () => {
          step.run();
          this.server.replicateAll();
        });
      },
    };
  }
}

async function withCode(use: (code: Code) => Promise<void>, mutation?: Mutation): Promise<void> {
  const { code, remove } = await loadCode(mutation, []);
  try {
    await use(code);
  } finally {
    await remove();
  }
}

/** How long each of the far one's letters took, and how many the near one delivered meanwhile. */
async function race(code: Code, letters: number): Promise<{ took: number[]; meanwhile: number }> {
  const rivals = new Rivals(code);
  let over = false;
  let meanwhile = 0;
  const busy = async (): Promise<void> => {
    for (; !over; meanwhile++) await rivals.deliver(rivals.near);
  };
  const rivalry = busy();
  const took: number[] = [];
  const far = async (): Promise<void> => {
    try {
      for (let i = 0; i < letters; i++) took.push(await rivals.deliver(rivals.far));
    } finally {
      over = true;
    }
  };
  await rivals.agenda.run(Promise.all([far(), rivalry]));
  return { took, meanwhile };
}

describe('front ends that write to one account without a pause', function () {
  this.timeout(120_000);

  it(`the far one gets its turns, and the near one goes on (seed ${seed})`, () =>
    withCode(async (code) => {
      const { took, meanwhile } = await race(code, 20);
      expect(Math.max(...took)).to.be.below(1_000);
      expect(meanwhile).to.be.above(20);
    }));

  it(`the far one would never come first if nobody left way (seed ${seed})`, () =>
    withCode(
      async (code) => {
        const lost = await race(code, 1).catch((error: unknown) => error);
        expect(lost).to.include({ failure: 'unavailable' });
      },
      {
        what: 'no commit leaves way',
        file: 'account-log.ts',
        from: 'hasTurn || attempt > turnAttempts',
        to: 'hasTurn || attempt > 0',
      },
    ));

  it(`a turn that nobody takes is over after half a second, once (seed ${seed})`, () =>
    withCode(async (code) => {
      const rivals = new Rivals(code);
      const { agenda, server, near } = rivals;
      await agenda.run(rivals.deliver(near));
      server.update('heads', { _id: 1 }, { $set: { turn: 1 } });
      server.replicateAll();
      const first = await agenda.run(rivals.deliver(near));
      expect(first).to.be.above(10).and.below(600);
      expect(await agenda.run(rivals.deliver(near))).to.be.below(10);
    }));
});
