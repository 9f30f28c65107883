import {
  type AccountId,
  inboxName,
  type MailboxId,
  type MailboxName,
  type ModSeq,
  type Uid,
} from '../../core/values.ts';
import type { Mailbox, Quota } from '../api.ts';
import { type AccountEvent, deliveredChange, viewChange } from './account-event.ts';
import { mailboxFrom, type MailboxRow } from '../common/mailbox-row.ts';
import { LiveView } from './live-view.ts';
import type { AccountSnapshot, ViewSnapshot } from './protocol.ts';
import { quotaOf } from './quota-cache.ts';

/** An account's mailboxes, subscriptions, quota and open views, kept current by the events of its commits. */
export class AccountState {
  readonly id: AccountId;
  readonly #mailboxes = new Map<number, Mailbox>();
  readonly #keywordCounts = new Map<number, number>();
  readonly #subscriptions: Set<MailboxName>;
  readonly #views = new Map<number, LiveView>();
  #inOrder: readonly number[] | undefined;
  #subscribed: ReadonlySet<MailboxName> | undefined;
  #seq: number;
  #quota: Quota;

  constructor(id: AccountId, snapshot: AccountSnapshot) {
    this.id = id;
    this.#seq = snapshot.seq;
    this.#quota = quotaOf(snapshot);
    this.#subscriptions = new Set(snapshot.subscriptions as MailboxName[]);
    for (const row of snapshot.mailboxes) this.#setMailbox(row);
  }

  get quota(): Quota {
    return this.#quota;
  }

  /** In order of name. */
  get mailboxes(): Mailbox[] {
    this.#inOrder ??= [...this.#mailboxes.values()]
      .sort((x, y) => (x.name < y.name ? -1 : 1))
      .map(({ id }) => id);
    return this.#inOrder.map((id) => this.#mailboxes.get(id) as Mailbox);
  }

  get subscriptions(): ReadonlySet<MailboxName> {
    this.#subscribed ??= new Set(this.#subscriptions);
    return this.#subscribed;
  }

  mailbox(id: number): Mailbox | undefined {
    return this.#mailboxes.get(id);
  }

  find(name: string): Mailbox | undefined {
    const wanted = name.toUpperCase() === inboxName ? inboxName : name;
    for (const mailbox of this.#mailboxes.values()) if (mailbox.name === wanted) return mailbox;
    return undefined;
  }

  /** The mailbox's view, loaded with `load` when there is none yet. */
  view(id: MailboxId, load: () => Promise<ViewSnapshot | undefined>): LiveView {
    const known = this.#views.get(id);
    if (known !== undefined) return known;
    const view = new LiveView(load());
    this.#views.set(id, view);
    return view;
  }

  /** Lets go of a view, unless it was replaced or somebody uses it. */
  dropView(id: MailboxId, view: LiveView): void {
    if (view.users === 0 && this.#views.get(id) === view) this.#views.delete(id);
  }

  /** Makes a commit visible; one that the snapshot held already is skipped. */
  apply(event: AccountEvent): void {
    if (event.seq <= this.#seq) return;
    this.#seq = event.seq;
    this.#quota = {
      usedBytes: event.bytes,
      usedMessages: event.count,
      limits: event.detail?.limits === undefined ? this.#quota.limits : limitsFrom(event),
    };
    if (event.delivered !== undefined) this.#applyDelivery(event);
    if (event.detail !== undefined) this.#applyDetail(event);
  }

  #applyDelivery({ seq, delivered }: AccountEvent): void {
    if (delivered === undefined) return;
    const { m } = delivered;
    const mailbox = this.#mailboxes.get(m);
    if (mailbox === undefined) return;
    this.#mailboxes.set(m, {
      ...mailbox,
      uidNext: (delivered.uid + 1) as Uid,
      highestModSeq: seq as ModSeq,
      messages: delivered.total,
      unseen: delivered.unseen,
      deleted: delivered.deleted,
      sizeBytes: delivered.bytes,
      deletedBytes: delivered.deletedBytes,
    });
    this.#views.get(m)?.apply({
      seq,
      keywords: undefined,
      changes: [deliveredChange(seq, delivered)],
      gone: false,
    });
  }

  #applyDetail({ seq, detail }: AccountEvent): void {
    if (detail === undefined) return;
    for (const id of detail.removed ?? []) this.#removeMailbox(id, seq);
    for (const row of detail.mailboxes ?? []) {
      if (this.#setMailbox(row)) {
        this.#views.get(row.m)?.apply({ seq, keywords: row.keywords, changes: [], gone: false });
      }
    }
    for (const change of detail.changes ?? []) {
      const view = this.#views.get(change.m);
      view?.apply({
        seq,
        keywords: undefined,
        changes: [viewChange(seq, change)],
        gone: false,
      });
    }
    if (detail.subscription !== undefined) {
      const name = detail.subscription.name as MailboxName;
      if (detail.subscription.subscribed) this.#subscriptions.add(name);
      else this.#subscriptions.delete(name);
      this.#subscribed = undefined;
    }
  }

  #removeMailbox(id: number, seq: number): void {
    this.#mailboxes.delete(id);
    this.#keywordCounts.delete(id);
    this.#inOrder = undefined;
    this.#views.get(id)?.apply({ seq, keywords: undefined, changes: [], gone: true });
    this.#views.delete(id);
  }

  /** True when the mailbox has new keywords. */
  #setMailbox(row: MailboxRow): boolean {
    const mailbox = mailboxFrom(row);
    if (this.#mailboxes.get(row.m)?.name !== mailbox.name) this.#inOrder = undefined;
    this.#mailboxes.set(row.m, mailbox);
    const before = this.#keywordCounts.get(row.m) ?? 0;
    this.#keywordCounts.set(row.m, row.keywords.length);
    return row.keywords.length > before;
  }
}

function limitsFrom({ detail }: AccountEvent): Quota['limits'] {
  const limits = detail?.limits;
  return { bytes: limits?.maxBytes ?? undefined, messages: limits?.maxCount ?? undefined };
}
