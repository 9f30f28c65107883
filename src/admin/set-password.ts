import { newCredentials } from '../account/credentials.ts';
import { MailError } from '../core/errors.ts';
import type { AdminContext } from './admin-context.ts';
import { findAccount } from './find-account.ts';

export interface PasswordInput {
  readonly address: string;
  readonly password: string;
  readonly apply: boolean;
}

/** Gives an account a new password; the old one is wrong from then on. `not-found`, `invalid`. */
export async function setPassword(
  context: AdminContext,
  input: PasswordInput,
): Promise<{ readonly applied: boolean; readonly address: string }> {
  const account = await findAccount(context, input.address);
  if (account.status === 'closed') {
    throw new MailError('invalid', `${account.canonical} is closed and never changes again`);
  }
  const credentials = await newCredentials(context.maker, input.password, account.canonical);
  if (input.apply) {
    await context.credentialTurns.run(String(account.id), () =>
      context.accounts.update(
        account.id,
        { credentials },
        { actor: context.actor, action: 'account.passwd' },
      ),
    );
    // Whoever is logged in with the old password may be why there is a new one.
    context.endSessions(account.id);
  }
  return { applied: input.apply, address: account.canonical };
}
