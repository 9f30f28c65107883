import { ImapWire, type ImapAnswer } from '../support/wire-client.ts';
import type { AccountBook, MailboxBook, Wish } from './mailbox-book.ts';
import {
  expand,
  type Expectation,
  nothingAsked,
  type SessionKind,
  SessionModel,
  type Slot,
} from './session-model.ts';

/**
 * The time of a round: each operation of anybody is a moment. Who waits for moments is woken when they have passed, or
 * when nobody is left at work who could make them pass.
 */
export class Operations {
  #count = 0;
  #working: number;
  #waiting: { readonly until: number; readonly wake: () => void }[] = [];

  constructor(workers: number) {
    this.#working = workers;
  }

  get count(): number {
    return this.#count;
  }

  done(): void {
    this.#count++;
    this.#wake();
  }

  /** A worker has no more to do. */
  leave(): void {
    this.#working--;
    this.#wake();
  }

  async pass(count: number): Promise<void> {
    const until = this.#count + count;
    this.#working--;
    await new Promise<void>((wake) => {
      this.#waiting.push({ until, wake });
      this.#wake();
    });
  }

  #wake(): void {
    this.#waiting.sort((a, b) => a.until - b.until);
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined || (first.until > this.#count && this.#working > 0)) return;
      this.#waiting.shift();
      this.#working++;
      first.wake();
    }
  }
}

export interface StressPlace {
  readonly port: number;
  readonly address: string;
  readonly password: string;
  readonly book: AccountBook;
  /** The time of the round that runs. */
  readonly operations: Operations;
  /** A letter that was not there before. */
  readonly letter: () => { readonly name: string; readonly bytes: Buffer };
}

/** A command with what its answer must fulfil. */
export interface Planned extends Expectation {
  readonly literal?: Buffer;
  readonly wish?: Wish;
  /** What else the answer must fulfil. */
  readonly check?: (answer: ImapAnswer, sentAt: number) => void;
  /** NO with this code is an answer too. */
  readonly mayFail?: RegExp;
}

const flagNames = ['\\Seen', '\\Flagged', '\\Answered', '\\Draft', '$Important', 'Label1'];
const pipelinedAtOnce = 4;
const linesKept = 60;

/** One client that does what comes to its mind, and believes nothing that does not fit what it knows. */
export class StressSession {
  readonly kind: SessionKind;
  readonly name: string;
  readonly #place: StressPlace;
  readonly #next: () => number;
  readonly #talk: string[] = [];
  #client: ImapWire | undefined;
  #model: SessionModel | undefined;
  #mailbox = 'INBOX';
  #tag = 0;
  #linesHeard = 0;

  constructor(name: string, kind: SessionKind, place: StressPlace, next: () => number) {
    this.name = name;
    this.kind = kind;
    this.#place = place;
    this.#next = next;
  }

  get address(): string {
    return this.#place.address;
  }

  get mailbox(): string {
    return this.#mailbox;
  }

  /** What the client believes of the mailbox that it has selected. */
  get model(): SessionModel {
    return this.#the();
  }

  /** For those who look whether anything goes on. */
  get linesHeard(): number {
    return this.#linesHeard;
  }

  /** The end of what was said, for the report of a failure. */
  get talk(): string {
    return this.#talk.join('\n');
  }

