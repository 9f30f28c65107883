import type { MongoContent } from '../../src/store/mongo/content.ts';
import type { Document } from '../../src/store/mongo/database.ts';
import { type EntryDocument, unpackOp } from '../../src/store/mongo/entry.ts';
import type { HeadDocument } from '../../src/store/mongo/head.ts';
import { type PageDocument, unpackRows } from '../../src/store/mongo/page.ts';
import type { Sight } from './explorer.ts';

interface ModelRow {
  modSeq: number;
  f: number;
  readonly e: number;
}

/** What a majority ever had of the account, replayed entry by entry, and what clients were told, held against it. */
export class History {
  /** Set once for all runs. */
  static letters: readonly MongoContent[] = [];
  readonly #variety: number;
  readonly ids: number[] = [];
  readonly #acknowledged = new Map<number, Set<number>>();
  readonly #sights: Sight[] = [];
  /** Rows of each mailbox after each change. */
  readonly #states = new Map<number, Map<number, readonly string[]>>();
  readonly #digests = new Map<number, string>();
  /** Emails of the messages that are there in the end. */
  readonly #held = new Set<number>();
  #last = 1;
  readonly #tries = { append: 0, copy: 0 };
  readonly #done = { append: 0, copy: 0 };

  /** @param variety how many different letters are sent */
  constructor(variety: number) {
    this.#variety = variety;
  }

