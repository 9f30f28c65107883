/**
 * Small facts that are no mail: applications, the registry, sessions of the cabinet. A record is changed alone, by
 * comparing its version: there is no commit over several records, and whoever needs one writes down what it is about to
 * do, and does it again when it was left half done. Part of `MailStore`, see its rules.
 */
export interface RecordStore {
  get(kind: RecordKind, key: string): Promise<StoredRecord | undefined>;
  /** In order of the keys' UTF-8 octets, those after `after` (before it with `newestFirst`). */
  list(kind: RecordKind, options: RecordRange): Promise<readonly StoredRecord[]>;
  /**
   * Adds records one after the other and stops at the first whose key is taken; answers how many came. Their version is
   * 1. `limit`: a key or value is too long.
   */
  insert(kind: RecordKind, records: readonly NewRecord[]): Promise<number>;
  /** Gives the record of that version a new value and the next version. False: it is another one, or gone. `limit` */
  replace(kind: RecordKind, key: string, version: number, value: string): Promise<boolean>;
  /** False as for `replace`. */
  remove(kind: RecordKind, key: string, version: number): Promise<boolean>;
}

/** Small Latin letters and hyphens, 32 at most: `registry`. */
export type RecordKind = string;

export interface NewRecord {
  /** 1 to 512 octets of UTF-8, without NUL. */
  readonly key: string;
  /** 1 MiB of UTF-8 at most. */
  readonly value: string;
}
export interface StoredRecord extends NewRecord {
  readonly version: number;
}

export interface RecordRange {
  /** Only keys that begin so. */
  readonly prefix?: string;
  readonly after?: string;
  readonly limit: number;
  readonly newestFirst?: boolean;
}
