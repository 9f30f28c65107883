import type { Clock } from '../../core/clock.ts';
import { without } from '../../core/without.ts';
import { ulid } from '../../core/ulid.ts';
import type { RecordStore } from '../../store/records.ts';
import { RecordTable } from '../records/record-table.ts';
import type { IdentityVault } from '../vault/identity-vault.ts';
import {
  type ApplicationRecord,
  applicationRecord,
  type ApplicationSecrets,
  type StoredApplication,
} from './application-record.ts';

/** Applications as they are kept: what is about people is sealed. */
export class ApplicationTable {
  readonly #table: RecordTable<ApplicationRecord>;
  readonly #vault: IdentityVault;
  readonly #clock: Clock;

  constructor(records: RecordStore, vault: IdentityVault, clock: Clock) {
    this.#table = new RecordTable(records, 'application', applicationRecord);
    this.#vault = vault;
    this.#clock = clock;
  }

  /** A number for a new one. */
  newId(): string {
    return `ap_${ulid(this.#clock.now())}`;
  }

  async get(id: string): Promise<StoredApplication | undefined> {
    const row = await this.#table.get(id);
    return row && this.#open(id, row.value);
  }

  /** False: there is one with that number. */
  insert(application: StoredApplication): Promise<boolean> {
    return this.#table.insert(application.id, this.#seal(application));
  }

  /** `change` may be asked more than once and answers undefined to leave it as it is. Undefined: there is no such one. */
  async change(
    id: string,
    change: (application: StoredApplication) => StoredApplication | undefined,
  ): Promise<StoredApplication | undefined> {
    const changed = await this.#table.change(id, (record) => {
      const next = record === undefined ? undefined : change(this.#open(id, record));
      return next && this.#seal(next);
    });
    return changed && this.#open(id, changed);
  }

  #open(id: string, record: ApplicationRecord): StoredApplication {
    const { sealed, acceptance, waiting, ...rest } = without(record, 'v');
    const secrets = JSON.parse(this.#vault.open(sealed, contextOf(id))) as ApplicationSecrets;
    return { ...rest, id, acceptance, waiting, secrets };
  }

  #seal(application: StoredApplication): ApplicationRecord {
    const { id, secrets, acceptance, waiting, ...rest } = application;
    const sealed = this.#vault.seal(JSON.stringify(secrets), contextOf(id));
    return {
      v: 1,
      ...rest,
      ...(acceptance !== undefined && { acceptance }),
      ...(waiting !== undefined && { waiting }),
      sealed,
    };
  }
}

/** What a seal is bound to: it opens in no other record. */
function contextOf(id: string): string {
  return `application:${id}`;
}
