import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { type Failure, MailError } from '../../core/errors.ts';
import type { AccountId } from '../../core/values.ts';
import type {
  Account,
  AccountChange,
  AccountOwner,
  AccountStore,
  AuditEntry,
  Credentials,
  NewAccount,
} from '../api.ts';
import { bornMailboxes } from '../common/born-mailboxes.ts';
import { addressesCached } from '../common/limits.ts';
import type { AccountLogs } from './account-logs.ts';
import type { MongoAudit } from './audit.ts';
import type { Database, Document } from './database.ts';
import type { Draft } from './draft.ts';
import {
  type AuditDocument,
  type Head,
  type HeadDocument,
  type OwnerDocument,
  packBox,
} from './head.ts';
import { batchDocuments, claimMs, glanceMs } from './limits.ts';

/** `names`: who holds an address or a look-alike form; never given again. `c:` canonical forms, `s:` skeletons. */
interface NameDocument {
  readonly _id: string;
  readonly a: number;
  readonly at: number;
}

export class MongoAccounts implements AccountStore {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #logs: AccountLogs;
  readonly #audit: MongoAudit;
  /** Addresses that lead to an account do so for ever. */
  readonly #ids = new Map<string, AccountId>();

  constructor(db: Database, clock: Clock, logs: AccountLogs, audit: MongoAudit) {
    this.#db = db;
    this.#clock = clock;
    this.#logs = logs;
    this.#audit = audit;
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
    for (let i = 0; i < accounts.length; i += batchDocuments) {
      outcomes.push(...(await this.#createSome(accounts.slice(i, i + batchDocuments), audit)));
    }
    return outcomes;
  }

  async find(canonical: string): Promise<Account | undefined> {
    const known = this.#ids.get(canonical);
    if (known !== undefined) return this.#account(known, glanceMs);
    const [name] = await this.#db.find<NameDocument>('names', { _id: `c:${canonical}` });
    if (name === undefined) return undefined;
    return this.#account(name.a as AccountId, glanceMs);
  }

  async findSkeleton(skeleton: string): Promise<Account | undefined> {
    const [name] = await this.#db.find<NameDocument>('names', { _id: `s:${skeleton}` });
    return name && this.#account(name.a as AccountId, glanceMs);
  }

  async get(id: AccountId): Promise<Account | undefined> {
    return this.#account(id, 0);
  }

  async list(options: {
    readonly after?: string;
    readonly limit: number;
  }): Promise<readonly Account[]> {
    let { after = '' } = options;
    const accounts: Account[] = [];
    while (accounts.length < options.limit) {
      const limit = Math.min(batchDocuments, options.limit - accounts.length);
      const names = await this.#db.find<NameDocument>(
        'names',
        { _id: { $gt: `c:${after}`, $lt: 'c;' } },
        { sort: { _id: 1 }, limit },
      );
      const owners = await this.#owners(names.map(({ a }) => a));
      for (const { _id, a } of names) {
        const owner = owners.get(a);
        // A name that is still being given, or was given up.
        if (owner !== undefined && `c:${owner.canonical}` === _id) accounts.push(owner);
      }
      const last = names.at(-1);
      if (last === undefined || names.length < limit) break;
      after = last._id.slice(2);
    }
    return accounts;
  }

  async update(id: AccountId, change: AccountChange, audit: AuditEntry): Promise<Account> {
    const record = await this.#audit.record(audit, id);
    const head = await this.#logs.with(id, async (log) => {
      await log.run({
        apply: (draft) => {
          updateOwner(draft, change, record);
        },
      });
      return log.head;
    });
    await this.#audit.keep(id, [record]);
    return accountFrom(head);
  }

  async #account(id: AccountId, maxAgeMs: number): Promise<Account | undefined> {
    try {
      const log = await this.#logs.get(id);
      const account = accountFrom(await log.fresh(maxAgeMs));
      this.#remember(account);
      return account;
    } catch (error) {
      if (error instanceof MailError && error.failure === 'not-found') return undefined;
      throw error;
    }
  }

  async #owners(ids: readonly number[]): Promise<ReadonlyMap<number, Account>> {
    const heads = await this.#db.find<Pick<HeadDocument, '_id' | 'who' | 'q'>>(
      'heads',
      { _id: { $in: ids } },
      { projection: { _id: 1, who: 1, q: 1 } },
    );
    return new Map(
      heads.flatMap(({ _id, who, q }) =>
        lives(who) ? [[_id, accountOf(_id, who, q.mb, q.mn)] as const] : [],
      ),
    );
  }

  /**
   * An account is made in four writes: its head as `making`, its look-alike form, its address, and then its head as
   * what it is, which is the commit. Whoever finds a name that a dead process left half given takes it over by ending
   * that head first.
   */
  async #createSome(
    accounts: readonly NewAccount[],
    audit: AuditEntry,
  ): Promise<(Account | Failure)[]> {
    const now = this.#clock.now();
    const firstId = await this.#db.take('accounts', accounts.length);
    const firstRecord = await this.#db.take('audit', accounts.length);
    const records = await Promise.all(
      accounts.map((_, i) => this.#audit.record(audit, firstId + i, firstRecord + i)),
    );
    const heads = accounts.map((account, i) =>
      newHead(account, firstId + i, now, records[i] as AuditDocument),
    );
    await this.#db.insert('heads', heads as unknown as Document[]);
    const refused = new Set<number>();
    for (const key of ['skeleton', 'canonical'] as const) {
      await this.#giveNames(key, heads, now, refused);
    }
    const outcomes = await Promise.all(
      heads.map(async (head, i): Promise<Account | Failure> => {
        const { _id, who } = head;
        const status = refused.has(i) ? 'dead' : (accounts[i]?.status ?? 'active');
        const made = await this.#db.update(
          'heads',
          { _id, 'who.status': 'making' },
          { $set: { 'who.status': status, v: 2 } },
        );
        if (refused.has(i)) await this.#takeBack(head);
        if (refused.has(i) || !made) return 'already-exists';
        await this.#audit.keep(_id, [records[i] as AuditDocument]);
        const account = accountOf(_id, { ...who, status }, head.q.mb, head.q.mn);
        this.#remember(account);
        return account;
      }),
    );
    return outcomes;
  }

  async #giveNames(
    key: 'skeleton' | 'canonical',
    heads: readonly HeadDocument[],
    now: number,
    refused: Set<number>,
  ): Promise<void> {
    const asking = heads.flatMap((head, i) => (refused.has(i) ? [] : [{ head, i }]));
    const names = asking.map(({ head }) => ({
      _id: nameKey(key, head.who),
      a: head._id,
      at: now,
    }));
    const taken = await this.#db.insert('names', names);
    for (const each of taken) {
      const { head, i } = asking[each] as { head: HeadDocument; i: number };
      if (!(await this.#takeOver(nameKey(key, head.who), head, now))) refused.add(i);
    }
  }

  /** Gets a name from a process that died while it gave it. False: somebody has it. */
  async #takeOver(name: string, head: HeadDocument, now: number): Promise<boolean> {
    for (;;) {
      const [held] = await this.#db.find<NameDocument>('names', { _id: name });
      if (held === undefined) {
        const taken = await this.#db.insert('names', [{ _id: name, a: head._id, at: now }]);
        if (taken.size === 0) return true;
        continue;
      }
      if (held.a === head._id) return true;
      const [holder] = await this.#db.find<Pick<HeadDocument, 'who'>>(
        'heads',
        { _id: held.a },
        { projection: { who: 1 } },
      );
      const status = holder?.who.status;
      if (status !== 'making' && status !== 'dead' && status !== undefined) return false;
      if (status === 'making') {
        if (now - held.at < claimMs) {
          await pause(20);
          if (performance.now() > 0 && this.#clock.now() - held.at < claimMs) continue;
        }
        await this.#db.update(
          'heads',
          { _id: held.a, 'who.status': 'making' },
          { $set: { 'who.status': 'dead' } },
        );
        continue;
      }
      const change = { $set: { a: head._id, at: now } };
      if (await this.#db.update('names', { _id: name, a: held.a }, change)) return true;
    }
  }

  /** Names that an account got before it was refused. */
  async #takeBack({ _id, who }: HeadDocument): Promise<void> {
    for (const key of ['skeleton', 'canonical'] as const) {
      await this.#db.remove('names', { _id: nameKey(key, who), a: _id });
    }
  }

  #remember({ canonical, id }: Account): void {
    this.#ids.delete(canonical);
    this.#ids.set(canonical, id);
    if (this.#ids.size <= addressesCached) return;
    for (const oldest of this.#ids.keys()) {
      this.#ids.delete(oldest);
      return;
    }
  }
}

