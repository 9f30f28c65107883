/** Named bounds that both stores keep. What a client can reach has a test in `test/store`. */

/** Contents up to this many octets live in rows; larger ones in a file of their own. */
export const inlineBodyBytes = 64 * 1024;
/** Mailboxes in one account, `\Noselect` names too. */
export const mailboxesPerAccount = 5_000;
/** Names an account may be subscribed to, whether they exist or not. */
export const subscriptionsPerAccount = 10_000;
/** Octets of a mailbox name in UTF-8. */
export const mailboxNameBytes = 1_000;
/** Levels of hierarchy in a mailbox name. */
export const mailboxLevels = 32;
/** Delivery ids kept for an account at least; a retry comes minutes after its first attempt, not thousands of letters. */
export const deliveryIdsKept = 256;
/** The last UID and the last UIDVALIDITY that 32 bits hold. RFC 9051 §2.3.1.1. */
export const lastUid = 0xffff_ffff;
/** Octets of UTF-8 in the key of a record, and in its value. */
export const recordKeyBytes = 512;
export const recordValueBytes = 1024 * 1024;
/** Records that one list may ask for. */
export const recordsListed = 1_000;
/** Accounts whose mailboxes the protocol thread keeps in memory besides those in use. */
export const accountsCached = 2_048;
/** Look-ups by address, and quota figures, kept on the protocol thread. */
export const addressesCached = 50_000;
/** Messages in views kept open for the next SELECT after everybody closed them: 28 octets each. */
export const idleViewMessages = 1_000_000;
/** Octets that may wait for the disk before a writer of a large content is asked to wait. */
export const spoolBufferBytes = 256 * 1024;
/** How long expunged messages are remembered for QRESYNC and kept for undelete. */
export const tombstoneDays = 30;
/** How long content that nobody names is left alone: a crash may be followed by a retry that needs it. */
export const garbageHours = 24;
/** Characters of a letter's text beyond which the index takes its different trigrams instead of the text. */
export const longTextChars = 1024 * 1024;
/** Different trigrams of a letter beyond which it is not indexed but looked at by every search. */
export const mostTrigramsKept = 400_000;
/** How long the index lets letters gather before it takes them: few large steps cost less than many small ones. */
export const indexDelayMs = 2_000;
