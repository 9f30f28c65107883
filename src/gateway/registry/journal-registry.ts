import { MailError } from '../../core/errors.ts';
import type { RecordStore } from '../../store/records.ts';
import type { Registry, RegistryEntry, RegistryEvent, RegistryView, SubjectKey } from '../api.ts';
import { entryKey, digestOf, eventSchema } from './entry.ts';
import { limits } from './limits.ts';
import { RegistryProjection } from './registry-projection.ts';
import { type ChainHead, emptyHead, RegistryRecords } from './registry-records.ts';
import { afterEntry, checkEvent, type NumberedView } from './view.ts';

interface Waiting {
  readonly event: RegistryEvent;
  readonly resolve: (entry: RegistryEntry) => void;
  readonly reject: (error: unknown) => void;
}

/** An event that can be the next entry. */
interface Planned {
  readonly waiting: Waiting;
  readonly entry: RegistryEntry;
}

/**
 * The unified base as a journal: entries that are never changed, each with the digest of the one before.
 *
 * An entry is in once its record is there: an insert of the number after the last. Whoever inserts has first brought
 * the projection up to that last entry, so it knows every event and every mailbox so far, and if somebody else was
 * faster the number is taken and it looks again. So no event is entered twice and no mailbox made twice, whatever
 * processes do and wherever one of them ends.
 */
export class JournalRegistry implements Registry {
  readonly #records: RegistryRecords;
  readonly #projection: RegistryProjection;
  readonly #waiting: Waiting[] = [];
  #working = false;

  constructor(records: RecordStore) {
    this.#records = new RegistryRecords(records);
    this.#projection = new RegistryProjection(this.#records);
  }