function nameKey(key: 'skeleton' | 'canonical', who: OwnerDocument): string {
  return `${key === 'skeleton' ? 's' : 'c'}:${who[key]}`;
}

export function newHead(
  { address, canonical, skeleton, credentials, quota, createdAt, owner }: NewAccount,
  a: number,
  at: number,
  audit: AuditDocument,
): HeadDocument {
  const seconds = Math.floor(at / 1000);
  const mb = Object.fromEntries(
    bornMailboxes.map(([name, use], i) => [
      String(i + 1),
      packBox({
        m: i + 1,
        name,
        uidValidity: seconds + i,
        uidNext: 1,
        modSeq: 1,
        total: 0,
        unseen: 0,
        deleted: 0,
        bytes: 0,
        deletedBytes: 0,
        use,
        selectable: true,
        keywords: [],
        vanFloor: 0,
      }),
    ]),
  );
  return {
    _id: a,
    v: 1,
    seq: 1,
    base: 1,
    who: {
      status: 'making',
      address,
      canonical,
      skeleton,
      hash: credentials.hash ?? null,
      scram: credentials.scram === undefined ? null : JSON.stringify(credentials.scram),
      at: createdAt ?? at,
      ...(owner !== undefined && { owner: ownerOf(owner) }),
    },
    q: { b: 0, n: 0, mb: quota.bytes ?? null, mn: quota.messages ?? null },
    next: {
      m: bornMailboxes.length + 1,
      e: 1,
      v: seconds + bornMailboxes.length - 1,
    },
    mb,
    ended: [],
    subs: bornMailboxes.map(([name]) => name),
    tail: [],
    ids: [],
    au: [audit],
  };
}