  async open(): Promise<void> {
    await this.#connect();
    await this.select(this.#next() < 0.75 ? 'INBOX' : 'Archive');
  }

  /** Some operations at random. */
  async run(operations: number): Promise<void> {
    for (let i = 0; i < operations; i++) {
      await this.#operation();
      this.#place.operations.done();
    }
    this.#place.operations.leave();
  }

  /** What the client holds of its mailbox when nobody works any more: what it was told, then what is there. */
  async settle(): Promise<{ readonly told: readonly Slot[]; readonly there: readonly Slot[] }> {
    await this.perform([this.#plain('NOOP')]);
    await this.learnNew();
    const told = this.#the().slots.map((slot) => ({ ...slot }));
    await this.select(this.#mailbox);
    await this.perform([
      { text: 'UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])', mayExpunge: true },
    ]);
    const { slots: there, firstUnseen } = this.#the();
    const unseen = there.findIndex(({ flags }) => flags?.split(' ').includes('\\Seen') === false);
    // Revision 2 has none.
    if (!this.kind.rev2 && (firstUnseen ?? 0) !== unseen + 1) {
      throw new Error(`SELECT has UNSEEN ${firstUnseen}, and it is ${unseen + 1}`);
    }
    return { told, there };
  }

  close(): void {
    this.#client?.wire.destroy();
  }

  // ---------------------------------------------------------------- what it may do

  async #operation(): Promise<void> {
    await this.learnNew();
    const dice = this.#next();
    if (dice < 0.04) return this.select(this.#next() < 0.75 ? 'INBOX' : 'Archive');
    if (dice < 0.08) return this.comeBack();
    if (dice < 0.18) return this.#idle();
    if (dice < 0.23) return this.#saysNothing();
    const count = this.#next() < 0.4 ? 2 + Math.floor(this.#next() * (pipelinedAtOnce - 1)) : 1;
    const commands: Planned[] = [];
    // Sequence numbers are what they were only until a command that may expunge is answered.
    let numbersHold = true;
    for (let i = 0; i < count; i++) {
      const command = this.#plan(numbersHold);
      commands.push(command);
      if (command.mayExpunge) numbersHold = false;
    }
    await this.perform(commands);
  }

  #plan(numbersHold: boolean): Planned {
    const dice = this.#next();
    const model = this.#the();
    const some = this.#some();
    if (dice < 0.17 || some.length === 0) return dice < 0.04 ? this.#plain('NOOP') : this.#append();
    const byNumber = numbersHold && this.#next() < 0.4;
    const numbers = some.map((uid) => model.slots.findIndex((slot) => slot.uid === uid) + 1);
    const set = (byNumber ? numbers : some).join(',');
    const verb = byNumber ? '' : 'UID ';
    if (dice < 0.42) return this.#store(verb, set, some);
    if (dice < 0.56) {
      const items =
        this.#next() < 0.5 ? '(FLAGS)' : '(UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])';
      return {
        text: `${verb}FETCH ${set} ${items}`,
        mayExpunge: !byNumber,
        mayFail: /\[EXPUNGEISSUED\]/,
      };
    }
    if (dice < 0.7) return this.#search(verb);
    if (dice < 0.78) return this.#copy(some);
    if (dice < 0.86) return this.#move(some);
    if (dice < 0.92) {
      const text = `UID STORE ${some.join(',')} +FLAGS (\\Deleted)`;
      return { text, mayExpunge: true, wish: { deleted: some } };
    }
    if (dice < 0.95) return { ...this.#plain('EXPUNGE'), wish: { expunged: 'all' } };
    if (dice < 0.98) {
      return { ...this.#plain(`UID EXPUNGE ${some.join(',')}`), wish: { expunged: some } };
    }
    return this.#plain('STATUS Archive (MESSAGES UIDNEXT UNSEEN)');
  }

  #plain(text: string): Planned {
    return { text, mayExpunge: true };
  }

  #append(): Planned {
    const mailbox = this.#next() < 0.7 ? 'INBOX' : 'Archive';
    return this.append(mailbox, this.#next() < 0.5 ? [] : this.#flags());
  }

  /** APPEND of a letter that was not there before. */
  append(mailbox: string, flags: readonly string[]): Planned {
    const letter = this.#place.letter();
    const book = this.#book(mailbox);
    const below = book.highestUid;
    const list = flags.length === 0 ? '' : `(${flags.join(' ')}) `;
    return {
      text: `APPEND ${mailbox} ${list}{${letter.bytes.length}+}`,
      literal: letter.bytes,
      mayExpunge: true,
      check: ({ tagged }) => {
        const uid = Number(/\[APPENDUID \d+ (\d+)\]/.exec(tagged)?.[1]);
        if (!(uid > below)) throw new Error(`APPENDUID ${uid} is not above ${below}`);
        book.sawPlaced(uid);
        book.sawLetter(uid, letter.name);
        this.#place.book.took(letter.name);
      },
    };
  }

  #store(verb: string, set: string, uids: readonly number[]): Planned {
    const mode = (['+', '-', ''] as const)[Math.floor(this.#next() * 3)] ?? '';
    const flags = this.#flags();
    const silent = this.#next() < 0.5 ? '.SILENT' : '';
    const unchanged =
      this.kind.condstore && this.#next() < 0.3
        ? `(UNCHANGEDSINCE ${this.#the().highestModSeq}) `
        : '';
    return {
      text: `${verb}STORE ${set} ${unchanged}${mode}FLAGS${silent} (${flags.join(' ')})`,
      mayExpunge: verb !== '',
      store: { uids, mode, flags },
    };
  }

  #search(verb: string): Planned {
    const flag = this.#next() < 0.5 ? 'SEEN' : 'FLAGGED';
    const wanted = flag === 'SEEN' ? '\\Seen' : '\\Flagged';
    const all = this.#next() < 0.3;
    const model = this.#the();
    return {
      text: `${verb}SEARCH ${all ? 'ALL' : flag}`,
      mayExpunge: verb !== '',
      check: ({ untagged }) => {
        const found = untagged.flatMap(({ text }) => {
          const esearch = /^\* ESEARCH \(TAG "[^"]*"\)(?: UID)?(?: ALL ([\d:,]+))?/.exec(text);
          if (esearch !== null) return esearch[1] === undefined ? [] : expand(esearch[1]);
          const match = /^\* SEARCH((?: \d+)*)/.exec(text);
          return match === null
            ? []
            : (match[1] ?? '').trim().split(' ').filter(Boolean).map(Number);
        });
        const uids = new Set(
          verb === '' ? found.map((msn) => model.slots[msn - 1]?.uid ?? 0) : found,
        );
        if (verb === '' && found.some((msn) => msn > model.slots.length)) {
          throw new Error('SEARCH found a message that is not counted');
        }
        for (const { uid, flags } of model.slots) {
          if (uid === undefined || flags === undefined || model.touched.has(uid)) continue;
          const expected = all || flags.split(' ').includes(wanted);
          // A message that is gone, though still counted, is found by its last flags, or not at all.
          if (uids.has(uid) !== expected) {
            model.owesExpunge(uid, `SEARCH was wrong about UID ${uid} with (${flags})`);
          }
        }
      },
    };
  }

  #copy(uids: readonly number[]): Planned {
    return this.copy(uids, this.#next() < 0.3 ? 'INBOX' : 'Archive');
  }

  copy(uids: readonly number[], target: string): Planned {
    return {
      text: `UID COPY ${uids.join(',')} ${target}`,
      mayExpunge: true,
      check: this.#copyCheck(target, ({ tagged }) => tagged, false),
      mayFail: /\[EXPUNGEISSUED\]/,
    };
  }

  #move(uids: readonly number[]): Planned {
    return this.move(uids, this.#mailbox === 'INBOX' ? 'Archive' : 'INBOX');
  }

  move(uids: readonly number[], target: string): Planned {
    return {
      text: `UID MOVE ${uids.join(',')} ${target}`,
      mayExpunge: true,
      wish: { moved: uids },
      check: this.#copyCheck(
        target,
        ({ untagged }) => untagged.find(({ text }) => text.includes('[COPYUID'))?.text ?? '',
        true,
      ),
      mayFail: /\[EXPUNGEISSUED\]/,
    };
  }

  #copyCheck(
    target: string,
    place: (answer: ImapAnswer) => string,
    moved: boolean,
  ): (answer: ImapAnswer, sentAt: number) => void {
    const below = this.#book(target).highestUid;
    const model = this.#the();
    return (answer, sentAt) => {
      const match = /\[COPYUID \d+ ([\d:,]+) ([\d:,]+)\]/.exec(place(answer));
      if (match === null) return;
      const from = expand(match[1] as string);
      const to = expand(match[2] as string);
      if (from.length !== to.length) throw new Error('COPYUID of sets that differ in size');
      for (const [i, uid] of to.entries()) {
        if (uid <= below) throw new Error(`COPYUID ${uid} is not above ${below}`);
        const letter = model.book.letterOf(from[i] as number);
        const origin = { from: model.book, uid: from[i] as number, at: sentAt };
        this.#book(target).sawPlaced(uid, origin);
        if (letter !== undefined) this.#book(target).sawLetter(uid, letter);
        if (moved && model.slotOf(from[i] as number) !== undefined) {
          throw new Error(`UID ${from[i]} was moved, but is still counted`);
        }
      }
    };
  }

  // ---------------------------------------------------------------- longer stories

  /** A client that has nothing to ask: it may be told of new messages and flags, but not of expunges. */
  async #saysNothing(): Promise<void> {
    await this.#place.operations.pass(1 + Math.floor(this.#next() * 20));
    this.#hearUnasked();
  }

  /** What has come since the last answer, before anything is asked for. */
  #hearUnasked(): void {
    const { wire } = this.#wire();
    for (let first = true; ; first = false) {
      const line = wire.lineNow();
      if (line === undefined) return;
      if (first) this.#the().begin(nothingAsked);
      this.#heard(line);
      this.#the().take({ text: line, literals: [] });
    }
  }

