import type { MailboxId, ModSeq, Uid } from '../../core/values.ts';
import { MailboxView, type ViewChange } from '../mailbox-view.ts';
import type { ViewSnapshot } from './protocol.ts';

/** What an event means for one mailbox's view. */
export interface ViewEvent {
  readonly seq: number;
  /** The mailbox's keyword names after the change; undefined when they did not change. */
  readonly keywords: readonly string[] | undefined;
  readonly changes: readonly ViewChange[];
  /** The mailbox was deleted. */
  readonly gone: boolean;
}

/** A view that is being loaded or is kept current by events. */
export class LiveView {
  /** Sessions that have it open. */
  users = 0;
  readonly loaded: Promise<MailboxView | undefined>;
  #view: MailboxView | undefined;
  #early: ViewEvent[] = [];
  /** The commit that the snapshot was read at. */
  #snapshotSeq = 0;

  /** Events that arrive while the snapshot is on its way are kept until it is there. */
  constructor(snapshot: Promise<ViewSnapshot | undefined>) {
    this.loaded = snapshot.then((loaded) => {
      if (loaded === undefined) return undefined;
      this.#view = viewFrom(loaded);
      this.#snapshotSeq = loaded.seq;
      for (const event of this.#early) this.apply(event);
      this.#early = [];
      return this.#view;
    });
  }

  /** Messages in it; 0 while it is being loaded. */
  get count(): number {
    return this.#view?.count ?? 0;
  }

  /**
   * Makes an event visible unless the snapshot held it already: a reader sees a commit as soon as it is made, which can
   * be before the writer's report of it arrives here.
   */
  apply(event: ViewEvent): void {
    const view = this.#view;
    if (view === undefined) {
      this.#early.push(event);
      return;
    }
    if (event.seq <= this.#snapshotSeq) return;
    if (event.keywords !== undefined) {
      view.keywords.push(...event.keywords.slice(view.keywords.length));
    }
    for (const change of event.changes) view.apply(change);
    if (event.gone) view.gone = true;
  }
}

function viewFrom({ mailbox, columns }: ViewSnapshot): MailboxView {
  return new MailboxView(
    {
      id: mailbox.m as MailboxId,
      uidValidity: mailbox.uidValidity,
      uidNext: mailbox.uidNext as Uid,
      highestModSeq: mailbox.modSeq as ModSeq,
      keywords: mailbox.keywords,
    },
    columns,
  );
}