function updateOwner(draft: Draft, change: AccountChange, record: AuditDocument): void {
  if (draft.who.status === 'closed') throw new MailError('invalid', 'The account is closed');
  const { status, credentials, quota, owner } = change;
  draft.who = {
    ...draft.who,
    ...(status !== undefined && { status }),
    ...(credentials !== undefined && {
      hash: credentials.hash ?? null,
      scram: credentials.scram === undefined ? null : JSON.stringify(credentials.scram),
    }),
    ...(owner !== undefined && { owner: ownerOf(owner) }),
  };
  if (quota !== undefined) {
    const [bytes, messages] = [quota.bytes ?? null, quota.messages ?? null];
    if (bytes !== draft.maxBytes || messages !== draft.maxCount) draft.begin();
    draft.maxBytes = bytes;
    draft.maxCount = messages;
  }
  draft.audits.push(record);
}

/** What is kept of it, whatever else the caller's has. */
function ownerOf({ subject, level }: AccountOwner): AccountOwner {
  return { subject, level };
}

const lives = (who: OwnerDocument): boolean => who.status !== 'making' && who.status !== 'dead';

function accountFrom({ a, who, maxBytes, maxCount }: Head): Account {
  return accountOf(a, who, maxBytes, maxCount);
}

function accountOf(
  a: number,
  who: OwnerDocument,
  maxBytes: number | null,
  maxCount: number | null,
): Account {
  return {
    id: a as AccountId,
    address: who.address,
    canonical: who.canonical,
    status: who.status as Account['status'],
    credentials: {
      hash: who.hash ?? undefined,
      scram: who.scram === null ? undefined : (JSON.parse(who.scram) as Credentials['scram']),
    },
    quota: { bytes: maxBytes ?? undefined, messages: maxCount ?? undefined },
    createdAt: who.at,
    ...(who.owner !== undefined && { owner: ownerOf(who.owner) }),
  };
}
