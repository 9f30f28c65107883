import type { FlagSet } from '../store/api.ts';
import type { ExportedName } from './exported-name.ts';

/** Where letters of an account are written to. */
export interface LetterTarget {
  /** Opens the place of a mailbox, made when it is missing; no levels are INBOX. */
  mailbox(levels: readonly string[]): Promise<TargetMailbox>;
}

export interface TargetMailbox {
  /** `unchanged`: it is there; `renamed`: it was, with other flags. Undefined: it is to be written. */
  find(letter: ExportedLetter): Promise<'unchanged' | 'renamed' | undefined>;
  /** Writes it; a file that is seen under its name is whole. */
  write(letter: ExportedLetter, octets: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Resolves when what was written and renamed so far is on the disk and under its name, as far as the format has parts
   * that can be seen before the whole is there. To be called now and then: what waits for it holds files open.
   */
  settle(): Promise<void>;
  /** Ends the mailbox: all of it is on the disk and stays; `false` leaves what was there before. */
  close(complete: boolean): Promise<void>;
  /** Keywords that the format had no place for. */
  readonly lostKeywords: number;
}

export interface ExportedLetter extends ExportedName {
  readonly flags: FlagSet;
}
