import type { AccountLevel, AccountStatus } from '../../store/api.ts';
import type { RecordStore, StoredRecord } from '../../store/records.ts';
import type { RegistryEntry } from '../api.ts';
import type { TypedRecords } from '../records/typed-records.ts';
import { digestOf, entryKey } from './entry.ts';
import { limits } from './limits.ts';
import { RegistryProjection } from './registry-projection.ts';
import { type ChainHead, emptyHead, historyKey, RegistryRecords } from './registry-records.ts';
import { afterEntry, type NumberedView, ownersAfterEntry } from './view.ts';

export interface RegistryFinding {
  /** Where: in the journal itself, in what is made from it, or between it and the mailboxes. */
  readonly part: 'journal' | 'index' | 'mailbox';
  /** The entry that it concerns. */
  readonly number?: number;
  readonly text: string;
}

/** An account, as far as the registry speaks of it. */
export interface OwnedAccount {
  readonly id: number;
  readonly canonical: string;
  readonly status: AccountStatus;
  readonly owner?: { readonly subject: string; readonly level: AccountLevel };
}

/** Part of `AccountStore`. */
export interface OwnedAccounts {
  find(canonical: string): Promise<OwnedAccount | undefined>;
  list(options: {
    readonly after?: string;
    readonly limit: number;
  }): Promise<readonly OwnedAccount[]>;
}

export interface RegistryVerified {
  readonly entries: number;
  readonly head: ChainHead;
  readonly mailboxes: number;
  /** Accounts that nobody applied for, such as the postmaster's. */
  readonly withoutOwner: number;
  readonly findings: number;
}

/**
 * Looks through the whole unified base in bounded memory, and tells what is wrong: a changed octet, a number that is
 * missing or doubled, a broken link, what is made from the journal and differs, a mailbox without an entry and an
 * entry without a mailbox. An application that is being accepted at this moment may be told as the latter.,
 *
 */
export async function* verifyRegistry(
  store: RecordStore,
  accounts: OwnedAccounts,
): AsyncGenerator<RegistryFinding, RegistryVerified, void> {
  const verifier = new Verifier(store, accounts);
  let findings = 0;
  for await (const finding of verifier.run()) {
    findings += 1;
    yield finding;
  }
  const { entries, head, mailboxes, withoutOwner } = verifier;
  return { entries, head, mailboxes, withoutOwner, findings };
}

type Findings = AsyncGenerator<RegistryFinding, void, void>;

class Verifier {
  entries = 0;
  head: ChainHead = emptyHead;
  mailboxes = 0;
  withoutOwner = 0;
  readonly #records: RegistryRecords;
  readonly #accounts: OwnedAccounts;
  /** Entries after it came while we looked: what is made from them may come a moment later. */
  #until = Infinity;

  constructor(store: RecordStore, accounts: OwnedAccounts) {
    this.#records = new RegistryRecords(store);
    this.#accounts = accounts;
  }

  async *run(): Findings {
    const projection = new RegistryProjection(this.#records);
    try {
      this.#until = (await projection.catchUp()).number;
    } catch (error) {
      yield { part: 'journal', text: (error as Error).message };
    }
    yield* this.#journal();
    yield* this.#mark();
    yield* this.#rows(this.#records.events, ({ id }) => id);
    yield* this.#rows(this.#records.histories, ({ subject, number }) =>
      historyKey(subject, number),
    );
    yield* this.#views(this.#records.views, ownersAfterEntry, ({ subject }) => subject);
    yield* this.#views(this.#records.addresses, afterEntry, ({ address }) => address);
    yield* this.#accountsHaveEntries();
  }

  /** Each entry by itself, its number, its link, and that it can be found. */
  async *#journal(): Findings {
    for await (const stored of this.#entriesInOrder()) {
      const expected = this.head.number + 1;
      const digest = digestOf(stored.value);
      if (stored.key !== entryKey(expected)) {
        yield {
          part: 'journal',
          number: expected,
          text: `is missing; after it comes ${stored.key}`,
        };
      }
      const entry = this.#read(this.#records.entries, stored);
      const number = entry?.number ?? (Number(stored.key) || expected);
      if (entry === undefined) {
        yield { part: 'journal', number, text: 'is not what an entry is' };
      } else {
        if (stored.key !== entryKey(entry.number)) {
          yield { part: 'journal', number, text: `is kept as ${stored.key}` };
        }
        if (entry.previous !== this.head.digest) {
          yield { part: 'journal', number, text: 'does not go on from the entry before' };
        }
        if (number <= this.#until) yield* this.#isFound(entry);
      }
      this.entries += 1;
      this.head = { number, digest };
    }
  }

