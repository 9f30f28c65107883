import { type Failure, MailError } from '../../core/errors.ts';
import type { AccountId } from '../../core/values.ts';
import type {
  Account,
  AccountChange,
  AccountLevel,
  AccountOwner,
  AccountStatus,
  AccountStore,
  AuditEntry,
  Credentials,
  NewAccount,
  QuotaLimits,
} from '../api.ts';
import { auditRow } from './audit-log.ts';
import { addressesCached } from '../common/limits.ts';
import {
  type AccountLimits,
  type AccountRow,
  directoryFile,
  type NewAccountRow,
  type OwnerColumns,
} from './protocol.ts';
import type { Threads } from './threads.ts';

/** How many accounts one commit of `createMany` makes. */
const accountsAtOnce = 500;

/** Accounts, with the answers of `find` kept in memory: every change goes through here. */
export class AccountDirectory implements AccountStore {
  readonly #threads: Threads;
  readonly #shards: number;
  readonly #byCanonical = new Map<string, Account | undefined>();
  /** Counts changes, so that an answer that was read before one is not kept after it. */
  #changes = 0;

  constructor(threads: Threads, shards: number) {
    this.#threads = threads;
    this.#shards = shards;
  }

  /** Finishes what a crash may have cut off between the directory's commit and a shard's. */
  async recover(): Promise<void> {
    const accounts = await this.#threads.read('unsettled', {});
    if (accounts.length > 0) await this.#settle(accounts);
  }

  async create(account: NewAccount, audit: AuditEntry): Promise<Account> {
    const [made] = await this.createMany([account], audit);
    if (made === undefined || typeof made === 'string') {
      throw new MailError(made ?? 'internal', 'The address is taken');
    }
    return made;
  }

  async createMany(
    accounts: readonly NewAccount[],
    audit: AuditEntry,
  ): Promise<readonly (Account | Failure)[]> {
    const outcomes: (Account | Failure)[] = [];
    for (let i = 0; i < accounts.length; i += accountsAtOnce) {
      const rows = await this.#threads.write(directoryFile, 'createAccounts', {
        accounts: accounts.slice(i, i + accountsAtOnce).map(newAccountRow),
        audit: auditRow(audit),
      });
      this.#changes++;
      await this.#settle(rows.filter((row) => typeof row !== 'string'));
      for (const row of rows) outcomes.push(typeof row === 'string' ? row : this.#changed(row));
    }
    return outcomes;
  }

  async find(canonical: string): Promise<Account | undefined> {
    if (this.#byCanonical.has(canonical)) return this.#byCanonical.get(canonical);
    const changes = this.#changes;
    const row = await this.#threads.read('findAccount', { canonical });
    const account = row && accountFrom(row);
    if (changes === this.#changes) this.#remember(canonical, account);
    return account;
  }

  async findSkeleton(skeleton: string): Promise<Account | undefined> {
    const row = await this.#threads.read('findSkeleton', { skeleton });
    return row && accountFrom(row);
  }

  async get(id: AccountId): Promise<Account | undefined> {
    const row = await this.#threads.read('getAccount', { a: id });
    return row && accountFrom(row);
  }

  async list(options: {
    readonly after?: string;
    readonly limit: number;
  }): Promise<readonly Account[]> {
    const { after = '', limit } = options;
    return (await this.#threads.read('listAccounts', { after, limit })).map(accountFrom);
  }

  async update(id: AccountId, change: AccountChange, audit: AuditEntry): Promise<Account> {
    const row = await this.#threads.write(directoryFile, 'updateAccount', {
      a: id,
      status: change.status,
      credentials: change.credentials && JSON.stringify(change.credentials),
      limits: change.quota && limitsRow(change.quota),
      owner: change.owner && ownerColumns(change.owner),
      audit: auditRow(audit),
    });
    const account = this.#changed(row);
    if (change.quota !== undefined) await this.#settle([row]);
    return account;
  }

  /** Drops what is kept in memory. */
  forget(): void {
    this.#byCanonical.clear();
  }

  /** Makes the heads in the shards like the directory's rows. */
  async #settle(accounts: readonly AccountLimits[]): Promise<void> {
    if (accounts.length === 0) return;
    const byShard = new Map<number, AccountLimits[]>();
    // The head of an account in a shard that is left out is made when that is back.
    const reachable = accounts.filter(({ a }) => this.#threads.has(a % this.#shards));
    for (const { a, maxBytes, maxCount } of reachable) {
      const shard = a % this.#shards;
      byShard.set(shard, [...(byShard.get(shard) ?? []), { a, maxBytes, maxCount }]);
    }
    await Promise.all(
      [...byShard].map(([shard, list]) =>
        this.#threads.write(shard, 'settleAccounts', { accounts: list }),
      ),
    );
    // Nobody waits for this: were it lost, the next open would settle them once more.
    const settled = reachable.map(({ a, maxBytes, maxCount }) => ({ a, maxBytes, maxCount }));
    this.#threads.write(directoryFile, 'settled', { accounts: settled }).catch(() => undefined);
  }

  /** Notes a change before anybody is told of it. */
  #changed(row: AccountRow): Account {
    this.#changes++;
    const account = accountFrom(row);
    this.#remember(account.canonical, account);
    return account;
  }

  #remember(canonical: string, account: Account | undefined): void {
    this.#byCanonical.delete(canonical);
    this.#byCanonical.set(canonical, account);
    if (this.#byCanonical.size <= addressesCached) return;
    for (const oldest of this.#byCanonical.keys()) {
      this.#byCanonical.delete(oldest);
      return;
    }
  }
}

function newAccountRow(account: NewAccount): NewAccountRow {
  const { address, canonical, skeleton, status = 'active', credentials, quota } = account;
  const { createdAt = null, owner } = account;
  return {
    address,
    canonical,
    skeleton,
    status,
    credentials: JSON.stringify(credentials),
    at: createdAt,
    ...limitsRow(quota),
    ...ownerColumns(owner),
  };
}

function ownerColumns(owner: AccountOwner | undefined): OwnerColumns {
  return { subject: owner?.subject ?? null, level: owner?.level ?? null };
}

function limitsRow({ bytes, messages }: QuotaLimits): Omit<AccountLimits, 'a'> {
  return { maxBytes: bytes ?? null, maxCount: messages ?? null };
}

function accountFrom(row: AccountRow): Account {
  const credentials = JSON.parse(row.credentials) as Partial<Credentials>;
  return {
    id: row.a as AccountId,
    address: row.address,
    canonical: row.canonical,
    status: row.status as AccountStatus,
    credentials: { hash: credentials.hash, scram: credentials.scram },
    quota: { bytes: row.maxBytes ?? undefined, messages: row.maxCount ?? undefined },
    createdAt: row.at,
    ...(row.subject !== null && {
      owner: { subject: row.subject, level: row.level as AccountLevel },
    }),
  };
}