  /** IDLE up to where the server has said that it idles. */
  async beginIdle(): Promise<string> {
    this.#hearUnasked();
    const { wire } = this.#wire();
    const tag = this.#nextTag();
    this.#say(`${tag} IDLE`);
    this.#the().begin({ text: 'IDLE', mayExpunge: true });
    wire.write(`${tag} IDLE\r\n`);
    for (;;) {
      const line = await wire.line();
      this.#heard(line);
      if (line.startsWith('+')) return tag;
      this.#the().take({ text: line, literals: [] });
    }
  }

  /** Waits in IDLE until it was told what is wanted. */
  async idleUntil(wanted: (model: SessionModel) => boolean): Promise<void> {
    const { wire } = this.#wire();
    while (!wanted(this.#the())) {
      const line = await wire.line();
      this.#heard(line);
      this.#the().take({ text: line, literals: [] });
    }
  }

  async endIdle(tag: string): Promise<void> {
    this.#say('DONE');
    this.#wire().wire.write('DONE\r\n');
    await this.#answer(tag, undefined, 0);
  }

  async #idle(): Promise<void> {
    const { wire } = this.#wire();
    const tag = await this.beginIdle();
    await this.#place.operations.pass(1 + Math.floor(this.#next() * 40));
    // As iOS does it: the next command right behind DONE.
    const behind = this.#next() < 0.3 ? this.#plain('NOOP') : undefined;
    if (behind === undefined) return this.endIdle(tag);
    this.#say('DONE');
    const second = this.#nextTag();
    this.#say(`${second} NOOP`);
    wire.write(`DONE\r\n${second} NOOP\r\n`);
    await this.#answer(tag, undefined, 0);
    this.#the().begin(behind);
    await this.#answer(second, behind, 0);
  }

