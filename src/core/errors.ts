/** What went wrong, in the mail system's own words: no IMAP, no SMTP, no HTTP. */
export type Failure =
  | 'not-found'
  | 'already-exists'
  | 'no-permission'
  | 'over-quota'
  | 'too-big'
  | 'limit'
  | 'in-use'
  | 'expunged'
  | 'invalid'
  | 'unavailable'
  /** The disk is full: unavailable too, with a reason that an operator can do something about. */
  | 'disk-full'
  | 'internal';

/** An outcome that a client may cause or should be told of. Everything else thrown is a bug or a broken machine. */
export class MailError extends Error {
  override readonly name = 'MailError';
  readonly failure: Failure;

  /** A client may be shown the message. What only the log should see goes into `cause`. */
  constructor(failure: Failure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
