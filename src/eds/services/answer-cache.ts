/** Answers of services, shared by all processes: what one has asked, the others need not. */
export interface AnswerCache {
  /** Undefined when it is not there, or its time is over. */
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, answer: Uint8Array, until: number): Promise<void>;
}
