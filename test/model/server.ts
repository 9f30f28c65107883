import type {
  Change,
  CollectionName,
  Database,
  Document,
  Filter,
  FindOptions,
} from '../../src/store/mongo/database.ts';
import type { MailError } from '../../src/core/errors.ts';
import { compare, keyOf, matches, updated } from './documents.ts';

type Rows = Map<string, Document>;

/** A write that the primary has and a majority may not have yet. */
interface Written {
  readonly collection: CollectionName;
  readonly key: string;
  readonly document: Document | undefined;
}

/** Something that may happen next. */
export interface Step {
  readonly what: string;
  run(): void;
}

/**
 * A replica set in memory, without any time of its own: everything that happens in it is a step that the scheduler
 * chooses. Writes reach the primary at once and the majority later; reads see the majority; an answer to a write waits
 * until the majority has all that the primary had then. A fail-over throws away what the majority does not have.
 */
export class ModelServer {
  #primary = new Map<CollectionName, Rows>();
  readonly #majority = new Map<CollectionName, Rows>();
  #journal: Written[] = [];
  #replicated = 0;
  /** Answers that wait for the majority. */
  #answers: { readonly at: number; readonly answer: () => void; readonly fail: () => void }[] = [];
  /** Every head that the majority ever had, in order. */
  readonly heads: Document[] = [];
  /** And every record. */
  readonly records: Document[] = [];
  /** The class of errors of the code that is explored. */
  failure: typeof MailError | undefined;

  /** Journal entries that wait to be replicated. */
  get behind(): number {
    return this.#journal.length - this.#replicated;
  }

