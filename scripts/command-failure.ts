import { CommanderError } from 'commander';
import { type ExitReason, exitCodeOf, exitCodes } from '../src/admin/exit-codes.ts';
import { BackendError } from '../src/backend-error.ts';
import { ConfigError } from '../src/config/config-error.ts';
import { MailError } from '../src/core/errors.ts';

/** A command that ends with a reason of the table in `zhashik help exit-codes`. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly reason: ExitReason;

  constructor(reason: ExitReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** The exit code for an error, and the words for standard error; '' when they were said already. */
export function explainFailure(error: unknown): { readonly code: number; readonly text: string } {
  if (error instanceof CommanderError) {
    // Asking for help or the version ends with 0 there; everything else is a wrong command line.
    return { code: error.exitCode === 0 ? exitCodes.ok[0] : exitCodes.usage[0], text: '' };
  }
  if (error instanceof CommandFailure) {
    return { code: exitCodes[error.reason][0], text: error.message };
  }
  if (error instanceof MailError) return { code: exitCodeOf(error.failure), text: error.message };
  if (error instanceof BackendError) {
    return { code: exitCodes[error.reason][0], text: error.message };
  }
  if (error instanceof ConfigError) return { code: exitCodes.config[0], text: error.message };
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return { code: exitCodes.noPermission[0], text: message };
  }
  const text = error instanceof Error ? (error.stack ?? message) : String(error);
  return { code: exitCodes.software[0], text };
}