  /** A list may leave out what came while it was made: a number that it has not is asked for by itself. */
  async *#entriesInOrder(): AsyncGenerator<StoredRecord, void, void> {
    for await (const stored of this.#records.entries.stored()) {
      for (;;) {
        const expected = entryKey(this.head.number + 1);
        const late = stored.key > expected ? await this.#records.entries.raw(expected) : undefined;
        if (late === undefined) break;
        yield late;
      }
      yield stored;
    }
  }

  async *#isFound(entry: RegistryEntry): Findings {
    const { number, id, subject, address } = entry;
    const rows = [
      [this.#records.events, id],
      [this.#records.histories, historyKey(subject, number)],
      [this.#records.views, subject],
      [this.#records.addresses, address],
    ] as const;
    for (const [records, key] of rows) {
      if ((await records.raw(key)) === undefined) {
        yield { part: 'index', number, text: `is not found by its ${records.kind}` };
      }
    }
  }

  /** The digest of the last entry stands in no entry, but in the mark. */
  async *#mark(): Findings {
    let mark: ChainHead;
    try {
      mark = await new RegistryProjection(this.#records).head();
    } catch {
      yield { part: 'index', text: 'the mark of the last entry is not readable' };
      return;
    }
    if (mark.number < Math.min(this.head.number, this.#until)) {
      yield { part: 'index', text: `the indexes end at entry ${mark.number}` };
      return;
    }
    if (mark.number === 0) return;
    const end = mark.number === this.head.number ? this.head : await this.#headAt(mark.number);
    if (end === undefined) {
      yield { part: 'journal', number: mark.number, text: 'is missing or not readable' };
    } else if (end.digest !== mark.digest) {
      yield { part: 'journal', number: mark.number, text: 'was changed after it was entered' };
    }
  }

  async #headAt(number: number): Promise<ChainHead | undefined> {
    const entry = await this.#records.entries.get(entryKey(number)).catch(() => undefined);
    return entry && { number, digest: digestOf(entry.text) };
  }

  /** Rows that lead to a number: each to an entry that has that key. */
  async *#rows(
    records: TypedRecords<{ readonly number: number }>,
    keyOf: (entry: RegistryEntry) => string,
  ): Findings {
    for await (const stored of records.stored()) {
      const number = this.#read(records, stored)?.number;
      const entry =
        number === undefined
          ? undefined
          : await this.#records.entries.get(entryKey(number)).catch(() => undefined);
      if (entry === undefined || keyOf(entry.value) !== stored.key) {
        yield {
          part: 'index',
          ...(number !== undefined && { number }),
          text: `a row of ${records.kind} leads to no entry of its own`,
        };
      }
    }
  }

  /** Views as their entries make them. */
  async *#views(
    records: TypedRecords<NumberedView>,
    step: (view: NumberedView | undefined, entry: RegistryEntry) => NumberedView,
    keyOf: (view: NumberedView) => string,
  ): Findings {
    for await (const stored of records.stored()) {
      if (await this.#isAsMade(records, stored, step, keyOf)) continue;
      // It may have changed since it was read.
      const again = await records.raw(stored.key);
      if (again !== undefined && (await this.#isAsMade(records, again, step, keyOf))) continue;
      const number = this.#read(records, stored)?.number;
      yield {
        part: 'index',
        ...(number !== undefined && { number }),
        text: `a row of ${records.kind} is not what its entries make`,
      };
    }
  }

  async #isAsMade(
    records: TypedRecords<NumberedView>,
    stored: StoredRecord,
    step: (view: NumberedView | undefined, entry: RegistryEntry) => NumberedView,
    keyOf: (view: NumberedView) => string,
  ): Promise<boolean> {
    const view = this.#read(records, stored);
    if (view === undefined || keyOf(view) !== stored.key) return false;
    let made: NumberedView | undefined;
    try {
      for (const entry of await this.#records.history(view.subject)) {
        // For an address only its own entries count; for the owner all do.
        if (step === ownersAfterEntry || entry.address === view.address) made = step(made, entry);
      }
    } catch {
      return false;
    }
    return made !== undefined && records.write(made) === stored.value;
  }

  /** Every owned account has its entry, and the entry says what the account says. */
  async *#accountsHaveEntries(): Findings {
    let after: string | undefined;
    for (;;) {
      const page = await this.#accounts.list({
        limit: limits.pageAccounts,
        ...(after !== undefined && { after }),
      });
      for (const { id, canonical, owner, status } of page) {
        this.mailboxes += 1;
        if (owner === undefined) {
          this.withoutOwner += 1;
          continue;
        }
        const view = await this.#viewOf(canonical);
        const wrong =
          view === undefined
            ? 'is in no entry'
            : view.subject !== owner.subject
              ? 'has another owner in the registry'
              : disagree(view.status, status)
                ? `is ${status}, and ${view.status} in the registry`
                : view.level !== owner.level
                  ? `is ${owner.level}, and ${view.level} in the registry`
                  : undefined;
        if (wrong !== undefined) yield { part: 'mailbox', text: `account ${id} ${wrong}` };
      }
      if (page.length < limits.pageAccounts) break;
      after = page.at(-1)?.canonical;
    }
    yield* this.#entriesHaveAccounts();
  }

  async *#entriesHaveAccounts(): Findings {
    for await (const stored of this.#records.addresses.stored()) {
      const view = this.#read(this.#records.addresses, stored);
      if (view === undefined) continue;
      const account = await this.#accounts.find(view.address);
      if (account?.owner?.subject !== view.subject) {
        yield { part: 'mailbox', number: view.number, text: 'is of a mailbox that is not there' };
      }
    }
  }

  async #viewOf(canonical: string): Promise<NumberedView | undefined> {
    return (await this.#records.addresses.get(canonical).catch(() => undefined))?.value;
  }

  /** Undefined for what cannot be read, or is written in another way than ours. */
  #read<Value extends object>(
    records: TypedRecords<Value>,
    stored: StoredRecord,
  ): Value | undefined {
    try {
      const { value } = records.read(stored);
      return records.write(value) === stored.value ? value : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Who suspends an account without the gateway, for a technical reason, makes no entry. */
function disagree(inRegistry: AccountStatus, ofAccount: AccountStatus): boolean {
  return inRegistry !== ofAccount && !(inRegistry === 'active' && ofAccount === 'suspended');
}
