import type { MailError } from '../../src/core/errors.ts';
import { MessageIndexer } from '../../src/mail/indexer.ts';
import { createHash } from 'node:crypto';
import { Random } from '../mail/indexing.ts';
import type { AccountLog as AccountLogClass } from '../../src/store/mongo/account-log.ts';
import type { MongoContent as MongoContentClass } from '../../src/store/mongo/content.ts';
import type { collectGarbage } from '../../src/store/mongo/collector.ts';
import type { Document } from '../../src/store/mongo/database.ts';
import type { PendingLetter } from '../../src/store/mongo/letters.ts';
import type { MongoRecords } from '../../src/store/mongo/records.ts';
import type * as messageOps from '../../src/store/mongo/ops/message-ops.ts';
import { type Fate, ModelDatabase, ModelServer, type Network, type Step } from './server.ts';
import { History } from './history.ts';

/** The code that is explored: as it is, or with a guard taken out. */
export interface Code {
  readonly AccountLog: typeof AccountLogClass;
  readonly MongoContent: typeof MongoContentClass;
  readonly MailError: typeof MailError;
  readonly PendingLetter: typeof PendingLetter;
  readonly messageOps: typeof messageOps;
  readonly collectGarbage: typeof collectGarbage;
  readonly MongoRecords: typeof MongoRecords;
  readonly newHead: (a: number) => Document;
}

const account = 1;
const inbox = 1;
const sent = 2;

/** What clients do, by how often of a hundred times. */
const mixes = {
  all: { deliver: 35, append: 7, flag: 8, copy: 10, expunge: 8, project: 8, collect: 6, look: 18 },
  /** Letters come, go and come again. */
  churn: {
    deliver: 36,
    append: 0,
    flag: 16,
    copy: 0,
    expunge: 16,
    project: 0,
    collect: 30,
    look: 2,
  },
  /** Mailboxes are opened while they change. */
  views: {
    deliver: 40,
    append: 10,
    flag: 5,
    copy: 5,
    expunge: 5,
    project: 7,
    collect: 0,
    look: 28,
  },
  /** One letter comes and goes, while another process collects. */
  hunt: { deliver: 40, append: 0, flag: 30, copy: 0, expunge: 30, project: 0, collect: 0, look: 0 },
  collector: {
    deliver: 0,
    append: 0,
    flag: 0,
    copy: 0,
    expunge: 0,
    project: 0,
    collect: 100,
    look: 0,
  },
} as const;
type Mix = keyof typeof mixes;
type Act = keyof (typeof mixes)['all'];

function actOf(mix: Mix, roll: number): Act {
  let left = roll * 100;
  for (const [act, often] of Object.entries(mixes[mix]) as [Act, number][]) {
    left -= often;
    if (left < 0) return act;
  }
  return 'look';
}

/** What a run does and how bad its network is. */
interface Weather {
  readonly mix: Mix;
  readonly trouble: number;
  readonly crashes: number;
  readonly failOvers: number;
  /** How readily a process, or nobody, begins to sleep: nothing it waits for happens while others go on. */
  readonly sleep: number;
}

/** One run: processes that share an account, and everything that can come between them. Throws what it finds wrong. */
export class Explorer implements Network {
  readonly #code: Code;
  readonly #dice: Random;
  readonly #server = new ModelServer();
  readonly #weather: Weather;
  readonly #waiting: Step[] = [];
  readonly #timers: Step[] = [];
  #now = 0;
  #running = 0;
  #sleeper: string | undefined;
  #sleepsFor = 0;
  #letters = 0;
  readonly #processes: Process[] = [];
  readonly history: History;
  #broken: unknown;
  readonly trace: string[] = [];
  steps = 0;

