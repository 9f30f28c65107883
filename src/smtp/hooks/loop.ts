import { pass, refuse, type SmtpHook } from '../hook.ts';

/** RFC 5321 §6.3 asks for 100 at least. */
export const maxHops = 100;

/** Cuts mail loops: a message that went through a hundred servers is not on its way to anybody. RFC 5321 §6.3. */
export const loop: SmtpHook = {
  name: 'loop',
  phase: 'message',
  check: (_, facts) =>
    facts.receivedCount < maxHops ? pass : refuse(554, '4.6', 'Too many hops, a mail loop'),
};
