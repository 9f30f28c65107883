import { canonicalAddress, skeleton } from '../account/address.ts';
import { type Failure, MailError } from '../core/errors.ts';
import type { AccountId, MailboxName } from '../core/values.ts';
import type { Account, AuditEntry } from '../store/api.ts';
import { type ArchivedAccount, readAccount } from './account-layout.ts';
import type { AccountLine, ArchiveProgress, ArchiveStore } from './api.ts';
import { ArchiveFolder } from './archive-folder.ts';
import { LetterReader } from './letter-reader.ts';
import { merge } from './merge.ts';
import { restoreAccount, type RestoredStep } from './restore-account.ts';
import { restoreAudit, restoreOutbox, restoreRecords } from './restore-rest.ts';

export interface RestoreOptions {
  /** Canonical address of the one account to restore; all when undefined. */
  readonly account?: string | undefined;
  /** The address, as it should be shown, of another account that its mail comes into; new or there already. */
  readonly into?: string | undefined;
  /** Mailboxes come below this name of an account that is there. */
  readonly under?: MailboxName | undefined;
  /** What waited to be sent, too: only who knows that it was not sent since can ask for that. */
  readonly outbox?: boolean | undefined;
  readonly apply: boolean;
  readonly actor: string;
}
export interface RestoreResult {
  readonly applied: boolean;
  /** Of which each is new with all its numbers, had mail added to it, was left alone, or could not be restored. */
  readonly accounts: number;
  readonly made: number;
  readonly merged: number;
  readonly skipped: number;
  readonly failed: number;
  readonly messages: number;
  /** Messages that were there already. */
  readonly present: number;
  /** Letters that are not in the backup, or not as they were. */
  readonly damaged: number;
  /** Records that were not there. */
  readonly records: number;
  /** Entries of the outbox, and records of the audit log. */
  readonly waiting: number;
  readonly audit: number;
}

/** Failures that speak of the account at hand and not of the store or the machine. */
const ofOneAccount = new Set<Failure>(['invalid', 'already-exists', 'limit']);
const notSent =
  'waited to be sent and were not restored: ask for the outbox if nobody has sent them since';
const noRestore = 'is there already and was left alone; name another account to restore into';

/**
 * Restores accounts from a backup, and with all of them the records and the audit log. An account that is not there is made with the
 * UIDs, UIDVALIDITY, flags, MODSEQ and mailbox ids it had; it is suspended until all is there. Into one that is there,
 * messages come as new ones. Both go on where an earlier run was cut off, and do nothing the second time. An account
 * that cannot be restored does not keep the others from it, unless it was asked for by name: `invalid`,
 * `already-exists`. Without `apply` the backup is read and counted only. `not-found`, `invalid`
 */
export async function* restore(
  store: ArchiveStore,
  path: string,
  options: RestoreOptions,
): AsyncGenerator<ArchiveProgress, RestoreResult, void> {
  const folder = new ArchiveFolder(path);
  const { state, store: from } = await folder.state();
  const { account, into, outbox = false } = options;
  if (into !== undefined && account === undefined) {
    throw new MailError('invalid', 'Say which account comes into another');
  }
  if (outbox && account !== undefined) {
    throw new MailError('invalid', 'The outbox comes with all accounts, not with one');
  }
  const restorer = new Restorer(store, folder, options);
  if (account !== undefined) {
    if (!(await folder.has(folder.accountPath(account)))) {
      throw new MailError('not-found', `The backup has no account ${account}`);
    }
    yield* restorer.restoreAccount(account);
    return restorer.result;
  }
  if (state !== 'complete') {
    yield restorer.progress('the backup was cut off: accounts may be missing from it');
  }
  for (const canonical of await folder.accounts()) yield* restorer.restoreOneOfAll(canonical);
  if (from !== undefined) yield* restorer.restoreRest(from);
  return restorer.result;
}

