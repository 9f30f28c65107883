import type { AccountId, EmailId, MailboxId, ThreadId } from '../core/values.ts';

// objectid = 1*255(ALPHA / DIGIT / "_" / "-"), RFC 8474 §4. The store's ids are of one account, so the account is part
// of the text: with shared mailboxes a session sees several. The letters keep the three kinds apart.

/** MAILBOXID, RFC 8474 §4: kept by RENAME, never used again. */
export function mailboxObjectId(account: AccountId, mailbox: MailboxId): string {
  return `F${account}-${mailbox}`;
}

/** EMAILID, RFC 8474 §5.1: equal for all copies of the same octets in an account. */
export function emailObjectId(account: AccountId, email: EmailId): string {
  return `E${account}-${email}`;
}

/** THREADID, RFC 8474 §5.2. */
export function threadObjectId(account: AccountId, thread: ThreadId): string {
  return `T${account}-${thread}`;
}

/** The email an EMAILID names; undefined for what is none of this account. */
export function emailFromObjectId(account: AccountId, text: string): EmailId | undefined {
  return numberIn(`E${account}-`, text) as EmailId | undefined;
}

/** The thread a THREADID names; undefined for what is none of this account. */
export function threadFromObjectId(account: AccountId, text: string): ThreadId | undefined {
  return numberIn(`T${account}-`, text) as ThreadId | undefined;
}

function numberIn(prefix: string, text: string): number | undefined {
  const digits = text.slice(prefix.length);
  return text.startsWith(prefix) && /^[1-9][0-9]{0,14}$/.test(digits) ? Number(digits) : undefined;
}