  constructor(code: Code, seed: number) {
    this.#code = code;
    this.#dice = new Random(seed);
    this.#weather = {
      mix: this.#dice.pick(['all', 'churn', 'views', 'hunt'] as const),
      trouble: this.#dice.pick([0, 0.05, 0.2, 0.4]),
      crashes: this.#dice.pick([0, 0, 1, 2]),
      failOvers: this.#dice.pick([0, 0, 1, 2]),
      sleep: this.#dice.pick([0, 0.02, 0.1]),
    };
    this.history = new History({ hunt: 1, churn: 2 }[this.#weather.mix as string] ?? Infinity);
    this.#server.failure = code.MailError;
    this.#server.insert('heads', [code.newHead(account)]);
    this.#server.replicateAll();
  }

  later(step: Step): void {
    this.#waiting.push(step);
  }

  fate(write: boolean): Fate {
    if (this.#dice.next() >= this.#weather.trouble) return 'done';
    return this.#dice.pick(write ? ['reply lost', 'lost', 'late', 'twice'] : ['lost']);
  }

  async run(): Promise<void> {
    for (const name of ['A', 'B']) this.#start(name);
    let crashes = this.#weather.crashes;
    let failOvers = this.#weather.failOvers;
    while (this.#running > 0 || this.#waiting.length > 0) {
      await this.#quiet();
      if (this.#running === 0 && this.#waiting.length === 0) break;
      if (this.steps++ > 20_000) throw new Error('no end to it');
      const roll = this.#dice.next();
      if (crashes > 0 && roll < 0.01) {
        crashes--;
        this.#crash();
      } else if (failOvers > 0 && roll < 0.02) {
        failOvers--;
        this.trace.push('fail-over');
        this.#server.failOver();
      } else if (this.#server.behind > 0 && (roll < 0.4 || this.#waiting.length === 0)) {
        this.#server.replicateOne();
      } else if (this.#waiting.length > 0) this.#take(this.#waiting);
      else if (this.#timers.length > 0) this.#take(this.#timers);
      else throw new Error(`${this.#running} wait for ever`);
    }
    if (this.#broken !== undefined) throw this.#broken as Error;
    await this.#settle();
  }

  #take(list: Step[]): void {
    if (this.#sleepsFor > 0) this.#sleepsFor--;
    else if (this.#dice.next() < this.#weather.sleep) {
      this.#sleeper = this.#dice.pick(['A', 'B']);
      this.#sleepsFor = this.#dice.below(80);
    } else this.#sleeper = undefined;
    const awake = list.filter(({ what }) => what[0] !== this.#sleeper);
    const step = this.#dice.pick(awake.length > 0 ? awake : list);
    list.splice(list.indexOf(step), 1);
    this.trace.push(step.what);
    step.run();
  }

  /** Lets everything run that needs nothing from outside: the code under exploration waits for nothing but promises. */
  #quiet(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  #start(name: string): void {
    const process = new Process(this.#code, this.#server, this, name, {
      now: () => this.#now,
      random: () => this.#dice.next(),
      pause: (milliseconds) =>
        new Promise((resolve) => {
          this.#timers.push({
            what: `${name} waits`,
            run: () => {
              this.#now += milliseconds;
              resolve();
            },
          });
        }),
    });
    this.#processes.push(process);
    const clients = 1 + this.#dice.below(2);
    for (let i = 0; i < clients; i++) {
      const script = Array.from(
        { length: 2 + this.#dice.below(this.#weather.sleep > 0 ? 9 : 5) },
        () => this.#dice.next(),
      );
      this.#running++;
      void this.#client(process, script).finally(() => {
        if (!process.db.dead) this.#running--;
      });
      process.clients++;
    }
  }

  /** A process is killed, and perhaps another one started. */
  #crash(): void {
    const alive = this.#processes.filter(({ db }) => !db.dead);
    if (alive.length === 0) return;
    const victim = this.#dice.pick(alive);
    this.trace.push(`${victim.name} is killed`);
    victim.db.dead = true;
    this.#running -= victim.clients - victim.ended;
    this.#start(`${victim.name}'`);
  }

  async #client(process: Process, script: readonly number[]): Promise<void> {
    for (const roll of script) {
      try {
        await this.#one(process, roll);
      } catch (error) {
        const refused = error instanceof this.#code.MailError && error.failure !== 'internal';
        if (!refused) this.#broken ??= error;
      }
    }
    process.ended++;
  }

  async #one(process: Process, roll: number): Promise<void> {
    const { history } = this;
    const dice = this.#dice;
    const { mix } = this.#weather;
    switch (actOf(mix === 'hunt' && process.name.startsWith('A') ? 'collector' : mix, roll)) {
      case 'deliver': {
        // Sometimes a retry of what another process took before.
        const again = dice.next() < 0.3 && history.ids.length > 0;
        const id = again ? dice.pick(history.ids) : this.#letters++;
        const letter = history.sent(id);
        const uid = await process.deliver(id, letter);
        history.acknowledged(id, uid);
        return;
      }
      case 'append': {
        const letter = history.sent(this.#letters++);
        history.tried('append');
        await process.append(sent, letter);
        return;
      }
      case 'flag': {
        const churn = mix === 'churn' || mix === 'hunt';
        const uids = churn
          ? [1, 99]
          : dice.pick([
              [1, 3],
              [2, 5],
            ]);
        await process.flag(inbox, uids, churn ? 4 : dice.pick([8, 4]));
        return;
      }
      case 'copy':
        history.tried('copy');
        await process.copy(inbox, [1, 4], sent, dice.next() < 0.3);
        return;
      case 'expunge':
        await process.expunge(inbox);
        return;
      case 'project':
        await process.project();
        return;
      case 'collect':
        await process.collect();
        return;
      case 'look':
        // Sometimes from the pages, as if nobody had looked for long.
        if (dice.next() < 0.5) await process.forgetViews();
        history.seen(await process.look(dice.pick([inbox, sent])));
    }
  }