class Restorer {
  readonly #store: ArchiveStore;
  readonly #folder: ArchiveFolder;
  readonly #options: RestoreOptions;
  readonly #count = {
    accounts: 0,
    made: 0,
    merged: 0,
    skipped: 0,
    failed: 0,
    messages: 0,
    present: 0,
    records: 0,
    waiting: 0,
    audit: 0,
  };
  readonly #letters: LetterReader;

  constructor(store: ArchiveStore, folder: ArchiveFolder, options: RestoreOptions) {
    this.#store = store;
    this.#folder = folder;
    this.#options = options;
    this.#letters = new LetterReader(store, ({ sha256 }) => folder.readLetter(sha256 as string));
  }

  get result(): RestoreResult {
    const { damaged } = this.#letters;
    return { applied: this.#options.apply, ...this.#count, damaged };
  }

  progress(remark?: string): ArchiveProgress {
    const { accounts, messages, present } = this.#count;
    return {
      accounts,
      messages: messages + present,
      bytes: this.#letters.bytes,
      ...(remark !== undefined && { remark }),
    };
  }

  /** What is wrong with one account is told and counted, and the others come. */
  async *restoreOneOfAll(canonical: string): AsyncGenerator<ArchiveProgress, void, void> {
    try {
      yield* this.restoreAccount(canonical);
    } catch (error) {
      const ofAccount = error instanceof MailError && ofOneAccount.has(error.failure);
      if (!ofAccount) throw error;
      this.#count.failed++;
      yield this.progress(`${canonical} was not restored: ${error.message}`);
    }
  }

  /** What belongs to no account, of the store with this id. */
  async *restoreRest(from: string): AsyncGenerator<ArchiveProgress, void, void> {
    if (from === this.#store.upkeep.storeId) {
      if (this.#options.outbox === true) {
        yield this.progress('the backup is of this very store, whose outbox goes on by itself');
      }
      return;
    }
    // Read to its end before any of it is believed, as an account is.
    this.#count.records = await countOf(this.#folder.records());
    if (this.#options.apply) {
      this.#count.records = await restoreRecords(this.#store, this.#folder.records());
    }
    if (!this.#options.apply || this.#options.outbox !== true) {
      const waiting = await countOf(this.#folder.outbox());
      if (this.#options.outbox === true) this.#count.waiting = waiting;
      else if (waiting > 0) yield this.progress(`${waiting} letters ${notSent}`);
    } else {
      this.#count.waiting = await restoreOutbox(this.#store, this.#folder.outbox(), this.#letters);
    }
    if (this.#options.apply) {
      this.#count.audit = await restoreAudit(this.#store, this.#folder.audit(), from);
    }
  }

  async *restoreAccount(canonical: string): AsyncGenerator<ArchiveProgress, void, void> {
    this.#count.accounts++;
    // All of it is read before any of it is believed.
    const archived = await readAccount(this.#folder, canonical);
    const address = this.#options.into ?? archived.account.address;
    const target = canonicalAddress(address);
    if (target === undefined) throw new MailError('invalid', `Not an address: ${address}`);
    const found = await this.#store.accounts.find(target);
    if (!this.#options.apply) {
      yield this.progress(this.#plan(canonical, target, found, archived.messages));
      return;
    }
    const made = found ?? (await this.#make(archived.account, address, target));
    if (made.status === 'suspended' && (await this.#begins(made.id, archived))) {
      this.#count.made++;
      const lines = this.#folder.lines(canonical);
      yield* this.#counted(restoreAccount(this.#store, made.id, lines, this.#letters));
      const { status } = archived.account;
      // In this order a crash in between leaves an account that can be used, and a mark that harms nobody.
      if (status !== 'suspended') {
        await this.#store.accounts.update(made.id, { status }, this.#audit('account.restored'));
      }
      await this.#store.upkeep.finishRestore(made.id);
      yield this.progress();
      return;
    }
    if (this.#options.into === undefined && this.#options.under === undefined) {
      this.#count.skipped++;
      yield this.progress(`${target} ${noRestore}`);
      return;
    }
    if (made.status === 'closed') throw new MailError('invalid', `${target} is closed`);
    this.#count.merged++;
    yield this.progress(
      `${target} has mail of its own: what comes gets new UIDs, as UIDs are never given twice`,
    );
    const into = { id: made.id, under: this.#options.under };
    yield* this.#counted(merge(this.#store, this.#folder, this.#letters, archived, into));
  }

  #plan(canonical: string, target: string, found: Account | undefined, messages: number): string {
    const what = `${canonical}: ${messages} messages`;
    if (found === undefined) {
      this.#count.made++;
      this.#count.messages += messages;
      return `${what} into ${target}, which is made, with its UIDs`;
    }
    if (this.#options.into === undefined && this.#options.under === undefined) {
      this.#count.skipped++;
      return `${target} ${noRestore}`;
    }
    this.#count.merged++;
    this.#count.messages += messages;
    return `${what} into ${target}, which is there, with new UIDs`;
  }

  #audit(action: string): AuditEntry {
    return { actor: this.#options.actor, action };
  }

  async #make(line: AccountLine, address: string, canonical: string): Promise<Account> {
    // Nobody may log in or send to it before it is whole.
    return this.#store.accounts.create(
      {
        address,
        canonical,
        skeleton: skeleton(canonical),
        credentials: { hash: line.credentials.hash, scram: line.credentials.scram },
        quota: { bytes: line.quota.bytes, messages: line.quota.messages },
        status: 'suspended',
        ...(canonical === line.canonical && { createdAt: line.createdAt }),
        // Another address is a copy for somebody to look at, not the mailbox that its owner was given.
        ...(canonical === line.canonical && line.owner !== undefined && { owner: line.owner }),
      },
      { ...this.#audit('account.restore'), detail: { from: line.canonical, seq: line.seq } },
    );
  }

  /** Whether the account is empty, or being restored from this very snapshot. */
  async #begins(id: AccountId, { account, layout }: ArchivedAccount): Promise<boolean> {
    const source = `${account.canonical} ${account.createdAt} ${account.seq}`;
    try {
      await this.#store.upkeep.beginRestore(id, source, layout);
      return true;
    } catch (error) {
      if (error instanceof MailError && error.failure === 'already-exists') return false;
      throw error;
    }
  }

  async *#counted(steps: AsyncIterable<RestoredStep>): AsyncGenerator<ArchiveProgress, void, void> {
    for await (const { messages, present } of steps) {
      this.#count.messages += messages;
      this.#count.present += present;
      yield this.progress();
    }
  }
}

async function countOf(lines: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  for await (const _ of lines) count++;
  return count;
}
