import type { OutboxDocument } from './outbox.ts';
import { type GoneRow, packGone, packNumbers, packRows, type PageRow } from './page.ts';
import { unpackGone, unpackNumbers, unpackRows } from './page.ts';

/**
 * What one change of an account did, as results: applying it again, or to what holds it already, changes nothing.
 * A change raises the account's `seq` by one; that number is the MODSEQ of all that it changed.
 */
export interface Entry {
  readonly s: number;
  /** Seconds. */
  readonly at: number;
  /** The commit that brought it: how a writer that lost the reply finds its own. */
  readonly commit: string;
  readonly ops: readonly Op[];
  /** How many documents of `payloads` hold them. */
  readonly payloads: number;
}

export type Op = RowOp | FactOp;
/** What happened to messages of a mailbox. */
export type RowOp =
  | { readonly k: 'added'; readonly m: number; readonly rows: readonly PageRow[] }
  /** Messages as they were elsewhere, in an account that nobody uses yet, or in a deleted mailbox. */
  | { readonly k: 'restored'; readonly m: number; readonly rows: readonly PageRow[] }
  /** Runs of `[first, last, f, f2]`: all messages of the range have these flags now. */
  | { readonly k: 'flagged'; readonly m: number; readonly runs: readonly number[] }
  | {
      readonly k: 'expunged';
      readonly m: number;
      readonly ranges: readonly number[];
      readonly lives: boolean;
    }
  /** Tombstones as they were elsewhere. */
  | { readonly k: 'buried'; readonly m: number; readonly gone: readonly GoneRow[] }
  /** Messages of tombstones that live again. */
  | { readonly k: 'revived'; readonly m: number; readonly ranges: readonly number[] }
  /** Messages of a deleted mailbox that are nobody's any more. */
  | { readonly k: 'dropped'; readonly m: number; readonly ranges: readonly number[] };
/** What is looked up by key, outside the pages. */
export type FactOp =
  /** An email of the account with its conversation, and what finds it: see `refs`. */
  | {
      readonly k: 'mail';
      readonly e: number;
      readonly t: number;
      readonly digest: string;
      readonly refs: readonly number[];
    }
  /** A delivery id that is remembered as long as the account. */
  | { readonly k: 'lasting'; readonly id: string; readonly v: number; readonly u: number }
  /** A notice of success that a sender asked for. */
  | { readonly k: 'note'; readonly note: OutboxDocument };

/** An entry in the head's `tail`: with its operations, or naming the payloads that hold them. */
export interface EntryDocument {
  readonly s: number;
  readonly t: number;
  readonly c: string;
  readonly o?: readonly OpDocument[];
  /** How many payloads. */
  readonly p?: number;
}
/** `payloads`: rows of large changes, written before the commit that names them and never changed. */
export interface PayloadDocument {
  readonly _id: { readonly a: number; readonly c: string; readonly s: number; readonly n: number };
  readonly a: number;
  readonly o: readonly OpDocument[];
}
export type OpDocument =
  { readonly k: RowOp['k']; readonly m: number; readonly r: Buffer; readonly l?: boolean } | FactOp;

export function packOp(op: Op): OpDocument {
  switch (op.k) {
    case 'added':
    case 'restored':
      return { k: op.k, m: op.m, r: packRows(op.rows) };
    case 'flagged':
      return { k: op.k, m: op.m, r: packNumbers(op.runs) };
    case 'expunged':
      return { k: op.k, m: op.m, r: packNumbers(op.ranges), ...(op.lives && { l: true }) };
    case 'buried':
      return { k: op.k, m: op.m, r: packGone(op.gone) };
    case 'revived':
    case 'dropped':
      return { k: op.k, m: op.m, r: packNumbers(op.ranges) };
    case 'mail':
    case 'lasting':
    case 'note':
      return op;
  }
}

export function unpackOp(op: OpDocument): Op {
  switch (op.k) {
    case 'added':
    case 'restored':
      return { k: op.k, m: op.m, rows: unpackRows(op.r) };
    case 'flagged':
      return { k: op.k, m: op.m, runs: unpackNumbers(op.r) };
    case 'expunged':
      return { k: op.k, m: op.m, ranges: unpackNumbers(op.r), lives: op.l === true };
    case 'buried':
      return { k: op.k, m: op.m, gone: unpackGone(op.r) };
    case 'revived':
    case 'dropped':
      return { k: op.k, m: op.m, ranges: unpackNumbers(op.r) };
    case 'mail':
    case 'lasting':
    case 'note':
      return op;
  }
}

/** How many octets an operation takes, about. */
export function weightOf(op: OpDocument): number {
  return 'r' in op && !('refs' in op) ? op.r.length + 32 : JSON.stringify(op).length;
}

export function isRowOp(op: Op): op is RowOp {
  return 'm' in op;
}
