import type { Flags } from '../common/flag-bits.ts';
import type { Letter } from '../common/letter-row.ts';
import type { AccountSnapshot as AccountRows, ContentUse } from './protocol.ts';

/*
 * The operations of upkeep between the threads: snapshots, restore, undelete, checks and mending. Names as in schema.ts.
 */

export interface RestoredRow {
  readonly letter: Letter;
  readonly u: number;
  readonly ms: number;
  readonly flags: Flags;
  readonly idate: number;
  readonly sdate: number;
}
export interface LayoutRow {
  readonly seq: number;
  readonly lastUidValidity: number;
  readonly nextMailbox: number;
  readonly mailboxes: readonly {
    readonly m: number;
    readonly name: string;
    readonly uidValidity: number;
    readonly uidNext: number;
    readonly modSeq: number;
    readonly use: AccountRows['mailboxes'][number]['use'];
    readonly selectable: boolean;
    readonly keywords: readonly string[];
    readonly vanFloor: number;
  }[];
  readonly subscriptions: readonly string[];
  readonly ended: readonly EndedRow[];
}
/** A deleted mailbox whose messages still wait for the collector. */
export interface EndedRow {
  readonly m: number;
  readonly name: string | null;
  /** Seconds. */
  readonly xt: number;
  readonly keywords: readonly string[];
}
/** A deleted message; `x` 0: of a deleted mailbox. */
export interface BuriedRow {
  readonly letter: Letter;
  readonly m: number;
  readonly u: number;
  readonly x: number;
  readonly xt: number;
  readonly flags: Flags;
  readonly idate: number;
}
/** A delivery id with its answer. */
export interface TakenRow {
  readonly id: string;
  readonly lasting: boolean;
  readonly uidValidity: number;
  readonly u: number;
}

export interface UpkeepShardOps {
  beginRestore: {
    args: { readonly a: number; readonly source: string; readonly layout: LayoutRow };
    result: 'begun' | 'resumed';
  };
  restoreMessages: {
    args: { readonly a: number; readonly m: number; readonly messages: readonly RestoredRow[] };
    result: number;
  };
  restoreTombstones: {
    args: {
      readonly a: number;
      readonly m: number;
      readonly tombstones: readonly {
        readonly u: number;
        readonly x: number;
        readonly xt: number;
      }[];
    };
    result: undefined;
  };
  restoreDeleted: {
    args: { readonly a: number; readonly messages: readonly BuriedRow[] };
    result: number;
  };
  restoreIds: {
    args: { readonly a: number; readonly ids: readonly TakenRow[] };
    result: undefined;
  };
  restoreRelay: {
    args: {
      readonly letter: Letter;
      readonly id: string;
      readonly json: string;
      readonly attempts: number;
      /** Milliseconds. */
      readonly at: number;
      readonly nextAt: number;
    };
    result: boolean;
  };
  finishRestore: { args: { readonly a: number }; result: undefined };
  undelete: {
    args: {
      readonly a: number;
      readonly to: number;
      /** `x` 0: of a deleted mailbox. Sizes, which contents of other shards have. */
      readonly messages: readonly {
        readonly m: number;
        readonly u: number;
        readonly x: number;
        readonly size: number;
        /** Seconds, for a tombstone without one. */
        readonly at: number;
      }[];
    };
    result: number;
  };
  /** Counts the mailboxes of an account again. */
  mendCounters: { args: { readonly a: number }; result: undefined };
  mendLink: { args: ContentUse; result: undefined };
  /** The row of `mail` that an email of the account is found by. */
  mendIdentity: {
    args: { readonly a: number; readonly e: number; readonly brief: Letter };
    result: undefined;
  };
  /** Writes the renderings of a content anew. */
  mendContent: { args: { readonly c: number; readonly letter: Letter }; result: undefined };
}

