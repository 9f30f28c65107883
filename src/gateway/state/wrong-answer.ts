/** An answer that cannot be used; becomes a `StateUnavailable`. The message has nothing of the answer's values. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
  /** `unreadable`: no such format; `wrong`: it says something that we cannot take. */
  readonly trouble: 'unreadable' | 'wrong';

  constructor(trouble: 'unreadable' | 'wrong', message: string, options?: ErrorOptions) {
    super(message, options);
    this.trouble = trouble;
  }
}
