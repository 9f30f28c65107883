import type { SmtpHook } from '../hook.ts';
import type { SmtpProfile } from '../options.ts';
import { loop } from './loop.ts';
import { ownAddress } from './own-address.ts';
import { ownFrom } from './own-from.ts';
import { recipient } from './recipient.ts';
import { relayAccess } from './relay-access.ts';
import { size } from './size.ts';

/** The policy that a profile cannot do without, in the order it is asked. Only a logged-in user can make us relay. */
export function standardHooks(
  profile: SmtpProfile,
  maxMessageBytes: number,
  relays: boolean,
): readonly SmtpHook[] {
  if (profile !== 'submission') return [size(maxMessageBytes), recipient, relayAccess, loop];
  const access = relays ? [] : [relayAccess];
  return [size(maxMessageBytes), ownAddress, recipient, ...access, ownFrom, loop];
}
