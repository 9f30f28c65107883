/**
 * Small facts that are no mail: applications, the registry, sessions of the cabinet. A record is changed alone, by
 * comparing its version: there is no commit over several records, and whoever needs one writes down what it is about to
 * do, and does it again when it was left half done. Part of `MailStore`, see its rules; besides: when a change rejects
 * with `unavailable`, it may have happened all the same, as after a crash. A change that resolves tells the truth: of
 * those who race to change one version, one is told true.
 */
export interface RecordStore {
  /** Also undefined for a key that no record can have. */
  get(kind: RecordKind, key: string): Promise<StoredRecord | undefined>;
  /**
   * In order of the keys' UTF-8 octets, those after `after` (before it with `newestFirst`): all there are, or `limit`.
   * Each as it was at some moment of the call, not all as of one.
   */
  list(kind: RecordKind, options: RecordRange): Promise<readonly StoredRecord[]>;
  /**
   * Adds records one after the other and stops at the first whose key is taken; answers how many came. Their version is
   * 1, also where a record with that key was removed: who removes and adds again keys that somebody may still want to
   * change puts what tells them apart into the value. `limit`: a key or value is too long; `invalid`: a key is empty, or
   * one of them is no text. Then none comes.
   */
  insert(kind: RecordKind, records: readonly NewRecord[]): Promise<number>;
  /**
   * Gives the record of that version a new value and the next version. False: it is another one, or gone. `limit`,
   * `invalid` for the value.
   */
  replace(kind: RecordKind, key: string, version: number, value: string): Promise<boolean>;
  /** False as for `replace`. */
  remove(kind: RecordKind, key: string, version: number): Promise<boolean>;
}

/** Small Latin letters and hyphens, 32 at most: `registry`. Another one is a mistake of the program: `TypeError`. */
export type RecordKind = string;

export interface NewRecord {
  /** 1 to 512 octets of UTF-8, without NUL. */
  readonly key: string;
  /** 1 MiB of UTF-8 at most, without NUL. */
  readonly value: string;
}
export interface StoredRecord extends NewRecord {
  readonly version: number;
}
/** With its kind, for those who carry all of them. */
export interface KeptRecord extends StoredRecord {
  readonly kind: RecordKind;
}

export interface RecordRange {
  /** Only keys that begin so. */
  readonly prefix?: string;
  readonly after?: string;
  /** 1 to 1000; another one is a mistake of the program: `RangeError`. */
  readonly limit: number;
  readonly newestFirst?: boolean;
}
