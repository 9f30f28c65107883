import { skeleton } from '../account/address.ts';
import { MailError } from '../core/errors.ts';
import type { AccountId, EmailId } from '../core/values.ts';
import type { Account, AccountSnapshot, StoredContent } from '../store/api.ts';
import type { ArchiveProgress, ArchiveStore, DeletedLine, MessageLine, OutboxLine } from './api.ts';
import { allAccounts } from './backup.ts';
import { auditLines, outboxLines, recordLines } from './backup-rest.ts';
import { compareRecords } from './compare-records.ts';
import { compareSnapshots } from './compare-snapshots.ts';
import { LetterReader } from './letter-reader.ts';
import { restoreAccount } from './restore-account.ts';
import { restoreAudit, restoreOutbox, restoreRecords } from './restore-rest.ts';
import { singly } from './singly.ts';
import { snapshotLines } from './snapshot-lines.ts';

export interface MigrateOptions {
  readonly apply: boolean;
  readonly actor: string;
}
export interface MigrateResult {
  readonly applied: boolean;
  /** Of which so many came in an earlier run. */
  readonly accounts: number;
  readonly there: number;
  readonly messages: number;
  /** Messages that were there already. */
  readonly present: number;
  readonly bytes: number;
  /** Letters that the source has lost, or not as they were received. */
  readonly damaged: number;
  /** Accounts that are not in the target what they are in the source, each told of in a remark; so are the records, as one. */
  readonly different: number;
  /** Records that came in this run. */
  readonly records: number;
  /** Entries of the outbox, and records of the audit log. */
  readonly waiting: number;
  readonly audit: number;
}

const pieceBytes = 256 * 1024;

/**
 * Everything of one store into another, of whichever kind: accounts with their UIDs, UIDVALIDITY, MODSEQ, flags, dates,
 * mailbox ids, deleted messages and delivery ids; the records; the outbox; the audit log. Goes on where an earlier run was cut off.
 * In the end each account is read from both and compared, letters by their digests. The source must not change
 * meanwhile: what did is told as different. Without `apply` it is only looked at. `invalid`: the target holds other
 * data, or is the source.
 */
export async function* migrate(
  from: ArchiveStore,
  to: ArchiveStore,
  options: MigrateOptions,
): AsyncGenerator<ArchiveProgress, MigrateResult, void> {
  await checkTarget(from, to);
  const migration = new Migration(from, to, options);
  await migration.expect();
  if (!options.apply) return migration.result;
  for await (const account of allAccounts(from)) yield* migration.copy(account);
  for await (const account of allAccounts(from)) yield* migration.compare(account);
  yield* migration.copyRecords();
  await migration.copyRest();
  return migration.result;
}

/** Accounts keep the moment they were made, so one that came from elsewhere is known by it. */
async function checkTarget(from: ArchiveStore, to: ArchiveStore): Promise<void> {
  if (from.upkeep.storeId === to.upkeep.storeId) {
    throw new MailError('invalid', 'The source and the target are one store');
  }
  for await (const { canonical, createdAt } of allAccounts(to)) {
    const account = await from.accounts.find(canonical);
    if (account?.createdAt !== createdAt) {
      throw new MailError('invalid', `The target holds other data: ${canonical}`);
    }
  }
}

