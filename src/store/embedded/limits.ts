/** Named bounds of the embedded store. What a client can reach has a test in `test/store`. */

/** Operations that one commit may carry. */
export const groupOperations = 256;
/** Octets of bodies that one commit may carry. */
export const groupBytes = 16 * 1024 * 1024;
/** Account heads that a writer keeps in memory. */
export const headsCached = 8_192;
/** Emails that one read asks of a reader thread, so that no read holds a thread for long. */
export const describeBatch = 256;
/** Pages of a log after which it is copied into its database, beside the commits that go on. */
export const checkpointPages = 2_000;
/** Pages of a log after which the writer lets commits wait until it is copied to its end. */
export const checkpointForcedPages = 16_000;
/** Octets of records that one read answers, or one commit of an insert carries; a single record may be longer. */
export const recordSliceBytes = 256 * 1024;
/** Rows that one step of the collector looks at, so that commits do not wait for it. */
export const collectSlice = 500;
/** Contents, and characters of their texts, that one commit of the search index carries. */
export const indexedContents = 500;
export const indexedChars = 4 * 1024 * 1024;
/** Octets of kept texts that one read compares, so that no search holds a reader thread for long. */
export const comparedOctets = 4 * 1024 * 1024;
