import { pass, refuse, type SmtpHook } from '../hook.ts';

/** Refuses recipients of ours who get no mail. */
export const recipient: SmtpHook = {
  name: 'recipient',
  phase: 'rcpt',
  check(_, __, route) {
    switch (route.kind) {
      case 'local':
      case 'remote':
        return pass;
      case 'unknown':
        return refuse(550, '1.1', 'No such mailbox');
      case 'suspended':
        return refuse(550, '2.1', 'Mailbox is suspended');
      case 'closed':
        return refuse(550, '1.6', 'Mailbox closed');
      case 'full':
        // 452, not 552: the owner may delete mail, and the sender will try again.
        return refuse(452, '2.2', 'Mailbox is full');
    }
  },
};
