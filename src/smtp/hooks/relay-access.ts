import { pass, refuse, type SmtpHook } from '../hook.ts';

/** Takes mail for our own domains only: an open relay would be everybody's. */
export const relayAccess: SmtpHook = {
  name: 'relay-access',
  phase: 'rcpt',
  check: (_, __, route) =>
    route.kind === 'remote' ? refuse(550, '7.1', 'We do not relay for you') : pass,
};
