import { canonicalAddress } from '../account/address.ts';
import { MailError } from '../core/errors.ts';
import type { AdminContext } from './admin-context.ts';

/** The canonical address that an operator means: a name without `@` is one of the default domain. `invalid` */
export function fullAddress({ defaultDomain }: AdminContext, address: string): string {
  const full = address.includes('@') ? address : `${address}@${defaultDomain}`;
  const canonical = canonicalAddress(full);
  if (canonical === undefined) throw new MailError('invalid', `Not an address: ${address}`);
  return canonical;
}
