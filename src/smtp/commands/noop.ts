import type { SmtpCommand } from '../command.ts';
import { reply } from '../reply.ts';

const ok = reply(250, '0.0', 'Ok');

/** NOOP; its argument means nothing. RFC 5321 §4.1.1.9. */
export const noop: SmtpCommand = { name: 'NOOP', run: () => ok };
