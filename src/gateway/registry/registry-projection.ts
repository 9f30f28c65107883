import { MailError } from '../../core/errors.ts';
import type { RegistryEntry } from '../api.ts';
import type { Kept, TypedRecords } from '../records/typed-records.ts';
import {
  type ChainHead,
  emptyHead,
  headOf,
  historyKey,
  markKey,
  type RegistryRecords,
} from './registry-records.ts';
import { afterEntry, type NumberedView, ownersAfterEntry } from './view.ts';

type Entries = readonly Kept<RegistryEntry>[];
type Fold = (view: NumberedView | undefined, entry: RegistryEntry) => NumberedView;

/**
 * What the journal is found by. Made from it entry by entry, by whichever process comes first; doing it again changes
 * nothing, so that one who ends in the middle is made good for by the next. The mark tells how far it is.
 */
export class RegistryProjection {
  readonly #records: RegistryRecords;

  constructor(records: RegistryRecords) {
    this.#records = records;
  }

  /**
   * Takes in what the journal has and the projection has not; resolves with the end of the journal. Rejects with
   * `MailError` `internal` when the new entries do not go on from the last known one.
   */
  async catchUp(): Promise<ChainHead> {
    let head = await this.head();
    for (;;) {
      const page = await this.#nextEntries(head);
      if (page.length === 0) return head;
      head = await this.apply(head, page);
    }
  }

  /** A list may show an entry and not yet the one before it, when both come at this moment: then it is asked again. */
  async #nextEntries({ number }: ChainHead): Promise<Entries> {
    const page = await this.#records.after(number);
    const run = withoutGap(number, page);
    return run.length > 0 || page.length === 0 ? run : this.#records.after(number);
  }

  /** How far it is. */
  async head(): Promise<ChainHead> {
    return (await this.#records.marks.get(markKey))?.value ?? emptyHead;
  }

  /** Takes in entries that come right after the head; resolves with the new one. */
  async apply(head: ChainHead, entries: Entries): Promise<ChainHead> {
    const end = linked(head, entries);
    const numbers = entries.map(({ value: { id, subject, number } }) => ({ id, subject, number }));
    await this.#records.events.insertMissing(numbers.map(({ id, number }) => [id, { number }]));
    await this.#records.histories.insertMissing(
      numbers.map(({ subject, number }) => [historyKey(subject, number), { number }]),
    );
    await fold(this.#records.addresses, entries, ({ address }) => address, afterEntry);
    await fold(this.#records.views, entries, ({ subject }) => subject, ownersAfterEntry);
    await this.#records.marks.change(markKey, (mark) =>
      mark !== undefined && mark.number >= end.number ? undefined : end,
    );
    return end;
  }
}

function withoutGap(last: number, entries: Entries): Entries {
  const gap = entries.findIndex(({ value }, i) => value.number !== last + 1 + i);
  return gap < 0 ? entries : entries.slice(0, gap);
}

/** The head after the entries. A chain that was broken is not made longer. */
function linked(head: ChainHead, entries: Entries): ChainHead {
  let last = head;
  for (const kept of entries) {
    const { number, previous } = kept.value;
    if (number !== last.number + 1 || previous !== last.digest) {
      throw new MailError(
        'internal',
        `The registry is damaged after entry ${last.number}; verify it`,
      );
    }
    last = headOf(kept);
  }
  return last;
}

/** Brings the views that entries concern up to them. */
async function fold(
  records: TypedRecords<NumberedView>,
  entries: Entries,
  keyOf: (entry: RegistryEntry) => string,
  step: Fold,
): Promise<void> {
  const concerned = new Map<string, RegistryEntry[]>();
  for (const { value } of entries) {
    const list = concerned.get(keyOf(value));
    if (list === undefined) concerned.set(keyOf(value), [value]);
    else list.push(value);
  }
  for (const [key, its] of concerned) {
    await records.change(key, (view) => {
      const after = its.reduce<NumberedView | undefined>(step, view);
      return after === view ? undefined : after;
    });
  }
}
