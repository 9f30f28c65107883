/** What an account needs to know of a content to hold it as one of its messages. */
export interface LetterBrief {
  /** SHA-256 of the octets. */
  readonly digest: Uint8Array;
  readonly size: number;
  /** Hash of its Message-ID with the base subject. */
  readonly ref: number;
  /** The same of the messages it refers to. */
  readonly references: readonly number[];
}

/** A content with its renderings, ready for its row. */
export interface Letter extends LetterBrief {
  readonly version: number;
  readonly sent: number | null;
  readonly preview: string;
  readonly envelope: string;
  readonly envelope8: string | null;
  readonly structure: string;
  readonly structure8: string | null;
  readonly body: string;
  readonly body8: string | null;
  readonly headerBytes: number;
  readonly parts: string;
  readonly threading: string;
  /** All octets; undefined when they are in a file. */
  readonly octets: Uint8Array | undefined;
  /** For a content in a file: its header block, when that is small enough for a row. */
  readonly header: Uint8Array | undefined;
}
