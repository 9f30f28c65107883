import type { SpecialUse } from '../../core/values.ts';
import type { AccountOwner, AccountStatus, AuditEntry } from '../api.ts';
import type { MailboxRow } from '../common/mailbox-row.ts';
import type { Entry, EntryDocument } from './entry.ts';
import type { RecentIds } from './recent-ids.ts';

/** A mailbox as the head holds it; expunges up to its `vanFloor` may be forgotten. */
export type Box = MailboxRow;
/** A deleted mailbox whose pages wait for the collector. */
export interface EndedBox {
  readonly m: number;
  readonly at: number;
  /** Null when it is not known any more. */
  readonly name: string | null;
  readonly keywords: readonly string[];
}

/**
 * `heads`: an account. The only place where anything becomes true: every change of the account is one conditional
 * write of this document, `v` being the condition; everything in `pages` and `refs` can be made again from it and from
 * the entries it went through.
 */
export interface HeadDocument {
  readonly _id: number;
  /** Counts writes that others must not overtake. */
  readonly v: number;
  /** The account's change number: MODSEQ. */
  readonly seq: number;
  /** Entries up to this are in the pages. */
  readonly base: number;
  readonly who: OwnerDocument;
  /** Octets and messages in use, and their limits. */
  readonly q: {
    readonly b: number;
    readonly n: number;
    readonly mb: number | null;
    readonly mn: number | null;
  };
  /** Numbers to come: mailbox, email; and the last UIDVALIDITY given. */
  readonly next: { readonly m: number; readonly e: number; readonly v: number };
  readonly mb: Readonly<Record<string, BoxDocument>>;
  readonly ended: readonly EndedBox[];
  readonly subs: readonly string[];
  readonly tail: readonly EntryDocument[];
  /** The newest delivery ids with their answers, see `RecentIds`. */
  readonly ids: readonly Buffer[];
  /** Audit records that came with changes of the account, until they are in `audit`. */
  readonly au: readonly AuditDocument[];
  /** What it is being restored from. */
  readonly rs?: string;
  /** The newest change with a notice that waits to be copied into the outbox. */
  readonly todo?: number;
  /** The newest change with tombstones that wait for their pages, and its time in seconds. */
  readonly xs?: number;
  readonly xt?: number;
  /** Somebody lost several races for this head, and asks the others to leave way. */
  readonly turn?: 1;
}
export interface OwnerDocument {
  /** `making` until its names are its own. */
  readonly status: AccountStatus | 'making' | 'dead';
  readonly address: string;
  readonly canonical: string;
  readonly skeleton: string;
  readonly hash: string | null;
  /** JSON */
  readonly scram: string | null;
  readonly at: number;
  readonly owner?: AccountOwner;
}
export interface AuditDocument {
  readonly _id: number;
  readonly at: number;
  readonly account: number | null;
  readonly actor: string;
  readonly action: string;
  readonly detail: AuditEntry['detail'] | null;
}
/** `[name, uidValidity, uidNext, modSeq, total, unseen, deleted, bytes, deletedBytes, use, selectable, vanFloor, …keywords]` */
export type BoxDocument = readonly (string | number | boolean | null)[];

/** A head as of one `v`; never changed, a commit makes the next one. */
export interface Head {
  readonly a: number;
  readonly v: number;
  readonly seq: number;
  readonly base: number;
  readonly who: OwnerDocument;
  readonly bytes: number;
  readonly count: number;
  readonly maxBytes: number | null;
  readonly maxCount: number | null;
  readonly nextMailbox: number;
  readonly nextEmail: number;
  readonly lastUidValidity: number;
  readonly boxes: ReadonlyMap<number, Box>;
  readonly ended: readonly EndedBox[];
  readonly subscriptions: ReadonlySet<string>;
  /** The newest entries, without a gap; those after `base` at least. */
  readonly tail: readonly Entry[];
  readonly ids: RecentIds;
  readonly restoring: string | undefined;
}

export function packBox(box: Box): BoxDocument {
  return [
    box.name,
    box.uidValidity,
    box.uidNext,
    box.modSeq,
    box.total,
    box.unseen,
    box.deleted,
    box.bytes,
    box.deletedBytes,
    box.use,
    box.selectable,
    box.vanFloor,
    ...box.keywords,
  ];
}

export function unpackBox(m: number, packed: BoxDocument): Box {
  const [name, uidValidity, uidNext, modSeq, total, unseen, deleted, bytes, deletedBytes] =
    packed as [string, ...number[]];
  return {
    m,
    name,
    uidValidity: uidValidity as number,
    uidNext: uidNext as number,
    modSeq: modSeq as number,
    total: total as number,
    unseen: unseen as number,
    deleted: deleted as number,
    bytes: bytes as number,
    deletedBytes: deletedBytes as number,
    use: packed[9] as SpecialUse | null,
    selectable: packed[10] as boolean,
    vanFloor: packed[11] as number,
    keywords: packed.slice(12) as string[],
  };
}
