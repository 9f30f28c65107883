import { MailError } from '../core/errors.ts';

const failures = {
  EACCES: 'no-permission',
  EPERM: 'no-permission',
  EROFS: 'no-permission',
  ENOENT: 'invalid',
  ENOTDIR: 'invalid',
  ENOSPC: 'unavailable',
  EDQUOT: 'unavailable',
} as const;

/** What an operator is told when files or another server fail; a defect stays what it is. */
export function transferFailure(error: unknown, server: boolean): unknown {
  if (error instanceof MailError || !(error instanceof Error)) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (Object.hasOwn(failures, code)) {
    const failure = failures[code as keyof typeof failures];
    return new MailError(failure, message, { cause: error });
  }
  if (!server || code === '') return error;
  const again = `The other server failed (${code}); run the same again`;
  return new MailError('unavailable', again, { cause: error });
}
