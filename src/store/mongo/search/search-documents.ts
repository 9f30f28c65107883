import { textVersion } from '../../common/texts/letter-text.ts';
import type { TextPart } from '../../api.ts';
import type { Filter } from '../database.ts';
import { blockPartitions } from './gram-block.ts';

/*
 * The index of texts. All of it may be thrown away at any time. A document names the account, then the version of the
 * texts, so that programs of two versions beside each other each have their own.
 */

/**
 * `texts`: what needles are compared with, see `kept-text.ts`. `p` 0 holds both texts of an email, 1 a large header,
 * 2 a large body.
 */
export interface TextDocument {
  readonly _id: { readonly a: number; readonly v: number; readonly e: number; readonly p: number };
  readonly a: number;
  /** Not there: in a document of its own when `w` says so, or else not kept. */
  readonly header?: Buffer;
  readonly body?: Buffer;
  /** Bits: a wide header, a wide body, a large header, a large body. */
  readonly w: number;
}
export const wideBit: Readonly<Record<TextPart, number>> = { header: 1, body: 2 };
export const largeBit: Readonly<Record<TextPart, number>> = { header: 4, body: 8 };
export const largeAt: Readonly<Record<TextPart, number>> = { header: 1, body: 2 };

/** Keys of `grams`: `k` says what it is, `b` is an email or a block, `g` the making of a block. */
export interface GramKey {
  readonly a: number;
  readonly v: number;
  readonly k: number;
  readonly b: number;
  readonly g: string;
}
/** How far the account is in blocks: of every email below `upTo` that was there then. */
export interface StateDocument {
  readonly _id: GramKey;
  readonly a: number;
  readonly upTo: number;
}
/** A block: who is in it, and whose texts; a text that is not has too many trigrams, or could not be read. */
export interface MembersDocument {
  readonly _id: GramKey;
  readonly a: number;
  /** Which partitions are its own. */
  readonly making: string;
  readonly members: Buffer;
  readonly header: Buffer;
  readonly body: Buffer;
}
/** An email that is in no block yet: its grams. */
export interface SingleDocument {
  readonly _id: GramKey;
  readonly a: number;
  readonly header: Buffer | null;
  readonly body: Buffer | null;
}
/** A part of a block, written before its members and never changed. */
export interface PartitionDocument {
  readonly _id: GramKey;
  readonly a: number;
  readonly d: Buffer;
}

export const stateKind = 0;
export const membersKind = 1;
export const singleKind = 2;
const firstPartitionKind = 3;
export const kindCount = firstPartitionKind + 2 * blockPartitions;

export function partitionKind(part: TextPart, partition: number): number {
  return firstPartitionKind + (part === 'header' ? 0 : blockPartitions) + partition;
}

export function gramKey(a: number, k: number, b: number, g = ''): GramKey {
  return { a, v: textVersion, k, b, g };
}

/** The keys of a kind with `b` from `first` to `last`. */
export function gramRange(a: number, k: number, first = 0, last = 0xffff_ffff): Filter {
  return { _id: { $gte: gramKey(a, k, first), $lt: gramKey(a, k, last + 1) }, a };
}

export function textKey(a: number, e: number, p = 0): TextDocument['_id'] {
  return { a, v: textVersion, e, p };
}

/** The keys of emails from `first` to `last`. */
export function textRange(a: number, first: number, last: number): Filter {
  return { _id: { $gte: textKey(a, first), $lt: textKey(a, last + 1) }, a };
}
