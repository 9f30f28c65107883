import type { SmtpCommand } from '../command.ts';
import { reply } from '../reply.ts';

/** HELP: shows the way to the standard, and no more. RFC 5321 §4.1.1.8. */
export const help: SmtpCommand = {
  name: 'HELP',
  run: () => reply(214, '0.0', 'See RFC 5321'),
};
