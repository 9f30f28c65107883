/** Named bounds of the embedded store. What a client can reach has a test in `test/store`. */

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
/** Operations that one commit may carry. */
export const groupOperations = 256;
/** Octets of bodies that one commit may carry. */
export const groupBytes = 16 * 1024 * 1024;
/** Account heads that a writer keeps in memory. */
export const headsCached = 8_192;
/** Accounts whose mailboxes the protocol thread keeps in memory besides those in use. */
export const accountsCached = 2_048;
/** Look-ups by address, and quota figures, kept on the protocol thread. */
export const addressesCached = 50_000;
/** Messages in views kept open for the next SELECT after everybody closed them: 28 octets each. */
export const idleViewMessages = 1_000_000;
/** Octets that may wait for the disk before a writer of a large content is asked to wait. */
export const spoolBufferBytes = 256 * 1024;
/** Emails that one read asks of a reader thread, so that no read holds a thread for long. */
export const describeBatch = 256;
/** Pages of a log after which it is copied into its database, beside the commits that go on. */
export const checkpointPages = 2_000;
/** Pages of a log after which the writer lets commits wait until it is copied to its end. */
export const checkpointForcedPages = 16_000;
/** How long expunged messages are remembered for QRESYNC and kept for undelete. */
export const tombstoneDays = 30;
/** How long content that nobody names is left alone: a crash may be followed by a retry that needs it. */
export const garbageHours = 24;
/** Rows that one step of the collector looks at, so that commits do not wait for it. */
export const collectSlice = 500;
/** Contents, and characters of their texts, that one commit of the search index carries. */
export const indexedContents = 500;
export const indexedChars = 4 * 1024 * 1024;
/** Octets of kept texts that one read compares, so that no search holds a reader thread for long. */
export const comparedOctets = 4 * 1024 * 1024;
/** Characters of a letter's text beyond which the index takes its different trigrams instead of the text. */
export const longTextChars = 1024 * 1024;
/** Different trigrams of a letter beyond which it is not indexed but looked at by every search. */
export const mostTrigramsKept = 400_000;
/** How long the index lets letters gather before it takes them: few large steps cost less than many small ones. */
export const indexDelayMs = 2_000;
