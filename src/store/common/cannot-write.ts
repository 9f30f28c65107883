import { MailError } from '../../core/errors.ts';

/** What clients are told of a disk that is full. */
export const diskFull = 'The store has no room now';

/** A file could not be written: `disk-full`, or `unavailable` for any other state of the machine. */
export function cannotWrite(cause: unknown): MailError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new MailError('disk-full', diskFull, { cause })
    : new MailError('unavailable', 'The store cannot write now', { cause });
}
