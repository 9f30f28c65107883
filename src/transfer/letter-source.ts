import type { SpecialUse } from '../core/values.ts';
import type { FlagSet } from '../store/api.ts';

/** Letters outside the store, to be read: an archive in files, or another server. */
export interface LetterSource {
  /** What there is to go through, in the units of `weight`; for progress alone. */
  measure(): Promise<{ readonly unit: 'letters' | 'octets'; readonly total: number }>;
  /** In order of name. A mailbox's letters are read before the next mailbox is asked for. */
  mailboxes(): AsyncIterable<SourceMailbox>;
  /** Also ends what is being waited for. */
  close(): Promise<void>;
}

export interface SourceMailbox {
  /** The levels of its name, decoded; none for the root, which is INBOX. */
  readonly levels: readonly string[];
  readonly specialUse: SpecialUse | undefined;
  /** What is said about it when it is passed over as a whole; then it has no letters. */
  readonly passedOver?: string;
  /**
   * Its letters in their order. `known` tells which identities were imported before, so that those are not read again;
   * a source whose identities come out of the octets (`identify`) leaves that to its caller.
   */
  letters(known: KnownIdentities): AsyncIterable<SourceItem>;
}

export type KnownIdentities = (identities: readonly string[]) => Promise<ReadonlySet<string>>;

export type SourceItem = SourceLetter | KnownLetters | BadLetter;

export interface SourceLetter {
  readonly kind: 'letter';
  /** Where it is, for what is said about it. Not its subject. */
  readonly name: string;
  readonly flags: FlagSet;
  /** Milliseconds; undefined: from its header, else `fallbackDate`. */
  readonly internalDate: number | undefined;
  readonly fallbackDate?: number;
  readonly weight: number;
  /** What it is known by, given the SHA-256 of its octets in hex: the same whenever the source is read again. */
  identify(sha256: string): string;
  /** Its octets with CRLF. Read to the end or not, before the next letter is asked for. A piece is valid until the next. */
  read(): AsyncIterable<Uint8Array>;
}

/** Letters that were imported before, that their mailbox holds as deleted, or that are in another mailbox too. */
export interface KnownLetters {
  readonly kind: 'known' | 'deleted' | 'elsewhere';
  readonly count: number;
  readonly weight: number;
}

/** A letter that cannot be read. */
export interface BadLetter {
  readonly kind: 'bad';
  readonly name: string;
  readonly weight: number;
  readonly message: string;
}

/** Letters asked about at once. */
export const pageSize = 256;
