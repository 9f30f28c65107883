import { deletedBit, seenBit } from '../../../core/values.ts';
import type { AccountId, EmailId, MailboxId, Uid } from '../../../core/values.ts';
import type { CheckStep, Finding } from '../../api.ts';
import { garbageHours } from '../../common/limits.ts';
import { keywordBit } from '../../mailbox-view.ts';
import type { Database } from '../database.ts';
import { emailNumbers } from '../email-numbers.ts';
import type { Emails } from '../emails.ts';
import type { Box, Head } from '../head.ts';
import { indexedAtOnce } from '../limits.ts';
import { isWellFormed, type PageDocument, pageOf, summaryOf, unpackGone } from '../page.ts';
import type { Page } from '../page-set.ts';
import { digestKey, refKey } from '../projector.ts';
import type { AccountPicture } from './account-picture.ts';
import { checkLetter } from './check-letter.ts';

type Wrong = Pick<Finding, 'kind' | 'detail' | 'repairable'>;

/** An account as of one commit against every promise; then its letters, which never change. */
export async function* checkAccount(
  db: Database,
  emails: Emails,
  picture: AccountPicture,
  now: number,
): AsyncGenerator<CheckStep, void, void> {
  yield* new AccountCheck(db, emails, picture).run(now);
}

class AccountCheck {
  readonly #db: Database;
  readonly #emails: Emails;
  readonly #picture: AccountPicture;
  readonly #head: Head;
  /** Emails that messages and tombstones name. */
  readonly #used = new Set<number>();

  constructor(db: Database, emails: Emails, picture: AccountPicture) {
    this.#db = db;
    this.#emails = emails;
    this.#picture = picture;
    this.#head = picture.head;
  }

