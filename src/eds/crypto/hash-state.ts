/** A hash between two pieces of its content, as plain data: it may go on in another thread. */
export interface HashState {
  readonly state: Uint8Array;
  /** What is there of the next block. */
  readonly block: Uint8Array;
  readonly filled: number;
  readonly bytes: number;
}
