import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { FrontEnds, type FrontEndsOptions } from '../support/front-ends.ts';
import type { PlainPorts } from '../support/plain-config.ts';
import { type ImapAnswer, ImapWire } from '../support/wire-client.ts';
import { checkExact } from './exact.ts';
import { Poster } from './poster.ts';

const address = 'aigerim@example.kz';
const password = 'correct horse';

/** Nobody waits longer for an answer, whatever is broken. */
export const patienceMs = 30_000;

/** Two front ends with one account, its senders and its readers, for tests that break what is around them. */
export class Stage {
  readonly all: FrontEnds;
  readonly one: PlainPorts;
  readonly two: PlainPorts;
  readonly #clients: ImapWire[] = [];
  readonly #posters: Poster[] = [];

  private constructor(all: FrontEnds) {
    this.all = all;
    [this.one, this.two] = all.ports as [PlainPorts, PlainPorts];
  }

  static async start(options: Omit<FrontEndsOptions, 'accounts'>): Promise<Stage> {
    return new Stage(await FrontEnds.start({ ...options, accounts: [[address, password]] }));
  }

  /** With INBOX selected. */
  async login(ports: PlainPorts): Promise<ImapWire> {
    const client = await this.tryLogin(ports);
    this.#clients.push(client);
    expect((await client.command('SELECT INBOX')).status).to.equal('OK');
    return client;
  }

  /** Rejects with the answer of a refusal. */
  tryLogin({ imap }: PlainPorts): Promise<ImapWire> {
    return ImapWire.login(imap, address, password);
  }

  /** A sender to the account; `port` says to whom it sends now. */
  poster(name: string, port: () => number): Poster {
    const made = new Poster(name, address, port);
    this.#posters.push(made);
    return made;
  }

  /** The answer; rejects when there is none in `patienceMs`. */
  async inTime(client: ImapWire, command: string): Promise<ImapAnswer> {
    const impatience = new AbortController();
    const late = pause(patienceMs, undefined, { signal: impatience.signal }).then(() => {
      throw new Error(`no answer to ${command}`);
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([client.command(command), late]);
    } finally {
      impatience.abort();
    }
  }

  /**
   * Everything that was answered for is there once, in the eyes of both, nothing else is, all numbers are exact, and
   * nobody waited longer than `patienceMs`.
   */
  async exactlyOnce(): Promise<void> {
    const sent = this.#posters.flatMap((one) => one.sent);
    for (const ports of [this.one, this.two]) {
      const client = await this.login(ports);
      const fetched = await client.command('UID FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]');
      expect(fetched.tagged).to.match(/^t\d+ OK/);
      const there = fetched.untagged.flatMap(({ literals }) =>
        literals.map((literal) => /Subject: (\S+)/.exec(literal.toString())?.[1] ?? ''),
      );
      const count = new Map<string, number>();
      for (const subject of there) count.set(subject, (count.get(subject) ?? 0) + 1);
      const wrong = sent.filter((subject) => count.get(subject) !== 1);
      const shown = wrong.slice(0, 5).map((subject) => `${subject}: ${count.get(subject) ?? 0}`);
      expect(shown, `of ${sent.length}, ${wrong.length} wrong`).to.deep.equal([]);
      expect(there).to.have.length(sent.length);
      client.wire.destroy();
    }
    const store = await this.all.openStore();
    await checkExact(store, address);
    await store.close();
    for (const { slowestMs } of this.#posters) expect(slowestMs).to.be.below(patienceMs);
  }

  /** What the front ends printed, for the report of a failure. */
  printed(): string {
    return `${this.all.printed(0)}\n${this.all.printed(1)}\n`;
  }

  async remove(): Promise<void> {
    for (const { wire } of this.#clients) wire.destroy();
    for (const poster of this.#posters) poster.close();
    await this.all.remove();
  }
}
