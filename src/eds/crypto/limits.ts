/** Keys of one curve for which tables are kept; a table of a 512-bit curve is some 150 kB. */
export const maxPreparedKeys = 32;

/** Content that a thread hashes at one go; what else waits for the thread waits so much longer, some ten ms. */
export const hashPieceBytes = 256 * 1024;
