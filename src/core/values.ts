/** An account: one subscriber's mail as a whole. Given once and never used again. */
export type AccountId = number & { readonly unit: 'account' };
/** A mailbox within its account. INBOX is always 1; an id is never used again. */
export type MailboxId = number & { readonly unit: 'mailbox' };
/** A message's unique identifier within a mailbox, 1 to 2^32-1. RFC 9051 §2.3.1.1. */
export type Uid = number & { readonly unit: 'uid' };
/** A message sequence number of one session, 1-based. RFC 9051 §2.3.1.2. */
export type SequenceNumber = number & { readonly unit: 'msn' };
/** The account's change number; also the MODSEQ of each mailbox in it. RFC 7162 §3.1.1, below 2^53. */
export type ModSeq = number & { readonly unit: 'modseq' };
/** Immutable content within an account: equal for all copies of the same bytes. RFC 8474 §5.1. */
export type EmailId = number & { readonly unit: 'email' };
/** Messages that belong to one conversation within an account. RFC 8474 §5.2. */
export type ThreadId = number & { readonly unit: 'thread' };
/** A mailbox name in UTF-8 NFC with `/` as hierarchy delimiter; INBOX is spelled in capitals. RFC 9051 §5.1. */
export type MailboxName = string & { readonly unit: 'mailbox-name' };

export const inboxId = 1 as MailboxId;
export const inboxName = 'INBOX' as MailboxName;
export const hierarchyDelimiter = '/';

/** The system flags of RFC 9051 §2.3.2 as bits. Keywords follow from bit 5, see `MailboxView`. */
export const flagBits = {
  '\\Answered': 1,
  '\\Flagged': 2,
  '\\Deleted': 4,
  '\\Seen': 8,
  '\\Draft': 16,
} as const;
export type SystemFlag = keyof typeof flagBits;
export const seenBit = flagBits['\\Seen'];
export const deletedBit = flagBits['\\Deleted'];

/** Mailbox attributes that say what a mailbox is for. RFC 6154 §2; `\Official` is the product's own. */
export const specialUses = [
  '\\All',
  '\\Archive',
  '\\Drafts',
  '\\Flagged',
  '\\Junk',
  '\\Sent',
  '\\Trash',
  '\\Official',
] as const;
export type SpecialUse = (typeof specialUses)[number];
