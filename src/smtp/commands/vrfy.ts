import type { SmtpCommand } from '../command.ts';
import { reply } from '../reply.ts';

/** VRFY: tells nobody who has an account. RFC 5321 §3.5.3 and §7.3. */
export const vrfy: SmtpCommand = {
  name: 'VRFY',
  run: (_, argument) =>
    argument === ''
      ? reply(501, '5.4', 'VRFY needs an address')
      : reply(252, '0.0', 'Cannot tell, send a letter and see'),
};
