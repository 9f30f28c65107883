import type { Clock } from '../../core/clock.ts';
import type { AccountStore } from '../../store/api.ts';
import type { RecordStore } from '../../store/records.ts';
import type { Identity, Registry, RegistryEvent, SubjectKey } from '../api.ts';
import { DueList } from '../records/due-list.ts';
import { RecordTable } from '../records/record-table.ts';
import type { IdentityVault } from '../vault/identity-vault.ts';
import {
  newSubject,
  type Profile,
  type Subject,
  type SubjectRecord,
  subjectRecord,
} from './subject.ts';

export interface SubjectParts {
  readonly records: RecordStore;
  readonly accounts: AccountStore;
  readonly registry: Pick<Registry, 'enter'>;
  readonly vault: IdentityVault;
  readonly clock: Clock;
}

const statusEvents: ReadonlySet<RegistryEvent['kind']> = new Set([
  'created',
  'suspended',
  'restored',
  'closed',
]);

/**
 * The subjects. A change of a mailbox and the registry event that tells of it are one commit, of the subject's record; then
 * the event is entered in the registry and the account is brought to what the record says, both as often as it takes.
 * What a crash leaves in between is found by its `due` record, which is written first.
 */
export class SubjectBook {
  readonly #parts: SubjectParts;
  readonly #subjects: RecordTable<SubjectRecord>;
  readonly #due: DueList;

  constructor(parts: SubjectParts) {
    this.#parts = parts;
    this.#subjects = new RecordTable(parts.records, 'subject', subjectRecord);
    this.#due = new DueList(parts.records, 'subject-due', parts.clock);
  }

  keyOf(identity: Identity): SubjectKey {
    return this.#parts.vault.key(identity);
  }

  async find(key: SubjectKey): Promise<Subject | undefined> {
    const row = await this.#subjects.get(key);
    return row && this.#open(key, row.value);
  }

  /** Without registry events. `change` may be asked more than once and answers undefined to leave all as it is. */
  async change(
    key: SubjectKey,
    type: Identity['type'],
    change: (subject: Subject) => Subject | undefined,
  ): Promise<Subject> {
    const changed = await this.#subjects.change(key, (record) => {
      const next = change(record === undefined ? newSubject(type) : this.#open(key, record));
      return next && this.#seal(key, next);
    });
    return changed === undefined ? newSubject(type) : this.#open(key, changed);
  }

  /** With events, which `change` puts into `pending`: resolves when registry and account have followed. */
  async commit(
    key: SubjectKey,
    type: Identity['type'],
    change: (subject: Subject) => Subject | undefined,
  ): Promise<Subject> {
    const intent = await this.#due.begin(key);
    await this.change(key, type, change);
    const subject = await this.#settle(key, type);
    await this.#due.end(intent);
    return subject;
  }

  /** Ends what processes that died left half done, see `DueList.sweep`. */
  sweep(all = false): Promise<number> {
    return this.#due.sweep(async (of) => {
      const key = of as SubjectKey;
      const found = await this.#subjects.get(key);
      if (found !== undefined) await this.#settle(key, found.value.type);
      return true;
    }, all);
  }

  async #settle(key: SubjectKey, type: Identity['type']): Promise<Subject> {
    for (;;) {
      const subject = await this.find(key);
      if (subject === undefined) return newSubject(type);
      for (const event of subject.pending) await this.#parts.registry.enter(event);
      await this.#settleAccount(key, subject);
      if (subject.pending.length === 0) return subject;
      const entered = new Set(subject.pending.map(({ id }) => id));
      await this.change(key, type, (now) => ({
        ...now,
        pending: now.pending.filter(({ id }) => !entered.has(id)),
      }));
    }
  }

  /** The account last: one that takes mail has its entry in the registry. */
  async #settleAccount(subject: SubjectKey, { mailbox, pending }: Subject): Promise<void> {
    if (mailbox === undefined) return;
    const account = await this.#parts.accounts.find(mailbox.canonical);
    if (account === undefined || account.status === 'closed') return;
    // Who suspends an account without the gateway is not overruled: only events that are entered now change a status.
    const changesStatus = pending.some(({ kind }) => statusEvents.has(kind));
    const { level } = mailbox;
    const status = changesStatus ? mailbox.status : account.status;
    if (account.status === status && account.owner?.level === level) return;
    const cause = pending.at(-1)?.cause ?? 'gateway';
    await this.#parts.accounts.update(
      account.id,
      { status, owner: { subject, level } },
      { actor: `gateway:${cause}`, action: 'account.settle', detail: { level, status } },
    );
  }

  #open(key: SubjectKey, record: SubjectRecord): Subject {
    const { sealed, mailbox, ...rest } = record;
    const opened = sealed && this.#parts.vault.open(sealed, contextOf(key));
    return {
      type: rest.type,
      application: rest.application,
      acceptance: rest.acceptance,
      confirmed: rest.confirmed,
      pending: rest.pending as unknown as readonly RegistryEvent[],
      profile: opened === undefined || opened === '' ? undefined : (JSON.parse(opened) as Profile),
      mailbox,
    };
  }

  #seal(key: SubjectKey, subject: Subject): SubjectRecord {
    const { profile, pending, ...rest } = subject;
    const sealed = profile && this.#parts.vault.seal(JSON.stringify(profile), contextOf(key));
    const known = Object.entries({ ...rest, sealed }).filter(([, value]) => value !== undefined);
    return {
      v: 1,
      ...Object.fromEntries(known),
      pending: [...pending],
    } as unknown as SubjectRecord;
  }
}

/** What a seal of a subject's profile is bound to: it opens in no other record. */
function contextOf(key: SubjectKey): string {
  return `subject:${key}`;
}
