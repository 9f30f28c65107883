import type { RecordDocument } from '../../src/store/mongo/record-document.ts';
import type { RecordStore } from '../../src/store/records.ts';
import { Random } from '../mail/indexing.ts';
import type { Code } from './explorer.ts';
import { RecordHistory } from './record-history.ts';
import { type Fate, ModelDatabase, ModelServer, type Network, type Step } from './server.ts';

const kind = 'registry';
const keys = ['a', 'b'];

/** Processes that change two records, over a network and a server that fail in every way. Throws what it finds wrong. */
export class RecordExplorer implements Network {
  readonly trace: string[] = [];
  readonly #code: Code;
  readonly #dice: Random;
  readonly #server = new ModelServer();
  readonly #history = new RecordHistory();
  readonly #trouble: number;
  readonly #waiting: Step[] = [];
  readonly #timers: Step[] = [];
  readonly #alive = new Map<ModelDatabase, { running: number }>();
  #crashes: number;
  #failOvers: number;
  #now = 0;
  #values = 0;
  #broken: unknown;

  constructor(code: Code, seed: number) {
    this.#code = code;
    this.#dice = new Random(seed);
    this.#trouble = this.#dice.pick([0, 0.05, 0.2, 0.4]);
    this.#crashes = this.#dice.pick([0, 0, 1, 2]);
    this.#failOvers = this.#dice.pick([0, 0, 1, 2]);
    this.#server.failure = code.MailError;
  }

  later(step: Step): void {
    this.#waiting.push(step);
  }

  fate(write: boolean): Fate {
    if (this.#dice.next() >= this.#trouble) return 'done';
    return this.#dice.pick(write ? ['reply lost', 'lost', 'late', 'twice'] : ['lost']);
  }

  async run(): Promise<void> {
    for (const name of ['A', 'B', 'C']) this.#start(name);
    for (let steps = 0; this.#running > 0 || this.#waiting.length > 0; steps++) {
      // The code under exploration waits for nothing but promises.
      await new Promise((resolve) => setImmediate(resolve));
      if (steps > 20_000) throw new Error('no end to it');
      const roll = this.#dice.next();
      if (this.#crashes > 0 && roll < 0.02) this.#crash();
      else if (this.#failOvers > 0 && roll < 0.04) {
        this.#failOvers--;
        this.trace.push('fail-over');
        this.#server.failOver();
      } else if (this.#server.behind > 0 && (roll < 0.4 || this.#waiting.length === 0)) {
        this.#server.replicateOne();
      } else if (this.#waiting.length > 0) this.#take(this.#waiting);
      else if (this.#timers.length > 0) this.#take(this.#timers);
      else if (this.#running > 0) throw new Error(`${this.#running} wait for ever`);
    }
    if (this.#broken !== undefined) throw this.#broken as Error;
    this.#server.replicateAll();
    this.#history.check(this.#server.records as unknown as RecordDocument[]);
  }

  get #running(): number {
    return [...this.#alive.values()].reduce((sum, { running }) => sum + running, 0);
  }

  #take(list: Step[]): void {
    const step = this.#dice.pick(list);
    list.splice(list.indexOf(step), 1);
    this.trace.push(step.what);
    step.run();
  }

  #start(name: string): void {
    const db = new ModelDatabase(this.#server, this, name);
    const records = new this.#code.MongoRecords(
      db,
      { now: () => this.#now },
      {
        now: () => this.#now,
        random: () => this.#dice.next(),
        pause: (milliseconds) =>
          new Promise((resolve) => {
            const run = (): void => {
              this.#now += milliseconds;
              if (!db.dead) resolve();
            };
            this.#timers.push({ what: `${name} waits`, run });
          }),
      },
    );
    const clients = { running: 1 + this.#dice.below(2) };
    this.#alive.set(db, clients);
    for (let i = clients.running; i > 0; i--) {
      void this.#client(records, name).then(() => {
        clients.running--;
      });
    }
  }

  /** A process is killed: what it asked for may be done, and nobody hears of it. */
  #crash(): void {
    const [db] = this.#dice.pick([...this.#alive]);
    this.#crashes--;
    this.trace.push('one is killed');
    db.dead = true;
    this.#alive.delete(db);
    this.#start('D');
  }

  async #client(records: RecordStore, name: string): Promise<void> {
    for (let left = 2 + this.#dice.below(6); left > 0; left--) {
      try {
        await this.#one(records, name);
      } catch (error) {
        if (error instanceof this.#code.MailError && error.failure === 'unavailable') continue;
        this.#broken ??= error;
      }
    }
  }

  async #one(records: RecordStore, name: string): Promise<void> {
    const key = this.#dice.pick(keys);
    const found = await records.get(kind, key);
    const value = `${name} ${++this.#values}`;
    if (found === undefined) {
      const told = this.#history.tried({ key, version: undefined, value });
      told((await records.insert(kind, [{ key, value }])) === 1);
    } else if (this.#dice.next() < 0.3) {
      const told = this.#history.tried({ key, version: found.version, value: undefined });
      told(await records.remove(kind, key, found.version));
    } else {
      const told = this.#history.tried({ key, version: found.version, value });
      told(await records.replace(kind, key, found.version, value));
    }
  }
}