  sent(id: number): MongoContent {
    if (!this.ids.includes(id)) this.ids.push(id);
    return History.letters[id % Math.min(this.#variety, History.letters.length)] as MongoContent;
  }

  acknowledged(id: number, uid: number): void {
    const uids = this.#acknowledged.get(id) ?? new Set();
    this.#acknowledged.set(id, uids.add(uid));
  }

  /** A client asks for it once; that it hears nothing may mean anything. */
  tried(what: 'append' | 'copy'): void {
    this.#tries[what]++;
  }

  seen(sight: Sight): void {
    this.#sights.push(sight);
  }

  /** Replays the heads. */
  follow(documents: readonly Document[]): void {
    const rows = new Map<number, Map<number, ModelRow>>([
      [1, new Map()],
      [2, new Map()],
    ]);
    const next = new Map<number, number>();
    this.#note(1, rows);
    let v = 0;
    for (const head of documents as unknown as HeadDocument[]) {
      if (head.v < v) fail(`v went from ${v} to ${head.v}`);
      v = head.v;
      if (head.seq < this.#last) fail(`seq went from ${this.#last} to ${head.seq}`);
      const fresh = head.tail.filter(({ s }) => s > this.#last);
      fresh.forEach((entry, i) => {
        if (entry.s !== this.#last + 1 + i) fail(`change ${entry.s} after ${this.#last + i}`);
      });
      if (head.seq !== this.#last + fresh.length) fail(`seq ${head.seq} without its entries`);
      for (const entry of fresh) {
        this.#apply(entry, rows, next);
        this.#note(entry.s, rows);
      }
      this.#last = head.seq;
      this.#checkCounters(head, rows);
    }
    for (const list of rows.values()) for (const { e } of list.values()) this.#held.add(e);
  }

  /** A sight must be the mailbox at one moment. */
  compare({ m, seq, rows }: Sight): void {
    const state = this.#states.get(seq)?.get(m);
    if (state === undefined) fail(`mailbox ${m} was seen at ${seq}, which never was`);
    else if (state.join() !== rows.join()) {
      fail(`mailbox ${m} at ${seq} is\n${state.join('; ')}\nand was seen as\n${rows.join('; ')}`);
    }
  }

  comparePages(m: number, documents: readonly Document[]): void {
    const pages = (documents as unknown as PageDocument[]).filter(({ _id }) => _id.m === m);
    const rows = pages
      .sort((x, y) => x._id.p - y._id.p)
      .flatMap(({ r }) => unpackRows(r))
      .map(({ uid, modSeq, f, e }) => `${uid} ${modSeq} ${f} ${e}`);
    this.compare({ m, seq: this.#last, rows });
  }

  /** Each letter that was sent is there as often as it should be, as the letter that it was. */
  check(emails: readonly Document[]): void {
    for (const sight of this.#sights) this.compare(sight);
    for (const what of ['append', 'copy'] as const) {
      const [asked, done] = [this.#tries[what], this.#done[what]];
      if (done > asked) fail(`${asked} times ${what} was done ${done} times`);
    }
    const there = new Map(
      (emails as unknown as { _id: { e: number }; h: Buffer }[]).map(({ _id, h }) => [
        _id.e,
        h.toString('hex'),
      ]),
    );
    for (const id of this.ids) {
      const uids = this.#acknowledged.get(id);
      if (uids !== undefined && uids.size > 1) fail(`letter ${id} has UIDs ${[...uids].join()}`);
      const stored = this.#delivered.get(`delivery-${id}`) ?? [];
      if (stored.length > 1) fail(`letter ${id} is there as ${stored.join()}`);
      const [uid] = uids ?? [];
      if (uid !== undefined && stored[0] !== uid) {
        fail(`letter ${id} was acknowledged as ${uid} and is there as ${stored.join()}`);
      }
    }
    for (const e of this.#held) {
      const digest = this.#digests.get(e);
      if (there.get(e) === undefined) fail(`email ${e} is lost`);
      if (digest !== undefined && there.get(e) !== digest) fail(`email ${e} is another letter`);
    }
  }

  readonly #delivered = new Map<string, number[]>();

  #apply(
    entry: EntryDocument,
    mailboxes: ReadonlyMap<number, Map<number, ModelRow>>,
    next: Map<number, number>,
  ): void {
    for (const packed of entry.o ?? []) {
      const op = unpackOp(packed);
      if (op.k === 'mail') {
        this.#digests.set(op.e, op.digest);
        continue;
      }
      if (!('m' in op)) continue;
      const rows = mailboxes.get(op.m);
      if (rows === undefined) continue;
      switch (op.k) {
        case 'added':
          if (op.m === 2) this.#done[(op.rows[0]?.f ?? 0) & 16 ? 'append' : 'copy']++;
          for (const row of op.rows) {
            if (row.uid < (next.get(op.m) ?? 1)) fail(`UID ${row.uid} was given again`);
            next.set(op.m, row.uid + 1);
            rows.set(row.uid, { modSeq: row.modSeq, f: row.f, e: row.e });
          }
          break;
        case 'flagged':
          for (let i = 0; i < op.runs.length; i += 4) {
            const [first, last, f] = op.runs.slice(i, i + 3) as [number, number, number];
            for (const [uid, row] of rows) {
              if (uid < first || uid > last) continue;
              row.f = f;
              row.modSeq = entry.s;
            }
          }
          break;
        case 'expunged':
          for (let i = 0; i < op.ranges.length; i += 2) {
            for (let uid = op.ranges[i] as number; uid <= (op.ranges[i + 1] as number); uid++) {
              if (!rows.delete(uid)) fail(`UID ${uid} was expunged twice`);
            }
          }
          break;
        case 'buried':
        case 'revived':
        case 'dropped':
        case 'restored':
          break;
      }
    }
  }

  #note(seq: number, mailboxes: ReadonlyMap<number, ReadonlyMap<number, ModelRow>>): void {
    this.#states.set(
      seq,
      new Map(
        [...mailboxes].map(([m, rows]) => [
          m,
          [...rows].map(([uid, { modSeq, f, e }]) => `${uid} ${modSeq} ${f} ${e}`),
        ]),
      ),
    );
  }

  #checkCounters(
    head: HeadDocument,
    mailboxes: ReadonlyMap<number, ReadonlyMap<number, ModelRow>>,
  ): void {
    let count = 0;
    for (const [m, rows] of mailboxes) {
      count += rows.size;
      const [, , uidNext, , total, unseen, deleted] = head.mb[m] as number[];
      if (total !== rows.size) fail(`mailbox ${m} has ${rows.size} messages and counts ${total}`);
      const list = [...rows.values()];
      if (unseen !== list.filter(({ f }) => (f & 8) === 0).length) fail(`unseen of ${m}`);
      if (deleted !== list.filter(({ f }) => (f & 4) !== 0).length) fail(`deleted of ${m}`);
      if ([...rows.keys()].some((uid) => uid >= (uidNext as number))) fail(`UIDNEXT of ${m}`);
    }
    if (head.q.n !== count) fail(`the account has ${count} messages and counts ${head.q.n}`);
    for (const entry of head.ids) {
      const uid = entry.readUInt32LE(4);
      const id = entry.subarray(8).toString();
      const uids = this.#delivered.get(id) ?? [];
      if (!uids.includes(uid)) this.#delivered.set(id, [...uids, uid]);
    }
  }
}

function fail(what: string): never {
  throw new Error(what);
}
