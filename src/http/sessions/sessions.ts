import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { SignedBy, SubjectKey } from '../../gateway/api.ts';
import { RecordTable } from '../../gateway/records/record-table.ts';
import type { IdentityVault } from '../../gateway/vault/identity-vault.ts';
import type { RecordStore } from '../../store/records.ts';
import { httpLimits } from '../limits.ts';
import {
  endedSchema,
  sessionSchema,
  signedBySchema,
  signedByText,
  type SessionLevel,
  type SessionRecord,
} from './session-record.ts';
import { Session } from './session.ts';

export interface SessionsOptions {
  readonly records: RecordStore;
  readonly vault: Pick<IdentityVault, 'seal' | 'open'>;
  readonly clock: Clock;
  readonly randomBytes?: (count: number) => Buffer;
}

/** `<end, ms since 1970 in base 36>.<32 octets>`: the end finds old records, and proves nothing. */
const tokenForm = /^([0-9a-z]{9})\.([\w-]{43})$/;

/**
 * Who is signed in, in the store, so that any process knows. The token is with the browser alone; the record is found by
 * its digest. A session ends after 20 minutes without a request, after 12 hours, or when it is ended.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions: RecordTable<SessionRecord>;
  readonly #ended: RecordTable<{ readonly v: 1; readonly until: number }>;
  readonly #randomBytes: (count: number) => Buffer;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#sessions = new RecordTable(options.records, 'session', sessionSchema);
    this.#ended = new RecordTable(options.records, 'session-end', endedSchema);
    this.#randomBytes = options.randomBytes ?? randomBytes;
  }

  async begin(level: SessionLevel, subject: SubjectKey, by: SignedBy): Promise<Session> {
    const now = this.#options.clock.now();
    const endsAt = now + httpLimits.sessionMs;
    const token = `${timeKey(endsAt)}.${this.#randomBytes(32).toString('base64url')}`;
    const key = keyOf(token, timeKey(endsAt));
    const value: SessionRecord = {
      v: 1,
      level,
      subject,
      sealed: this.#options.vault.seal(signedByText(by), contextOf(key)),
      createdAt: now,
      touchedAt: now,
    };
    if (!(await this.#sessions.insert(key, value))) throw new Error('a token came twice');
    return this.#session({ key, version: 1, value }, token, endsAt);
  }

  /** Undefined: there is none, or it has ended. Remembers that it was used. */
  async find(token: string): Promise<Session | undefined> {
    const [, end] = tokenForm.exec(token) ?? [];
    if (end === undefined) return undefined;
    const row = await this.#sessions.get(keyOf(token, end));
    if (row === undefined || (await this.#hasEnded(row.value, parseInt(end, 36)))) return undefined;
    const { clock } = this.#options;
    const session = this.#session(row, token, parseInt(end, 36));
    if (clock.now() - row.value.touchedAt < httpLimits.sessionTouchMs) return session;
    const value = { ...row.value, touchedAt: clock.now() };
    // Another request of the session may be faster, which is as good.
    const isTouched = await this.#sessions.replace(row, value);
    const touched = { ...row, value, version: isTouched ? row.version + 1 : row.version };
    return this.#session(touched, token, session.endsAt);
  }

  /** The applicant has a mailbox now. */
  async raise(session: Session): Promise<void> {
    await this.#sessions.change(session.row.key, (value) =>
      value?.level === 'applicant' ? { ...value, level: 'subject' } : undefined,
    );
  }

  /** Signs out. */
  async end(session: Session): Promise<void> {
    for (;;) {
      const row = await this.#sessions.get(session.row.key);
      if (row === undefined || (await this.#sessions.remove(row))) return;
    }
  }

  /** Ends all sessions of a subject that there are now: a key was stolen, a password reset, a head replaced. */
  async endAll(subject: SubjectKey): Promise<void> {
    const now = this.#options.clock.now();
    await this.#ended.change(subject, (value) =>
      value !== undefined && value.until >= now ? undefined : { v: 1, until: now },
    );
  }

  /** Removes sessions past their last moment; answers how many, 500 at most. */
  async sweep(): Promise<number> {
    const now = timeKey(this.#options.clock.now());
    let swept = 0;
    for (const row of await this.#sessions.list({ limit: httpLimits.sweptAtOnce })) {
      if (row.key >= now) break;
      if (await this.#sessions.remove(row)) swept += 1;
    }
    return swept;
  }

  async #hasEnded(value: SessionRecord, endsAt: number): Promise<boolean> {
    const now = this.#options.clock.now();
    if (now > endsAt || now - value.touchedAt > httpLimits.sessionIdleMs) return true;
    const ended = await this.#ended.get(value.subject);
    return ended !== undefined && value.createdAt <= ended.value.until;
  }

  #session(row: Session['row'], token: string, endsAt: number): Session {
    const { vault } = this.#options;
    return new Session(row, token, endsAt, () => {
      const json: unknown = JSON.parse(vault.open(row.value.sealed, contextOf(row.key)));
      const { bin, organisation, ...by } = signedBySchema.parse(json);
      return { ...by, bin, organisation };
    });
  }
}

function keyOf(token: string, end: string): string {
  return `${end}-${createHash('sha256').update(token).digest('hex')}`;
}

function contextOf(key: string): string {
  return `session:${key}`;
}

/** Nine digits are enough until the year 5188. */
function timeKey(ms: number): string {
  return ms.toString(36).padStart(9, '0');
}