  /** The storm is over: what is there must be right, and a new process must find it so. */
  async #settle(): Promise<void> {
    this.#server.replicateAll();
    await this.#quiet();
    this.history.follow(this.#server.heads);
    const calm: Network = {
      later: (step) => {
        step.run();
        this.#server.replicateAll();
      },
      fate: () => 'done',
    };
    const waits = { now: () => this.#now, random: () => 0, pause: () => Promise.resolve() };
    const process = new Process(this.#code, this.#server, calm, 'Z', waits);
    for (const m of [inbox, sent]) this.history.compare(await process.look(m));
    await process.project();
    for (const m of [inbox, sent]) this.history.comparePages(m, this.#server.read('pages', {}));
    this.history.check(this.#server.read('emails', {}));
  }
}

interface WaitsLike {
  now(): number;
  pause(milliseconds: number): Promise<void>;
  random(): number;
}

/** What a process saw of a mailbox: every row, at one `seq`. */
export interface Sight {
  readonly m: number;
  readonly seq: number;
  readonly rows: readonly string[];
}

/** A process with one account, and what its clients can ask. */
export class Process {
  readonly db: ModelDatabase;
  readonly name: string;
  clients = 0;
  ended = 0;
  readonly #code: Code;
  readonly #waits: WaitsLike;
  #log: Promise<AccountLogClass> | undefined;
  readonly #clock = { now: () => 1_790_000_000_000 };

  constructor(code: Code, server: ModelServer, network: Network, name: string, waits: WaitsLike) {
    this.#code = code;
    this.name = name;
    this.db = new ModelDatabase(server, network, name);
    this.#waits = waits;
  }

  async deliver(id: number, content: MongoContentClass): Promise<number> {
    const log = await this.#account();
    const letter = new this.#code.PendingLetter(content);
    const deliveryId = `delivery-${id}`;
    const answer = await log.run({
      letters: [letter],
      settled: (head) => head.ids.find(deliveryId) !== undefined,
      apply: (draft) =>
        this.#code.messageOps.deliver(draft, letter, {
          account: account as never,
          mailbox: inbox as never,
          deliveryId,
          flags: { system: 0, keywords: [] },
          internalDate: 0,
        }),
    });
    return answer.uid;
  }

  async append(m: number, content: MongoContentClass): Promise<void> {
    const log = await this.#account();
    const letter = new this.#code.PendingLetter(content);
    await log.run({
      letters: [letter],
      apply: (draft) =>
        this.#code.messageOps.append(draft, m, [
          { letter, flags: { system: 16, keywords: [] }, idate: 0 },
        ]),
    });
  }

  async flag(m: number, uids: readonly number[], system: number): Promise<void> {
    const log = await this.#account();
    const change = { mode: 'add' as const, flags: { system, keywords: [] } };
    await log.run({
      rows: [m],
      apply: (draft) => this.#code.messageOps.storeFlags(draft, m, uids, change),
    });
  }

  async copy(from: number, uids: readonly number[], to: number, move: boolean): Promise<void> {
    const log = await this.#account();
    await log.run({
      rows: [from],
      apply: (draft) => this.#code.messageOps.copy(draft, from, uids, to, move),
    });
  }

  async expunge(m: number): Promise<void> {
    const log = await this.#account();
    await log.run({ rows: [m], apply: (draft) => this.#code.messageOps.expunge(draft, m) });
  }

  async project(): Promise<void> {
    await (await this.#account()).projected();
  }

  /** As if everything had been there for long: also what others are about to use. */
  async collect(): Promise<void> {
    const log = await this.#account();
    const logs = { with: <T>(_: number, use: (own: AccountLogClass) => Promise<T>) => use(log) };
    const later = this.#clock.now() + 40 * 86_400_000;
    const texts = { sweep: () => Promise.resolve() };
    await this.#code.collectGarbage(this.db, logs as never, texts, later, () => false);
  }

  async forgetViews(): Promise<void> {
    (await this.#account()).dropIdleViews();
  }

  async look(m: number): Promise<Sight> {
    const log = await this.#account();
    const view = await log.use(m);
    if (view === undefined) throw new Error('a mailbox is gone');
    await log.refresh();
    // A view that is being read anew shows an older moment.
    const shown = await log.use(m);
    log.letGo(m);
    log.letGo(m);
    if (shown === undefined) throw new Error('a mailbox is gone');
    const rows = Array.from({ length: shown.count }, (_, i) => {
      const { uid, modSeq, flags, email } = shown.rowAt(i);
      return `${uid} ${modSeq} ${flags} ${email}`;
    });
    return { m, seq: log.head.seq, rows };
  }

  async #account(): Promise<AccountLogClass> {
    this.#log ??= this.#code.AccountLog.load(this.db, this.#clock, account, {
      waits: this.#waits,
    });
    try {
      return await this.#log;
    } catch (error) {
      this.#log = undefined;
      throw error;
    }
  }
}

/** Letters that are made once and used in every run. */
export function lettersOf(MongoContent: Code['MongoContent'], count: number): MongoContentClass[] {
  return Array.from({ length: count }, (_, i) => {
    // Some are of one conversation.
    const text = `Message-ID: <${i}@x>\r\nSubject: s${i % 2}\r\nReferences: <${i - 2}@x>\r\n\r\n${i}\r\n`;
    const octets = Buffer.from(text);
    const indexer = new MessageIndexer();
    indexer.write(octets);
    const digest = createHash('sha256').update(octets).digest();
    return new MongoContent(digest, indexer.finish(), octets, undefined);
  });
}
