import { expect } from 'chai';
import fc from 'fast-check';
import type { UidRanges } from '../../../src/core/uid-set.ts';
import { MailError } from '../../../src/core/errors.ts';
import { type AccountId, deletedBit, type MailboxId, seenBit } from '../../../src/core/values.ts';
import type { Content, Mailbox, MailStore, OpenMailbox } from '../../../src/store/api.ts';
import type { Follower, Row } from '../../../src/store/mailbox-view.ts';
import {
  delivery,
  letter,
  newAccount,
  type OpenBackend,
  picture,
  receive,
  rowsOf,
} from '../support.ts';

const seed = 20260901;

/** What one of several clients does; mailboxes and UIDs are small numbers so that clients meet. */
type Step =
  | { readonly do: 'append'; readonly to: number; readonly count: number; readonly bits: number }
  | { readonly do: 'deliver'; readonly again: boolean }
  | {
      readonly do: 'flags';
      readonly in: number;
      readonly uids: UidRanges;
      readonly mode: 'add' | 'remove' | 'replace';
      readonly bits: number;
      readonly keyword: string | undefined;
    }
  | {
      readonly do: 'copy' | 'move';
      readonly from: number;
      readonly to: number;
      readonly uids: UidRanges;
    }
  | { readonly do: 'expunge'; readonly in: number; readonly uids: UidRanges | undefined }
  | { readonly do: 'create' | 'delete' | 'rename'; readonly name: number };

const mailbox = fc.integer({ min: 1, max: 3 });
const uids: fc.Arbitrary<UidRanges> = fc
  .tuple(fc.integer({ min: 1, max: 25 }), fc.integer({ min: 0, max: 6 }))
  .map(([first, more]) => [first, first + more]);
const bits = fc.integer({ min: 0, max: 31 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('append' as const),
    to: mailbox,
    count: fc.integer({ min: 1, max: 3 }),
    bits,
  }),
  fc.record({ do: fc.constant('deliver' as const), again: fc.boolean() }),
  fc.record({
    do: fc.constant('flags' as const),
    in: mailbox,
    uids,
    mode: fc.constantFrom('add' as const, 'remove' as const, 'replace' as const),
    bits,
    keyword: fc.option(fc.constantFrom('one', 'Two', 'three'), { nil: undefined }),
  }),
  fc.record({
    do: fc.constantFrom('copy' as const, 'move' as const),
    from: mailbox,
    to: mailbox,
    uids,
  }),
  fc.record({
    do: fc.constant('expunge' as const),
    in: mailbox,
    uids: fc.option(uids, { nil: undefined }),
  }),
  fc.record({
    do: fc.constantFrom('create' as const, 'delete' as const, 'rename' as const),
    name: fc.integer({ min: 1, max: 3 }),
  }),
);

/** The octets that a step may hold at once, so that some are refused. */
const quotaBytes = 4000;

/** A client of the store that follows its mailboxes as a session does. */
class Client {
  readonly #store: MailStore;
  readonly #account: AccountId;
  readonly #contents: readonly Content[];
  readonly #ids: string[];

  constructor(store: MailStore, account: AccountId, contents: readonly Content[], ids: string[]) {
    this.#store = store;
    this.#account = account;
    this.#contents = contents;
    this.#ids = ids;
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const each of steps) {
      try {
        await this.#one(each);
      } catch (error) {
        if (!(error instanceof MailError) || error.failure === 'internal') throw error;
      }
    }
  }

  async #one(each: Step): Promise<void> {
    const store = this.#store;
    const account = this.#account;
    const flags = (system: number, keyword?: string): { system: number; keywords: string[] } => ({
      system,
      keywords: keyword === undefined ? [] : [keyword],
    });
    switch (each.do) {
      case 'append': {
        const messages = this.#contents.slice(0, each.count).map((content) => ({
          content,
          flags: flags(each.bits),
          internalDate: 0,
        }));
        await store.append(account, each.to as MailboxId, messages);
        return;
      }
      case 'deliver': {
        const id = each.again ? (this.#ids[0] ?? 'first') : `delivery-${this.#ids.length}`;
        this.#ids.push(id);
        await store.accept(this.#contents[0]!, [delivery(account, id)]);
        return;
      }
      case 'flags':
        await store.storeFlags(account, each.in as MailboxId, each.uids, {
          mode: each.mode,
          flags: flags(each.bits, each.keyword),
        });
        return;
      case 'copy':
      case 'move':
        await store[each.do](account, each.from as MailboxId, each.uids, each.to as MailboxId);
        return;
      case 'expunge':
        await store.expunge(account, each.in as MailboxId, each.uids);
        return;
      case 'create':
        await store.createMailbox(account, `box/${each.name}` as never);
        return;
      case 'delete':
      case 'rename': {
        const found = await store.findMailbox(account, `box/${each.name}` as never);
        if (found === undefined) return;
        if (each.do === 'delete') await store.deleteMailbox(account, found.id);
        else await store.renameMailbox(account, found.id, `box/renamed/${each.name}` as never);
      }
    }
  }
}