export interface SnapshotHead extends AccountRows {
  readonly id: number;
  readonly lastUidValidity: number;
  readonly nextMailbox: number;
  readonly ended: readonly EndedRow[];
  /** Mailboxes that messages are in, but that are not there. */
  readonly strays: readonly number[];
}
/** A message row without its digest, which another shard may have. */
export type IndexRow = readonly [
  u: number,
  ms: number,
  f: number,
  f2: number,
  size: number,
  idate: number,
  sdate: number,
  e: number,
];
/** With the digest; null: there is no such content. */
export type SnapshotRow = readonly [...IndexRow, digest: string | null];
/** `[x, u, e, xt, lives, u is a live message, f, f2, idate]`; the last three null: not known. */
export type GoneRow = readonly [
  x: number,
  u: number,
  e: number,
  xt: number,
  lives: number,
  alive: number,
  f: number | null,
  f2: number | null,
  idate: number | null,
];
/** With size and digest of the letter; null: there is no such content. */
export type TombstoneRow = readonly [...GoneRow, size: number | null, digest: string | null];
/** An entry of the outbox with the digest of its letter; null: there is no such content. */
export interface KeptRelayRow {
  readonly id: string;
  readonly c: number;
  readonly relay: string;
  readonly attempts: number;
  readonly at: number;
  readonly nextAt: number;
  readonly digest: string | null;
}
export interface Problem {
  readonly what: 'missing' | 'link' | 'identity' | 'size';
  readonly u: number;
  readonly e: number;
}
/** A content as its row describes it, to be held against its octets. */
export interface CheckedContent {
  readonly c: number;
  readonly size: number;
  readonly digest: Uint8Array;
  readonly file: boolean;
  /** Of the renderings as they are stored. */
  readonly fingerprint: string;
  /** Undefined when the octets are in a file: they are read apart. */
  readonly octets: 'good' | 'bad' | undefined;
  /** Whether the renderings are what this program makes of the octets; undefined for a file, and for bad octets. */
  readonly rendered: boolean | undefined;
}

export interface UpkeepReadOps {
  openSnapshot: { args: { readonly a: number }; result: SnapshotHead | undefined };
  snapshotMessages: {
    args: { readonly id: number; readonly m: number; readonly after: number };
    result: readonly SnapshotRow[];
  };
  snapshotProblems: {
    args: { readonly id: number; readonly m: number; readonly rows: readonly SnapshotRow[] };
    result: readonly Problem[];
  };
  snapshotTombstones: {
    args: { readonly id: number; readonly m: number; readonly after: readonly number[] };
    result: readonly TombstoneRow[];
  };
  /**
   * Puts down the emails of the account, some at a time; undefined when all are. Then the snapshot lets go of the log:
   * only the emails can be asked for.
   */
  gatherEmails: {
    args: { readonly id: number; readonly after: readonly [ref: number, digest: Uint8Array] };
    result: readonly [ref: number, digest: Uint8Array] | undefined;
  };
  /** Some of them, in order. */
  gatheredEmails: {
    args: { readonly id: number; readonly after: number };
    result: readonly number[];
  };
  /** Delivery ids of the account: all recent ones, or the lasting ones after one of them. */
  snapshotIds: {
    args: { readonly id: number; readonly lasting: boolean; readonly after: string };
    result: readonly TakenRow[];
  };
  keptRelays: {
    args: { readonly s: number; readonly after: string };
    result: readonly KeptRelayRow[];
  };
  /** Whether any shard took a relay or a receipt with this id and remembers it. */
  relayKnown: { args: { readonly id: string }; result: boolean };
  closeSnapshot: { args: { readonly id: number }; result: undefined };
  checkContents: {
    args: { readonly s: number; readonly contents: readonly number[] };
    result: readonly (CheckedContent | undefined)[];
  };
  /** Numbers of the contents of a shard that nobody uses. */
  unusedContents: {
    args: { readonly s: number; readonly after: number };
    result: { readonly unused: readonly number[]; readonly next: number | undefined };
  };
  /** Where an account has an email, at most some. */
  whereIs: {
    args: { readonly a: number; readonly e: number };
    result: readonly (readonly [m: number, u: number])[];
  };
  /** Accounts that a shard has heads for. */
  heads: { args: { readonly s: number; readonly after: number }; result: readonly number[] };
  /** Letters on their way out whose content is gone. */
  lostRelays: { args: { readonly s: number }; result: readonly string[] };
}
