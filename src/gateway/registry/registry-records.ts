import * as z from 'zod';
import { MailError } from '../../core/errors.ts';
import type { RecordStore } from '../../store/records.ts';
import type { RegistryEntry, SubjectKey } from '../api.ts';
import { type Kept, TypedRecords } from '../records/typed-records.ts';
import { digestOf, entryKey, entrySchema, noDigest } from './entry.ts';
import { limits } from './limits.ts';
import { type NumberedView, viewSchema } from './view.ts';

/** The last entry of a chain, or of a part of it: its number and the digest of its text. */
export interface ChainHead {
  readonly number: number;
  readonly digest: string;
}

/** The head of a chain without entries. */
export const emptyHead: ChainHead = { number: 0, digest: noDigest };

const numberSchema = z.strictObject({ number: z.int().min(1) });
const headSchema: z.ZodType<ChainHead> = z.strictObject({
  number: z.int().min(1),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});

export const markKey = 'projected';

/** The unified base in the record store: the journal, which is the truth, and what is made from it to be found by. */
export class RegistryRecords {
  /** By number in 12 digits. */
  readonly entries: TypedRecords<RegistryEntry>;
  /** The numbers of the entries by event id. */
  readonly events: TypedRecords<{ readonly number: number }>;
  /** The same by owner and number. */
  readonly histories: TypedRecords<{ readonly number: number }>;
  /** By owner: the mailbox that was made last. */
  readonly views: TypedRecords<NumberedView>;
  /** By address: each mailbox that ever was. */
  readonly addresses: TypedRecords<NumberedView>;
  /** How far the others were made from the journal. */
  readonly marks: TypedRecords<ChainHead>;

  constructor(records: RecordStore) {
    this.entries = new TypedRecords(records, 'registry', entrySchema);
    this.events = new TypedRecords(records, 'registry-event', numberSchema);
    this.histories = new TypedRecords(records, 'registry-history', numberSchema);
    this.views = new TypedRecords(records, 'registry-view', viewSchema);
    this.addresses = new TypedRecords(records, 'registry-address', viewSchema);
    this.marks = new TypedRecords(records, 'registry-mark', headSchema);
  }

  /** Entries after that number, oldest first. */
  after(number: number): Promise<readonly Kept<RegistryEntry>[]> {
    return this.entries.list({
      limit: limits.pageEntries,
      ...(number > 0 && { after: entryKey(number) }),
    });
  }

  /** Those of one owner, oldest first. */
  async history(subject: SubjectKey): Promise<RegistryEntry[]> {
    const found: RegistryEntry[] = [];
    for await (const { value } of this.histories.all(historyKey(subject))) {
      const entry = await this.entries.get(entryKey(value.number));
      if (entry === undefined) {
        throw new MailError(
          'internal',
          `Entry ${value.number} of the registry is missing; verify it`,
        );
      }
      found.push(entry.value);
    }
    return found;
  }
}

/** The key of an entry in its owner's history; without a number what all of them begin with. */
export function historyKey(subject: SubjectKey, number?: number): string {
  return `${subject}/${number === undefined ? '' : entryKey(number)}`;
}

export function headOf({ value, text }: Kept<RegistryEntry>): ChainHead {
  return { number: value.number, digest: digestOf(text) };
}