  async *run(now: number): AsyncGenerator<CheckStep, void, void> {
    yield this.#found(this.#checkHead());
    for (const box of this.#head.boxes.values()) yield* this.#checkBox(box);
    for (const { m } of this.#head.ended) {
      if (this.#brokenPages(m).length > 0) continue;
      for (const page of this.#picture.pages(m)) this.#use(page);
    }
    yield* this.#checkLetters();
    yield await this.#checkGarbage(now);
  }

  #found(wrong: readonly Finding[], messages = 0, bytes = 0): CheckStep {
    return { messages, bytes, findings: wrong };
  }

  #at(wrong: Wrong, place: { m?: number; uid?: number; e?: number } = {}): Finding {
    const { m, uid, e } = place;
    return {
      ...wrong,
      account: this.#head.a as AccountId,
      ...(m !== undefined && { mailbox: m as MailboxId }),
      ...(uid !== undefined && { uid: uid as Uid }),
      ...(e !== undefined && { email: e as EmailId }),
    };
  }

  #checkHead(): Finding[] {
    const { boxes, bytes, count, seq, lastUidValidity, nextMailbox, ended } = this.#head;
    const found: Finding[] = [];
    const wrong = (kind: Finding['kind'], detail: string, repairable = true): void => {
      found.push(this.#at({ kind, detail, repairable }));
    };
    const all = [...boxes.values()];
    const sum = (of: (box: Box) => number): number =>
      all.reduce((total, box) => total + of(box), 0);
    const [octets, total] = [sum((box) => box.bytes), sum((box) => box.total)];
    if (octets !== bytes)
      wrong('counters', `the account counts ${bytes} octets, its mailboxes ${octets}`);
    if (total !== count)
      wrong('counters', `the account counts ${count} messages, its mailboxes ${total}`);
    const known = new Set([...boxes.keys(), ...ended.map(({ m }) => m)]);
    for (const m of this.#picture.mailboxes) {
      if (!known.has(m)) wrong('account', `messages of mailbox ${m}, which is not there`, false);
    }
    for (const { m, modSeq, uidValidity } of all) {
      if (modSeq > seq) {
        wrong('modseq', `mailbox ${m} has HIGHESTMODSEQ ${modSeq}, past the account's ${seq}`);
      }
      if (uidValidity < 1 || uidValidity > lastUidValidity) {
        wrong(
          'uid',
          `mailbox ${m} has UIDVALIDITY ${uidValidity}, past the last ${lastUidValidity}`,
        );
      }
      if (m >= nextMailbox) wrong('account', `mailbox ${m} has a number not given yet`);
    }
    return found;
  }

  async *#checkBox(box: Box): AsyncGenerator<CheckStep, void, void> {
    const { m } = box;
    const broken = this.#brokenPages(m);
    if (broken.length > 0) {
      yield this.#found(broken);
      return;
    }
    const summaries = [...this.#picture.documents(m)].filter((page) => !hasRightSummary(page));
    if (summaries.length > 0) {
      const detail = `${summaries.length} pages do not say which tombstones they hold`;
      yield this.#found([this.#at({ kind: 'tombstone', detail, repairable: true }, { m })]);
    }
    const sums = { total: 0, unseen: 0, deleted: 0, bytes: 0, deletedBytes: 0 };
    for (const page of this.#picture.pages(m)) {
      this.#use(page);
      for (const { f, size } of page.rows) {
        sums.total++;
        sums.bytes += size;
        if ((f & seenBit) === 0) sums.unseen++;
        if ((f & deletedBit) !== 0) {
          sums.deleted++;
          sums.deletedBytes += size;
        }
      }
      const findings = [...this.#checkRows(box, page), ...this.#checkGone(box, page)];
      findings.push(...(await this.#checkFacts(m, page)));
      yield this.#found(findings, page.rows.length);
    }
    const names = ['total', 'unseen', 'deleted', 'bytes', 'deletedBytes'] as const;
    const off = names.filter((name) => box[name] !== sums[name]);
    if (off.length === 0) return;
    const detail = off.map((name) => `${name} ${box[name]}, counted ${sums[name]}`).join('; ');
    yield this.#found([this.#at({ kind: 'counters', detail, repairable: true }, { m })]);
  }

  /** Pages that cannot be read: nothing else of their mailbox can be told. */
  #brokenPages(m: number): Finding[] {
    const broken = [...this.#picture.documents(m)].filter((page) => !isWellFormed(page));
    return broken.map(({ _id: { p } }) =>
      this.#at(
        { kind: 'account', detail: `page ${p} is not as it was written`, repairable: false },
        { m },
      ),
    );
  }

  *#checkRows(box: Box, { p, rows }: Page): Generator<Finding, void, void> {
    const { m, uidNext, modSeq } = box;
    const known = box.keywords.map((_, number) => keywordBit(number));
    const knownBits = known.reduce((bits, { more, bit }) => (more ? bits : bits | bit), 31) >>> 0;
    const knownMore = known.reduce((bits, { more, bit }) => (more ? bits | bit : bits), 0) >>> 0;
    let last = -1;
    for (const row of rows) {
      const { uid, e } = row;
      const wrong = (kind: Finding['kind'], detail: string, repairable = false): Finding =>
        this.#at({ kind, detail, repairable }, { m, uid, e });
      if (uid <= last || pageOf(uid) !== p) yield wrong('uid', 'is not in its place');
      last = uid;
      if (uid >= uidNext) yield wrong('uid', `UIDNEXT is ${uidNext}`, true);
      if (row.modSeq > modSeq) yield wrong('modseq', `MODSEQ ${row.modSeq} past ${modSeq}`, true);
      if ((row.f & ~knownBits) !== 0 || (row.f2 & ~knownMore) !== 0) {
        yield wrong('keywords', 'has a keyword that the mailbox does not know');
      }
    }
  }

  *#checkGone({ m, uidNext }: Box, { rows, gone }: Page): Generator<Finding, void, void> {
    const alive = new Set(rows.map(({ uid }) => uid));
    const { seq } = this.#head;
    for (const { uid, x } of gone) {
      const detail = alive.has(uid)
        ? 'is expunged and there at once'
        : uid >= uidNext
          ? `was expunged, but UIDNEXT is ${uidNext}`
          : x > seq
            ? `was expunged at ${x}, past the account's ${seq}`
            : undefined;
      if (detail !== undefined) {
        yield this.#at({ kind: 'tombstone', detail, repairable: false }, { m, uid });
      }
    }
  }

  /** The letters of a page: whether they are there, and found again by what they are known by. */
  async #checkFacts(m: number, { rows }: Page): Promise<Finding[]> {
    const { a } = this.#head;
    const facts = await this.#emails.facts(
      a,
      rows.map(({ e }) => e),
    );
    const keys = [...facts.values()].flatMap(({ h, ref }) => [
      digestKey(h.toString('hex')),
      refKey(ref),
    ]);
    const known = await this.#knownRefs([...new Set(keys)]);
    return rows.flatMap(({ uid, e, size }): Finding[] => {
      const letter = facts.get(e);
      const wrong = (kind: Finding['kind'], detail: string, repairable = false): Finding[] => [
        this.#at({ kind, detail, repairable }, { m, uid, e }),
      ];
      if (letter === undefined) return wrong('content', 'its letter is lost');
      if (letter.size !== size) return wrong('content', 'its size is not that of its letter');
      const isKnown =
        known.has(digestKey(letter.h.toString('hex'))) && known.has(refKey(letter.ref));
      if (isKnown) return [];
      return wrong('identity', 'the account does not find the letter by its Message-ID', true);
    });
  }

  async #knownRefs(keys: readonly string[]): Promise<ReadonlySet<string>> {
    const { a, base, tail } = this.#head;
    const known = new Set<string>();
    for (const { s, ops } of tail) {
      if (s <= base) continue;
      for (const op of ops) {
        if (op.k === 'mail')
          for (const key of [digestKey(op.digest), ...op.refs.map(refKey)]) known.add(key);
      }
    }
    const found = await this.#db.find<{ readonly _id: { readonly k: string } }>(
      'refs',
      { _id: { $in: keys.map((k) => ({ a, k })) }, a },
      { projection: { _id: 1 } },
    );
    for (const { _id } of found) known.add(_id.k);
    return known;
  }

  async *#checkLetters(): AsyncGenerator<CheckStep, void, void> {
    const numbers = [...this.#used].sort((x, y) => x - y);
    for (let i = 0; i < numbers.length; i += indexedAtOnce) {
      const some = await this.#emails.whole(this.#head.a, numbers.slice(i, i + indexedAtOnce));
      const findings: Finding[] = [];
      let bytes = 0;
      for (const [e, document] of some) {
        bytes += document.size;
        const wrong = await checkLetter(this.#db, document);
        if (wrong !== undefined) findings.push(...this.#whereIs(wrong, e));
      }
      yield this.#found(findings, 0, bytes);
    }
  }

  /** Some places at most. */
  #whereIs(wrong: Wrong, e: number): Finding[] {
    const places: Finding[] = [];
    for (const m of this.#head.boxes.keys()) {
      if (this.#brokenPages(m).length > 0) continue;
      for (const { rows } of this.#picture.pages(m)) {
        for (const row of rows)
          if (row.e === e) places.push(this.#at(wrong, { m, uid: row.uid, e }));
        if (places.length >= 10) return places;
      }
    }
    return places.length > 0 ? places : [this.#at(wrong, { e })];
  }

  async #checkGarbage(now: number): Promise<CheckStep> {
    const { a } = this.#head;
    let unused = 0;
    for await (const numbers of emailNumbers(this.#db, a)) {
      const candidates = numbers.filter((e) => !this.#used.has(e));
      const old = await this.#db.find(
        'emails',
        {
          _id: { $in: candidates.map((e) => ({ a, e })) },
          a,
          at: { $lt: now - garbageHours * 3600 },
        },
        { projection: { _id: 1 } },
      );
      unused += old.length;
    }
    if (unused === 0) return this.#found([]);
    const detail = `${unused} letters that nobody uses`;
    return this.#found([this.#at({ kind: 'garbage', detail, repairable: false })]);
  }

  #use({ rows, gone }: Page): void {
    for (const { e } of rows) this.#used.add(e);
    for (const { e } of gone) if (e > 0) this.#used.add(e);
  }
}

/** `xs` and `xt` lead to the page when its tombstones are asked for. */
function hasRightSummary({ x, xs, xt }: PageDocument): boolean {
  const right = summaryOf(unpackGone(x));
  return right.xs === xs && right.xt === xt;
}