  /**
   * Rejects with `MailError`: `invalid` for what cannot happen to that mailbox, or is no event; `already-exists` for an
   * address that was there before, a second mailbox of an owner, and the id of another event; `unavailable`, and then
   * the same event can be given again.
   */
  enter(event: RegistryEvent): Promise<RegistryEntry> {
    const checked = eventSchema.safeParse(event);
    if (!checked.success) {
      const [issue] = checked.error.issues;
      const place = issue?.path.join('.') ?? '';
      return Promise.reject(
        new MailError('invalid', `Not an event of the registry: ${place} ${issue?.message ?? ''}`),
      );
    }
    if (this.#waiting.length >= limits.waitingEvents) {
      return Promise.reject(new MailError('unavailable', 'Too many events wait to be entered'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event: checked.data, resolve, reject });
      void this.#work();
    });
  }

  async find(subject: SubjectKey): Promise<RegistryView | undefined> {
    await this.#projection.catchUp();
    return shown((await this.#records.views.get(subject))?.value);
  }

  async findAddress(canonical: string): Promise<RegistryView | undefined> {
    await this.#projection.catchUp();
    return shown((await this.#records.addresses.get(canonical))?.value);
  }

  async history(subject: SubjectKey): Promise<readonly RegistryEntry[]> {
    await this.#projection.catchUp();
    return this.#records.history(subject);
  }

  /** The last entry: who notes it can tell later that nothing up to it was changed. */
  head(): Promise<ChainHead> {
    return this.#projection.catchUp();
  }

  /** Every entry as it is stored, a line of JSON each, oldest first; returns the head of what was told. */
  async *export(): AsyncGenerator<string, ChainHead, void> {
    let head = emptyHead;
    for await (const { key, value: text } of this.#records.entries.stored()) {
      head = { number: Number(key), digest: digestOf(text) };
      yield text;
    }
    return head;
  }

  /** Enters what waits, group by group. */
  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      while (this.#waiting.length > 0) {
        const group = this.#waiting.splice(0, limits.groupEvents);
        await this.#enterAll(group).catch((error: unknown) => {
          // Those that were answered before hear nothing of it.
          for (const { reject } of group) reject(error);
        });
      }
    } finally {
      this.#working = false;
    }
  }

  async #enterAll(group: readonly Waiting[]): Promise<void> {
    let open = group;
    for (let attempt = 0; attempt < limits.appendAttempts; attempt++) {
      const head = await this.#projection.catchUp();
      await this.#checkEnd(head);
      const { planned, later } = await this.#plan(open, head);
      open = later;
      if (planned.length > 0) {
        const came = await this.#append(head, planned);
        open = [...planned.slice(came).map(({ waiting }) => waiting), ...later];
      }
      if (open.length === 0) return;
    }
    throw new MailError('unavailable', 'Other processes are always faster; try again');
  }

  /** What comes next would vouch for the last entry: it has to be the one that was known. */
  async #checkEnd({ number, digest }: ChainHead): Promise<void> {
    if (number === 0) return;
    const last = await this.#records.entries.get(entryKey(number));
    if (last === undefined || digestOf(last.text) !== digest) {
      throw new MailError('internal', `Entry ${number} of the registry was changed; verify it`);
    }
  }

  /**
   * Answers those whose event is in, refuses what cannot happen, and gives the others their numbers. `later`: the same
   * event twice in a group; the second one finds the first.
   */
  async #plan(
    group: readonly Waiting[],
    head: ChainHead,
  ): Promise<{ planned: Planned[]; later: Waiting[] }> {
    const planned: Planned[] = [];
    const later: Waiting[] = [];
    const ids = new Set<string>();
    const mailboxes = new Map<string, NumberedView | undefined>();
    const owners = new Map<string, NumberedView | undefined>();
    let { number, digest } = head;
    for (const waiting of group) {
      const { event } = waiting;
      if (ids.has(event.id)) {
        later.push(waiting);
        continue;
      }
      const known = await this.#records.events.get(event.id);
      if (known !== undefined) {
        await this.#answerKnown(waiting, known.value.number);
        continue;
      }
      if (!mailboxes.has(event.address)) {
        mailboxes.set(event.address, (await this.#records.addresses.get(event.address))?.value);
      }
      if (!owners.has(event.subject)) {
        owners.set(event.subject, (await this.#records.views.get(event.subject))?.value);
      }
      try {
        checkEvent(event, mailboxes.get(event.address), owners.get(event.subject));
      } catch (error) {
        // Another process may have entered this very event since: its id is known before its mailbox is.
        const entered = await this.#records.events.get(event.id);
        if (entered === undefined) waiting.reject(error);
        else await this.#answerKnown(waiting, entered.value.number);
        continue;
      }
      number += 1;
      const entry: RegistryEntry = { ...event, number, previous: digest };
      digest = digestOf(this.#records.entries.write(entry));
      planned.push({ waiting, entry });
      ids.add(event.id);
      const view = afterEntry(mailboxes.get(event.address), entry);
      mailboxes.set(event.address, view);
      const own = owners.get(event.subject);
      if (event.kind === 'created' || own?.address === event.address) {
        owners.set(event.subject, view);
      }
    }
    return { planned, later };
  }

  async #answerKnown({ event, resolve, reject }: Waiting, number: number): Promise<void> {
    const entry = (await this.#records.entries.get(entryKey(number)))?.value;
    const same =
      entry?.id === event.id &&
      entry.kind === event.kind &&
      entry.subject === event.subject &&
      entry.address === event.address;
    if (same) resolve(entry);
    else reject(new MailError('already-exists', 'The id is that of another event'));
  }

  /** Answers those that came in; the others found their numbers taken. */
  async #append(head: ChainHead, planned: readonly Planned[]): Promise<number> {
    const came = await this.#records.entries.insertRun(
      planned.map(({ entry }) => [entryKey(entry.number), entry]),
    );
    const entries = planned.slice(0, came);
    if (came > 0) {
      await this.#projection.apply(
        head,
        entries.map(({ entry }) => ({
          key: entryKey(entry.number),
          version: 1,
          value: entry,
          text: this.#records.entries.write(entry),
        })),
      );
    }
    for (const { waiting, entry } of entries) waiting.resolve(entry);
    return came;
  }
}

function shown(view: NumberedView | undefined): RegistryView | undefined {
  if (view === undefined) return undefined;
  const { subject, subjectType, address, level, status, createdAt, changedAt } = view;
  return { subject, subjectType, address, level, status, createdAt, changedAt };
}