  /** Drops the connection, and asks afterwards for what it missed. */
  async comeBack(): Promise<void> {
    if (!this.#wire().wire.closed) this.#hearUnasked();
    this.#wire().wire.destroy();
    this.#talk.push('--- a new connection');
    // Away for a while, so that there is something to miss.
    await this.#place.operations.pass(Math.floor(this.#next() * 60));
    const known = this.#the();
    await this.#connect();
    this.#model = undefined;
    if (!this.kind.condstore) return this.select(this.#mailbox);
    const cache = new Map(
      known.slots.flatMap((slot): [number, Slot][] =>
        slot.uid === undefined ? [] : [[slot.uid, slot]],
      ),
    );
    const since = known.highestModSeq;
    const gone = new Set<number>();
    const model = this.#newModel(this.#mailbox, false);
    if (this.kind.qresync) {
      await this.perform([
        {
          text: `SELECT ${this.#mailbox} (QRESYNC (${known.uidValidity} ${since}))`,
          mayExpunge: false,
          resync: true,
          check: ({ untagged }) => {
            for (const { text } of untagged) {
              const set = /^\* VANISHED \(EARLIER\) (\S+)$/.exec(text)?.[1];
              for (const uid of set === undefined ? [] : expand(set)) gone.add(uid);
            }
          },
        },
      ]);
    } else {
      await this.perform([{ text: `SELECT ${this.#mailbox} (CONDSTORE)`, mayExpunge: false }]);
    }
    if (model.slots.length === 0) return;
    const upTo = model.highestModSeq;
    await this.perform([{ text: 'FETCH 1:* (UID)', mayExpunge: false, mayFail: /EXPUNGEISSUED/ }]);
    for (const uid of gone) {
      if (model.slotOf(uid) !== undefined) throw new Error(`UID ${uid} vanished, but is there`);
    }
    for (const [uid, { flags, modSeq }] of cache) {
      const slot = model.slotOf(uid);
      if (slot === undefined) {
        if (this.kind.qresync && !gone.has(uid) && !model.touched.has(uid)) {
          throw new Error(`UID ${uid} is gone, and VANISHED did not name it`);
        }
      } else if (slot.modSeq === undefined) {
        slot.flags = flags;
        slot.modSeq = modSeq;
      }
    }
    if (!this.kind.qresync) {
      await this.perform([
        {
          text: `UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${since})`,
          mayExpunge: true,
          resync: true,
          mayFail: /EXPUNGEISSUED/,
        },
      ]);
    }
    model.highestModSeq = Math.min(model.highestModSeq, Math.max(upTo, since));
    // The whole truth: the model holds it against what the client believes by now.
    await this.perform([
      { text: 'UID FETCH 1:* (FLAGS)', mayExpunge: true, mayFail: /EXPUNGEISSUED/ },
    ]);
  }

  async select(mailbox: string): Promise<void> {
    if (this.#model !== undefined) this.#hearUnasked();
    const model = this.#newModel(mailbox, this.#model !== undefined);
    await this.perform([{ text: `SELECT ${mailbox}`, mayExpunge: false }]);
    if (model.slots.length > 0) {
      await this.perform([
        { text: 'FETCH 1:* (UID FLAGS)', mayExpunge: false, mayFail: /EXPUNGEISSUED/ },
      ]);
    }
  }

  /** Asks for the UIDs of messages that it has only the number of, as every client does after EXISTS. */
  async learnNew(): Promise<void> {
    const { slots } = this.#the();
    const first = slots.findIndex(({ uid }) => uid === undefined);
    if (first < 0) return;
    await this.perform([
      {
        text: `FETCH ${first + 1}:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])`,
        mayExpunge: false,
        mayFail: /EXPUNGEISSUED/,
      },
    ]);
  }

  // ---------------------------------------------------------------- the wire

  async #connect(): Promise<void> {
    const { port, address, password } = this.#place;
    this.#client = await ImapWire.login(port, address, password);
    const { qresync, condstore, rev2 } = this.kind;
    const enable = [
      ...(qresync ? ['QRESYNC'] : condstore ? ['CONDSTORE'] : []),
      ...(rev2 ? ['IMAP4rev2'] : []),
    ];
    if (enable.length === 0) return;
    const { status } = await this.#client.command(`ENABLE ${enable.join(' ')}`);
    if (status !== 'OK') throw new Error('ENABLE was refused');
  }

  /** Sends the commands at once, and takes their answers in order. */
  async perform(commands: readonly Planned[]): Promise<void> {
    this.#hearUnasked();
    const { book } = this.#the();
    // A copy has what its message had, at the earliest, when it was asked for.
    const sentAt = book.wish({});
    for (const { wish } of commands) if (wish !== undefined) book.wish(wish);
    const tags = commands.map(() => this.#nextTag());
    const octets = commands.flatMap(({ text, literal }, i) => {
      this.#say(`${tags[i]} ${text}`);
      const line = Buffer.from(`${tags[i]} ${text}\r\n`);
      return literal === undefined ? [line] : [line, literal, Buffer.from('\r\n')];
    });
    this.#wire().wire.write(Buffer.concat(octets));
    for (const [i, command] of commands.entries()) {
      this.#the().begin(command);
      await this.#answer(tags[i] as string, command, sentAt);
      // It was done at some moment between being sent and being answered.
      if (command.wish !== undefined) book.wish(command.wish);
    }
  }

  async #answer(tag: string, command: Planned | undefined, sentAt: number): Promise<void> {
    const answer = await this.#wire().answer(tag);
    for (const line of answer.untagged) {
      this.#heard(line.text);
      this.#the().take(line);
    }
    this.#heard(answer.tagged);
    this.#the().end(answer);
    if (answer.status !== 'OK' && command?.mayFail?.test(answer.tagged) !== true) {
      throw new Error(`refused: ${answer.tagged}`);
    }
    if (answer.status === 'OK') command?.check?.(answer, sentAt);
  }

  #newModel(mailbox: string, instead: boolean): SessionModel {
    this.#mailbox = mailbox;
    this.#model = new SessionModel(this.#book(mailbox), this.kind);
    this.#model.select(instead);
    return this.#model;
  }

  #some(): number[] {
    const { uids } = this.#the();
    // Clients work near the end of the mailbox, and so on the same messages.
    const start = Math.max(0, uids.length - 1 - Math.floor(this.#next() ** 2 * uids.length));
    return uids.slice(start, start + 1 + Math.floor(this.#next() * 4));
  }

  #flags(): string[] {
    return flagNames.filter(() => this.#next() < 0.3);
  }

  #book(mailbox: string): MailboxBook {
    return this.#place.book.mailbox(mailbox);
  }

  #the(): SessionModel {
    if (this.#model === undefined) throw new Error('nothing is selected');
    return this.#model;
  }

  #wire(): ImapWire {
    if (this.#client === undefined) throw new Error('not connected');
    return this.#client;
  }

  #nextTag(): string {
    return `x${++this.#tag}`;
  }

  #say(text: string): void {
    this.#keep(`C: ${text}`);
  }

  #heard(text: string): void {
    this.#linesHeard++;
    this.#keep(`S: ${text}`);
  }

  #keep(line: string): void {
    this.#talk.push(line);
    if (this.#talk.length > linesKept) this.#talk.shift();
  }
}
