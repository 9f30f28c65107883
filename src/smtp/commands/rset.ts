import type { SmtpCommand } from '../command.ts';
import { reply } from '../reply.ts';

const ok = reply(250, '0.0', 'Ok');
const noArgument = reply(501, '5.4', 'RSET has no argument');

/** RSET: forgets the transaction, also between two chunks. RFC 5321 §4.1.1.5, RFC 3030 §2. */
export const rset: SmtpCommand = {
  name: 'RSET',
  run(session, argument) {
    if (argument !== '') return noArgument;
    session.resetTransaction();
    return ok;
  },
};
