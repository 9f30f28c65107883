import { hierarchyDelimiter, type MailboxName } from '../../core/values.ts';
import { decodeUtf7, encodeUtf7 } from './utf-7.ts';

/** Stands in front of what is no name in any spelling: no store has it, and `isMailboxName` refuses it. */
const impossible = '\0';

/**
 * The mailbox that a client means: NFC, INBOX in capitals, alone or as the first level. RFC 9051 §5.1. Modified
 * UTF-7 that is not well-formed is a name that cannot exist, so that it matches nothing.
 */
export function mailboxFromWire(wire: string, utf8: boolean): MailboxName {
  const text = patternFromWire(wire, utf8);
  const end = text.indexOf(hierarchyDelimiter);
  const first = end < 0 ? text : text.slice(0, end);
  const name = first.toUpperCase() === 'INBOX' ? `INBOX${text.slice(first.length)}` : text;
  return name as MailboxName;
}

/** The same for a pattern of LIST, whose wildcards are left alone. */
export function patternFromWire(wire: string, utf8: boolean): string {
  const text = utf8 ? wire : decodeUtf7(wire);
  return text === undefined ? impossible + wire : text.normalize('NFC');
}

/** How a name is written to the client, before quoting. */
export function mailboxToWire(name: string, utf8: boolean): string {
  return utf8 ? name : encodeUtf7(name);
}
