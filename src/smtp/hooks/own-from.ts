import { canonicalAddress } from '../../account/address.ts';
import { parseAddressList } from '../../mail/address.ts';
import { rawHeaderText } from '../../mail/header.ts';
import { pass, refuse, type SmtpHook } from '../hook.ts';

/** Authors that are looked at; a letter of more has no reader who would check them. */
const maxAuthors = 100;

/**
 * The From field names the user who submits, among other authors perhaps (RFC 5322 §3.6.2). A letter without the field
 * was given one. Two of them are refused: programs do not agree which one to show (RFC 5322 §3.6 allows one).
 */
export const ownFrom: SmtpHook = {
  name: 'own-from',
  phase: 'message',
  check({ client }, facts) {
    if (client.account === undefined || facts.from.length === 0) return pass;
    if (facts.from.length > 1) return refuse(550, '6.0', 'There may be one From field only');
    const own = client.account.canonical;
    const authors = parseAddressList(rawHeaderText(facts.from[0] as Buffer), maxAuthors);
    const found = authors.some(
      ({ mailbox, host }) =>
        mailbox !== undefined &&
        host !== undefined &&
        canonicalAddress(`${mailbox}@${host}`) === own,
    );
    return found ? pass : refuse(550, '7.1', 'From must be your mailbox address');
  },
};
