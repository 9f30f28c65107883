import type { SmtpCommand } from '../command.ts';
import { reply } from '../reply.ts';

const bye = reply(221, '0.0', 'Bye');

/** QUIT: what was not finished is forgotten. RFC 5321 §4.1.1.10. */
export const quit: SmtpCommand = {
  name: 'QUIT',
  run(session) {
    session.hangUp(bye);
    return undefined;
  },
};
