/** Named bounds of the store on MongoDB. Those of the mailboxes are shared with the embedded store. */

/** UIDs of one page of a mailbox's index. */
export const pageUids = 256;
/** Entries that a head keeps at least for those who follow it. */
export const tailKept = 128;
/** Entries that are not in the pages yet, after which they are brought there. */
export const tailUnprojected = 32;
/** Entries that may wait for the pages; then a commit waits for them. */
export const tailFull = 96;
/** Octets of an entry above which its rows go into documents of their own, before the commit that names them. */
export const entryBytes = 16 * 1024;
/** Octets of rows in one such document. */
export const payloadBytes = 4 * 1024 * 1024;
/** Operations that one commit merges. */
export const mergedOperations = 64;
/** Octets of a piece of a large body. */
export const chunkBytes = 512 * 1024;
/** Documents that one read or write names. */
export const batchDocuments = 256;
/** How long an operation is tried again while others commit or the server does not answer. */
export const commitPatienceMs = 20_000;
/** Changes of a record that it remembers: those who did not hear whether theirs was made look for it there. */
export const changesKept = 16;
/** Commits to which others came first, after which a process asks them to leave way. */
export const racesLost = 3;
/** Attempts, a quarter of a second on the average, that a commit leaves way to who asked. */
export const turnAttempts = 8;
/** Records of whatever length that one read of all of them brings. */
export const recordsAtOnce = 64;
/** Octets of records that one write restores; a single record may be longer. */
export const recordsAtOnceBytes = 4 * 1024 * 1024;
/** How long the server may be silent while it owes an answer. */
export const answerMs = 10_000;
/** How long an operation may take with everything that the driver does about it, such as to find another connection. */
export const operationMs = 12_000;
/** An account's head that is younger answers what need not be exact: who it is, and whether a letter may come. */
export const glanceMs = 1_000;
/**
 * A head that is older is read again before letters are numbered by it: by then the collector may have removed letters
 * that came and went in between, and their numbers, which clients know, would be free.
 */
export const headStaleMs = 3_600_000;
/** How often the heads of accounts that somebody watches are asked for, where no hint says when. */
export const pollMs = 1_000;
/** The same while hints say when: only a hint that was lost waits for it. */
export const hintedPollMs = 30_000;
/** Heads that are asked for at once then. */
export const polledAtOnce = 32;
/** How long a name may be half given before another may take it. */
export const claimMs = 10_000;
/** Octets of a letter's texts, as they came, above which it is not indexed but looked at by every search. */
export const indexedOctets = 8 * 1024 * 1024;
/** Letters that the index of texts reads at once. */
export const indexedAtOnce = 16;
/** Octets of a kept text up to which it lies beside the other of its letter. */
export const keptTextBytes = 64 * 1024;
/** Kept texts that one read brings. */
export const textsAtOnce = 128;
/** Numbers past a block of letters after which nobody is expected to come late into it. */
export const blockSlack = 16;
/** Letters that wait for the index in this process; more are left to the first search that misses them. */
export const indexWaiting = 50_000;
/** Accounts whose index this process remembers to be complete. */
export const completeAccounts = 10_000;
