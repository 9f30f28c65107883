/**
 * What one message may cost. A message past a limit is still stored and read byte for byte: only the description
 * of it stops, and the rest is one opaque part.
 */

/** Levels of parts, the message itself being the first. */
export const maxPartLevels = 100;
/** Parts of one message, the message itself among them. */
export const maxParts = 10_000;
/** Octets of all headers of one message together that are looked at. */
export const maxHeaderBytes = 10 * 1024 * 1024;
/** Fields of one header that are looked at. */
export const maxHeaderFields = 10_000;
/** Octets of one unstructured field value (Subject, Message-ID …) that are described. */
export const maxTextFieldBytes = 64 * 1024;
/** Octets of one structured field value (From, To, Content-Type …) that are parsed. */
export const maxStructuredFieldBytes = 1024 * 1024;
/**
 * Octets of all field values that are described, of the message, its parts and the messages in it together. One octet of
 * them costs up to a hundred in memory; of headers as they are, `maxHeaderBytes` is the limit.
 */
export const maxDescribedBytes = 2 * 1024 * 1024;
/** Addresses of all of these fields together. */
export const maxDescribedAddresses = 30_000;
/** Parameters and languages of all of these fields together. */
export const maxDescribedParameters = 50_000;
/** Addresses of one field in the ENVELOPE. A two-octet address takes thirty octets there. */
export const maxAddresses = 10_000;
/** Parameters of one Content-Type or Content-Disposition. */
export const maxParameters = 500;
/** A boundary has at most 70 characters (RFC 2046 §5.1.1); of a longer one this much is compared. */
export const maxBoundaryBytes = 80;
/** Message ids that join a message to its conversation. */
export const maxReferences = 50;
/** A message id longer than a line of RFC 5322 §2.1.1 joins nothing. */
export const maxMessageIdChars = 996;
