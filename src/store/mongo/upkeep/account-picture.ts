import { type AccountLog, tailReachesBack } from '../account-log.ts';
import type { Database } from '../database.ts';
import { type Entry, isRowOp } from '../entry.ts';
import type { Head } from '../head.ts';
import { type PageDocument, pageOf } from '../page.ts';
import { type Page, PageSet } from '../page-set.ts';

/**
 * An account as of one commit: its head, and its pages as they were read, with what the tail tells beyond them. Some
 * forty octets of memory for each message and tombstone, as long as it is held.
 */
export class AccountPicture {
  readonly head: Head;
  /** By mailbox, then by number. */
  readonly #documents = new Map<number, Map<number, PageDocument>>();
  readonly #entries: readonly Entry[];

  static async read(db: Database, log: AccountLog): Promise<AccountPicture> {
    const { a } = log;
    for (;;) {
      const { base } = await log.fresh();
      const documents = await db.find<PageDocument>(
        'pages',
        { _id: { $gte: { a, m: 0, p: 0 }, $lt: { a: a + 1, m: 0, p: 0 } }, a },
        { sort: { _id: 1 } },
      );
      await log.refresh();
      const { head } = log;
      // All that happened after what the pages surely hold must be in the tail still.
      if (tailReachesBack(head, base)) return new AccountPicture(head, base, documents);
    }
  }

  private constructor(head: Head, base: number, documents: readonly PageDocument[]) {
    this.head = head;
    this.#entries = head.tail.filter(({ s }) => s > base);
    for (const document of documents) {
      const { m, p } = document._id;
      const pages = this.#documents.get(m) ?? new Map<number, PageDocument>();
      this.#documents.set(m, pages.set(p, document));
    }
  }

  /** Numbers of mailboxes that have pages. */
  get mailboxes(): Iterable<number> {
    return this.#documents.keys();
  }

  /** Pages of a mailbox as they were read. */
  documents(m: number): Iterable<PageDocument> {
    return this.#documents.get(m)?.values() ?? [];
  }

  /** Pages of a mailbox as of the commit, in order of UID; each made when it is asked for. */
  *pages(m: number): Generator<Page, void, void> {
    const documents = this.#documents.get(m) ?? new Map<number, PageDocument>();
    const entries = this.#entries.filter(({ ops }) => ops.some((op) => isRowOp(op) && op.m === m));
    const numbers = new Set(documents.keys());
    for (const p of newPages(entries, m)) numbers.add(p);
    for (const p of [...numbers].sort((x, y) => x - y)) {
      const document = documents.get(p);
      const set = new PageSet(m, document === undefined ? [] : [document]);
      for (const entry of entries) set.apply(entry);
      const page = set.pages.find((each) => each.p === p);
      if (page !== undefined) yield page;
    }
  }
}

/** Pages that entries may begin. */
function* newPages(entries: readonly Entry[], m: number): Generator<number, void, void> {
  for (const { ops } of entries) {
    for (const op of ops) {
      if (op.k === 'added' || op.k === 'restored') {
        if (op.m === m) for (const { uid } of op.rows) yield pageOf(uid);
      } else if (op.k === 'buried' && op.m === m) for (const { uid } of op.gone) yield pageOf(uid);
    }
  }
}
