import { randomBytes } from 'node:crypto';
import type { RecordStore } from '../../store/records.ts';
import type { SubjectKey } from '../api.ts';
import { TypedRecords } from '../records/typed-records.ts';
import { limits } from './limits.ts';
import { type LookUp, lookUpSchema } from './look-up.ts';

/** One of a list; `cursor` asks for those before it. */
export type ListedLookUp = LookUp & { readonly cursor: string };

/** "Who looked me up": kept for whom it concerns, for good, whether or not the address was told. domain.md 6.4, 6.13 */
export class LookUps {
  readonly #lookUps: TypedRecords<LookUp>;
  readonly #random: (bytes: number) => Buffer;

  constructor(records: RecordStore, random: (bytes: number) => Buffer = randomBytes) {
    this.#lookUps = new TypedRecords(records, 'lookup', lookUpSchema);
    this.#random = random;
  }

  /** Resolves when it is durable. */
  async note(subject: SubjectKey, lookUp: LookUp): Promise<void> {
    // In order of time, and two at one moment are two.
    const moment = `${String(lookUp.at).padStart(15, '0')}-${this.#random(8).toString('hex')}`;
    await this.#lookUps.insert(`${subject}/${moment}`, lookUp);
  }

  /** Newest first, at most 100. */
  async list(
    subject: SubjectKey,
    options: { readonly before?: string; readonly limit?: number } = {},
  ): Promise<readonly ListedLookUp[]> {
    const prefix = `${subject}/`;
    const { before, limit = limits.pageLookups } = options;
    const kept = await this.#lookUps.list({
      prefix,
      newestFirst: true,
      limit: Math.min(limit, limits.pageLookups),
      ...(before !== undefined && { after: prefix + before }),
    });
    return kept.map(({ key, value }) => ({ ...value, cursor: key.slice(prefix.length) }));
  }
}
