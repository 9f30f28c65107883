/** Why a state database gave no answer that could be used. */
export type StateTrouble =
  /** Nothing came, or not all of it, or not in time, or it said that it is in trouble. */
  | 'silent'
  /** It does not take our request: our certificate, our signature, our template. */
  | 'refused'
  /** What came cannot be read, or is too much. */
  | 'unreadable'
  /** It can be read, and is about somebody else or says what our mapping does not know. */
  | 'wrong'
  /** It was not asked: it failed too often a moment ago. */
  | 'resting';

/**
 * A state database has not answered: what was to be learned is unknown, and may be asked again. The message has no
 * identity number and nothing of the answer.
 */
export class StateUnavailable extends Error {
  override readonly name = 'StateUnavailable';
  readonly trouble: StateTrouble;
  /** Of the request, as in the audit log. */
  readonly requestId: string;
  /** While it is `resting`: when it is asked again at the earliest. */
  readonly restsUntil: number | undefined;

  constructor(
    trouble: StateTrouble,
    message: string,
    about: { readonly requestId: string; readonly restsUntil?: number | undefined },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.trouble = trouble;
    this.requestId = about.requestId;
    this.restsUntil = about.restsUntil;
  }
}