  replicateOne(): void {
    const written = this.#journal[this.#replicated];
    if (written === undefined) return;
    this.#replicated++;
    put(this.#majority, written);
    const { collection, document } = written;
    if (document !== undefined) {
      if (collection === 'heads') this.heads.push(document);
      else if (collection === 'records') this.records.push(document);
    }
    this.#answerWaiting();
  }

  replicateAll(): void {
    while (this.behind > 0) this.replicateOne();
  }

  /** Another primary, which has what the majority has. */
  failOver(): void {
    this.#journal = this.#journal.slice(0, this.#replicated);
    this.#primary = new Map(
      [...this.#majority].map(([name, rows]): [CollectionName, Rows] => [
        name,
        new Map<string, Document>(rows),
      ]),
    );
    const answers = this.#answers;
    this.#answers = [];
    for (const { fail } of answers) fail();
  }

  read(collection: CollectionName, filter: Filter, options: FindOptions = {}): Document[] {
    return select(rowsOf(this.#majority, collection), filter, options);
  }

  insert(collection: CollectionName, documents: readonly Document[]): ReadonlySet<number> {
    const taken = new Set<number>();
    documents.forEach((document, i) => {
      const key = keyOf(document['_id']);
      if (rowsOf(this.#primary, collection).has(key)) taken.add(i);
      else this.#write({ collection, key, document });
    });
    return taken;
  }

  update(collection: CollectionName, filter: Filter, change: Change): boolean {
    const [found] = select(rowsOf(this.#primary, collection), filter, { limit: 1 });
    if (found === undefined) return false;
    const document = updated(found, change as Document);
    this.#write({ collection, key: keyOf(found['_id']), document });
    return true;
  }

  remove(collection: CollectionName, filter: Filter): number {
    const found = select(rowsOf(this.#primary, collection), filter, {});
    for (const { _id } of found) {
      this.#write({ collection, key: keyOf(_id), document: undefined });
    }
    return found.length;
  }

  /** Calls one of them when the majority has what the primary has now, or never will. */
  whenReplicated(answer: () => void, fail: () => void): void {
    this.#answers.push({ at: this.#journal.length, answer, fail });
    this.#answerWaiting();
  }

  #write(written: Written): void {
    this.#journal.push(written);
    put(this.#primary, written);
  }

  #answerWaiting(): void {
    const ready = this.#answers.filter(({ at }) => at <= this.#replicated);
    if (ready.length === 0) return;
    this.#answers = this.#answers.filter(({ at }) => at > this.#replicated);
    for (const { answer } of ready) answer();
  }
}

function rowsOf(all: Map<CollectionName, Rows>, collection: CollectionName): Rows {
  let rows = all.get(collection);
  if (rows === undefined) all.set(collection, (rows = new Map<string, Document>()));
  return rows;
}

function put(all: Map<CollectionName, Rows>, { collection, key, document }: Written): void {
  if (document === undefined) rowsOf(all, collection).delete(key);
  else rowsOf(all, collection).set(key, document);
}

function select(rows: Rows, filter: Filter, { sort, limit }: FindOptions): Document[] {
  const found: Document[] = [];
  const whole = filter['_id'];
  if (whole !== undefined && !Object.keys(whole as object).some((key) => key.startsWith('$'))) {
    const one = rows.get(keyOf(whole));
    if (one !== undefined && matches(one, filter)) found.push(one);
  } else for (const row of rows.values()) if (matches(row, filter)) found.push(row);
  for (const [path, direction] of Object.entries(sort ?? {})) {
    found.sort((x, y) => direction * compare(x[path], y[path]));
  }
  return limit === undefined ? found : found.slice(0, limit);
}

/** What may become of a call. */
export type Fate = 'done' | 'reply lost' | 'lost' | 'late' | 'twice';

export interface Network {
  /** Asks the scheduler to run the step when it likes. */
  later(step: Step): void;
  /** What becomes of a call that is sent now. */
  fate(write: boolean): Fate;
}

/** The server as one process sees it, over a network that loses, delays and repeats. */
export class ModelDatabase implements Database {
  readonly #server: ModelServer;
  readonly #network: Network;
  readonly #name: string;
  /** A process that was killed: what it sent may still arrive, and nobody hears of it. */
  dead = false;
  #counters = new Map<string, number>();

  constructor(server: ModelServer, network: Network, name: string) {
    this.#server = server;
    this.#network = network;
    this.#name = name;
  }

  find<T>(collection: CollectionName, filter: Filter, options?: FindOptions): Promise<T[]> {
    return this.#call('find', collection, false, () =>
      this.#server.read(collection, filter, options),
    ) as Promise<T[]>;
  }

  insert(collection: CollectionName, documents: readonly Document[]): Promise<ReadonlySet<number>> {
    return this.#call('insert', collection, true, () => this.#server.insert(collection, documents));
  }

  update(collection: CollectionName, filter: Filter, change: Change): Promise<boolean> {
    return this.#call('update', collection, true, () =>
      this.#server.update(collection, filter, change),
    );
  }

  remove(collection: CollectionName, filter: Filter): Promise<number> {
    return this.#call('remove', collection, true, () => this.#server.remove(collection, filter));
  }

  take(counter: string, count: number): Promise<number> {
    const before = this.#counters.get(counter) ?? 0;
    this.#counters.set(counter, before + count);
    return Promise.resolve(before + 1);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #call<T>(what: string, collection: string, write: boolean, run: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.dead) return;
      const step = `${this.#name} ${what} ${collection}`;
      const fate = this.#network.fate(write);
      const give = (value: T): void => {
        if (!this.dead) resolve(value);
      };
      const fail = (): void => {
        if (this.dead || this.#server.failure === undefined) return;
        reject(new this.#server.failure('unavailable', 'The server does not answer'));
      };
      const arrive = (answer: (value: T) => void, noAnswer: () => void): void => {
        const value = run();
        if (!write) answer(value);
        else {
          this.#server.whenReplicated(() => {
            answer(value);
          }, noAnswer);
        }
      };
      const silent = (): void => undefined;
      switch (fate) {
        case 'done':
          this.#network.later({
            what: step,
            run: () => {
              arrive(give, fail);
            },
          });
          return;
        case 'twice':
          this.#network.later({
            what: step,
            run: () => {
              arrive(give, fail);
            },
          });
          this.#network.later({
            what: `${step} (again)`,
            run: () => {
              arrive(silent, silent);
            },
          });
          return;
        case 'reply lost':
          this.#network.later({
            what: `${step} (reply lost)`,
            run: () => {
              arrive(fail, fail);
            },
          });
          return;
        case 'lost':
          this.#network.later({ what: `${step} (lost)`, run: fail });
          return;
        case 'late':
          this.#network.later({ what: `${step} (given up)`, run: fail });
          this.#network.later({
            what: `${step} (late)`,
            run: () => {
              arrive(silent, silent);
            },
          });
      }
    });
  }
}
