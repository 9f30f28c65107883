import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { AccountId } from '../../core/values.ts';
import type { AccountStore } from '../../store/api.ts';
import type { RecordStore } from '../../store/records.ts';
import { TypedRecords } from '../records/typed-records.ts';
import { limits } from './limits.ts';
import type { MailboxActivity } from './resolver.ts';

export interface MailboxUseParts {
  readonly records: RecordStore;
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly clock: Clock;
}

const useSchema = z.strictObject({ at: z.int() });

/** When somebody last logged in to a mailbox, to the day: what tells a dormant one. */
export class MailboxUse implements MailboxActivity {
  readonly #parts: MailboxUseParts;
  readonly #uses: TypedRecords<{ readonly at: number }>;
  /** What this process noted, oldest first, so that most logins write nothing. */
  readonly #noted = new Map<AccountId, number>();

  constructor(parts: MailboxUseParts) {
    this.#parts = parts;
    this.#uses = new TypedRecords(parts.records, 'mailbox-use', useSchema);
  }

  /** Somebody logged in now. Written once a day. */
  async note(account: AccountId): Promise<void> {
    const now = this.#parts.clock.now();
    if (now - (this.#noted.get(account) ?? -Infinity) < limits.useMs) return;
    this.#noted.delete(account);
    this.#noted.set(account, now);
    const [oldest] = this.#noted.keys();
    if (this.#noted.size > limits.notedUses && oldest !== undefined) this.#noted.delete(oldest);
    await this.#uses.change(String(account), (known) =>
      known !== undefined && now - known.at < limits.useMs ? undefined : { at: now },
    );
  }

  async lastUsed(canonical: string): Promise<number | undefined> {
    const account = await this.#parts.accounts.find(canonical);
    return account && (await this.#uses.get(String(account.id)))?.value.at;
  }
}