class Migration {
  readonly #from: ArchiveStore;
  readonly #to: ArchiveStore;
  readonly #options: MigrateOptions;
  readonly #count = {
    accounts: 0,
    there: 0,
    messages: 0,
    present: 0,
    bytes: 0,
    damaged: 0,
    different: 0,
    records: 0,
    waiting: 0,
    audit: 0,
  };
  #expected = 0;

  constructor(from: ArchiveStore, to: ArchiveStore, options: MigrateOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
  }

  get result(): MigrateResult {
    return { applied: this.#options.apply, ...this.#count };
  }

  /** Counts what there is to do. */
  async expect(): Promise<void> {
    for await (const { id } of allAccounts(this.#from)) {
      this.#expected += (await this.#from.quota(id)).usedMessages;
      if (!this.#options.apply) this.#count.accounts++;
    }
    if (this.#options.apply) return;
    this.#count.messages = this.#expected;
    for await (const slice of this.#from.upkeep.records()) this.#count.records += slice.length;
  }

  async *copy(account: Account): AsyncGenerator<ArchiveProgress, void, void> {
    this.#count.accounts++;
    const made = (await this.#to.accounts.find(account.canonical)) ?? (await this.#make(account));
    const snapshot = await this.#from.upkeep.snapshot(account.id);
    try {
      if (made.status === 'suspended' && (await this.#begins(made.id, account, snapshot))) {
        yield* this.#fill(made.id, account, snapshot);
      } else {
        this.#count.there++;
        this.#count.present += snapshot.mailboxes.reduce((sum, box) => sum + box.messages, 0);
      }
    } finally {
      await snapshot.close();
    }
    yield this.#progress(account);
  }

  async *compare(account: Account): AsyncGenerator<ArchiveProgress, void, void> {
    const difference = await this.#difference(account);
    if (difference === undefined) return;
    this.#count.different++;
    yield this.#progress(account, `${account.canonical} is not the same: ${difference}`);
  }

  async *copyRecords(): AsyncGenerator<ArchiveProgress, void, void> {
    this.#count.records = await restoreRecords(this.#to, singly(recordLines(this.#from)));
    const difference = await compareRecords(this.#from.upkeep, this.#to.upkeep);
    if (difference === undefined) return;
    this.#count.different++;
    yield this.#progress(undefined, `the records are not the same: ${difference}`);
  }

  /** What belongs to no account. */
  async copyRest(): Promise<void> {
    type Waiting = OutboxLine & { readonly content: StoredContent };
    async function* waiting(from: ArchiveStore): AsyncGenerator<Waiting, void, void> {
      for await (const { line, content } of outboxLines(from)) yield { ...line, content };
    }
    const letters = new LetterReader<Waiting>(this.#to, ({ content }) => octetsOf(content));
    this.#count.waiting = await restoreOutbox(this.#to, waiting(this.#from), letters);
    this.#count.damaged += letters.damaged;
    const { storeId } = this.#from.upkeep;
    this.#count.audit = await restoreAudit(this.#to, auditLines(this.#from, 0), storeId);
  }

  /** Nobody may log in or send to it before it is whole. */
  #make(account: Account): Promise<Account> {
    const { address, canonical, credentials, quota, createdAt, owner } = account;
    return this.#to.accounts.create(
      {
        address,
        canonical,
        skeleton: skeleton(canonical),
        credentials,
        quota,
        status: 'suspended',
        createdAt,
        ...(owner !== undefined && { owner }),
      },
      { actor: this.#options.actor, action: 'account.migrate' },
    );
  }

  /** Whether the account is empty, or being filled from this very snapshot. */
  async #begins(id: AccountId, account: Account, snapshot: AccountSnapshot): Promise<boolean> {
    const source = `${this.#from.upkeep.storeId} ${account.canonical} ${snapshot.seq}`;
    try {
      await this.#to.upkeep.beginRestore(id, source, snapshot);
      return true;
    } catch (error) {
      if (error instanceof MailError && error.failure === 'already-exists') return false;
      throw error;
    }
  }

  async *#fill(
    id: AccountId,
    account: Account,
    snapshot: AccountSnapshot,
  ): AsyncGenerator<ArchiveProgress, void, void> {
    const letters = new LetterReader<MessageLine | DeletedLine>(this.#to, (line) =>
      this.#read(account.id, line.email as EmailId),
    );
    const lines = singly(snapshotLines(account, snapshot));
    let bytes = 0;
    for await (const { messages, present } of restoreAccount(this.#to, id, lines, letters)) {
      this.#count.messages += messages;
      this.#count.present += present;
      this.#count.bytes += letters.bytes - bytes;
      ({ bytes } = letters);
      yield this.#progress(account);
    }
    this.#count.damaged += letters.damaged;
    // In this order a crash in between leaves an account that can be used, and a mark that harms nobody.
    if (account.status !== 'suspended') {
      const { status } = account;
      const audit = { actor: this.#options.actor, action: 'account.migrated' };
      await this.#to.accounts.update(id, { status }, audit);
    }
    await this.#to.upkeep.finishRestore(id);
  }

  async *#read(account: AccountId, email: EmailId): AsyncGenerator<Uint8Array, void, void> {
    const content = await this.#from.content(account, email);
    if (content !== undefined) yield* octetsOf(content);
  }

  async #difference(account: Account): Promise<string | undefined> {
    const copy = await this.#to.accounts.find(account.canonical);
    if (copy === undefined) return 'it is not there';
    const [before, after] = [ownerOf(account), ownerOf(copy)];
    if (before !== after) return 'its owner, status, credentials or limits';
    const one = await this.#from.upkeep.snapshot(account.id);
    try {
      const other = await this.#to.upkeep.snapshot(copy.id);
      try {
        return await compareSnapshots(one, other);
      } finally {
        await other.close();
      }
    } finally {
      await one.close();
    }
  }

  #progress(account: Account | undefined, remark?: string): ArchiveProgress {
    const { accounts, messages, present, bytes } = this.#count;
    return {
      ...(account !== undefined && { account: account.canonical }),
      accounts,
      messages: messages + present,
      bytes,
      messagesExpected: this.#expected,
      ...(remark !== undefined && { remark }),
    };
  }
}

function ownerOf(account: Account): string {
  const { address, canonical, status, credentials, quota, createdAt, owner } = account;
  const { hash, scram } = credentials;
  const { bytes, messages } = quota;
  return JSON.stringify([
    ...[address, canonical, status, hash, scram, bytes, messages, createdAt],
    ...[owner?.subject, owner?.level],
  ]);
}

async function* octetsOf(content: StoredContent): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < content.sizeBytes; at += pieceBytes) {
    yield await content.read(at, pieceBytes);
  }
}
