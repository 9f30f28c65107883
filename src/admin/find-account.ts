import { MailError } from '../core/errors.ts';
import type { Account } from '../store/api.ts';
import type { AdminContext } from './admin-context.ts';
import { fullAddress } from './full-address.ts';

/** The account of an address, or of a local part of the default domain. `not-found`, `invalid`. */
export async function findAccount(context: AdminContext, address: string): Promise<Account> {
  const canonical = fullAddress(context, address);
  const account = await context.accounts.find(canonical);
  if (account === undefined) throw new MailError('not-found', `No such account: ${canonical}`);
  return account;
}