/** A session's idea of a mailbox, made of nothing but what its follower said. */
class Session {
  readonly #open: OpenMailbox;
  readonly #follower: Follower;
  readonly #uids: number[];
  #modSeq = 0;

  constructor(open: OpenMailbox) {
    this.#open = open;
    this.#follower = open.view.follow();
    this.#uids = rowsOf(open.view).map((row) => row.uid);
  }

  /** Reads all changes and compares what it made of them with the view. */
  check(): void {
    for (let change = this.#follower.next(); change !== undefined; change = this.#follower.next()) {
      if (change.kind === 'added') {
        expect(change.uids[0]).to.be.greaterThan(this.#uids.at(-1) ?? 0);
        this.#uids.push(...change.uids);
      } else if (change.kind === 'expunged') {
        for (const { uid } of change.rows) this.#uids.splice(this.#uids.indexOf(uid), 1);
      }
    }
    const { view } = this.#open;
    expect(this.#uids).to.deep.equal(rowsOf(view).map((row) => row.uid));
    expect(view.highestModSeq).to.be.at.least(this.#modSeq);
    this.#modSeq = view.highestModSeq;
  }

  close(): void {
    this.#follower.close();
    this.#open.close();
  }
}

/** Counters of a mailbox must be those of its rows. */
function checkCounters(counted: Mailbox, rows: readonly Row[]): void {
  const sum = (some: readonly Row[]): number =>
    some.reduce((total, row) => total + row.sizeBytes, 0);
  const deleted = rows.filter((row) => (row.flags & deletedBit) !== 0);
  expect(counted).to.include({
    messages: rows.length,
    unseen: rows.filter((row) => (row.flags & seenBit) === 0).length,
    deleted: deleted.length,
    sizeBytes: sum(rows),
    deletedBytes: sum(deleted),
  });
  rows.forEach((row, i) => {
    expect(row.uid).to.be.greaterThan(rows[i - 1]?.uid ?? 0);
    expect(row.uid).to.be.lessThan(counted.uidNext);
    expect(row.modSeq).to.be.at.most(counted.highestModSeq);
  });
}

/** Any mix of operations of several clients leaves a consistent account, seen alike by all. */
export function concurrencyContract(opened: () => OpenBackend): void {
  it(`several clients at once: counters, UIDs, MODSEQ, quota and views agree (seed ${seed})`, async function () {
    this.timeout(120_000);
    const contents = await Promise.all(
      [100, 250, 400].map((size) => receive(opened().store, letter('', size))),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 3, maxLength: 15 }), { minLength: 2, maxLength: 5 }),
        async (scripts) => {
          const { store } = opened();
          const quota = { bytes: quotaBytes, messages: 30 };
          const { id } = await newAccount(store, quota);
          const sessions = await Promise.all(
            [1, 1, 2, 3].map(async (m) => new Session(await store.open(id, m as MailboxId))),
          );
          const stop = store.watch(id, () => {
            sessions.forEach((session) => {
              session.check();
            });
          });
          const ids: string[] = [];
          await Promise.all(
            scripts.map((script) => new Client(store, id, contents, ids).run(script)),
          );
          stop();

          let bytes = 0;
          let messages = 0;
          const pictures = new Map<number, unknown>();
          const mailboxes = (await store.mailboxes(id)).filter(({ selectable }) => selectable);
          for (const each of mailboxes) {
            const open = await store.open(id, each.id);
            checkCounters(each, rowsOf(open.view));
            pictures.set(each.id, picture(open.view));
            bytes += each.sizeBytes;
            messages += each.messages;
            open.close();
          }
          expect(await store.quota(id)).to.include({ usedBytes: bytes, usedMessages: messages });
          expect(bytes).to.be.at.most(quotaBytes);
          expect(messages).to.be.at.most(30);
          sessions.forEach((session) => {
            session.close();
          });
          remembered.push({ id, mailboxes, pictures });
        },
      ),
      { seed, numRuns: 40 },
    );
    await Promise.all(contents.map((content) => content.release()));

    // What the views said is what is on the disk.
    const reopened = await opened().reopen();
    for (const { id, mailboxes, pictures } of remembered) {
      const now = (await reopened.mailboxes(id)).filter(({ selectable }) => selectable);
      expect(now).to.deep.equal(mailboxes);
      for (const each of now) {
        const open = await reopened.open(id, each.id);
        expect(picture(open.view)).to.deep.equal(pictures.get(each.id));
        open.close();
      }
    }
  });

  const remembered: {
    readonly id: AccountId;
    readonly mailboxes: readonly Mailbox[];
    readonly pictures: ReadonlyMap<number, unknown>;
  }[] = [];
}
