import { MailError } from '../../core/errors.ts';

/** Too much happened since a reply was lost. */
export function unknownOutcome(): MailError {
  return new MailError('unavailable', 'Nobody knows any more whether the change was made');
}
