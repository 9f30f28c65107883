import { canonicalAddress } from '../../account/address.ts';
import { pass, refuse, type SmtpHook } from '../hook.ts';

/**
 * A user submits under his own address only. The null reverse-path is allowed, because read receipts must have it
 * (RFC 8098 §3); `own-from` still asks whose letter it is.
 */
export const ownAddress: SmtpHook = {
  name: 'own-address',
  phase: 'mail',
  check({ client, reversePath }) {
    if (reversePath.domain === undefined || client.account === undefined) return pass;
    if (canonicalAddress(reversePath.text) === client.account.canonical) return pass;
    return refuse(550, '7.1', 'From must be your mailbox address');
  },
};
