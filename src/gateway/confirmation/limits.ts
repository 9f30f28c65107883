/** A confirmation that somebody brings to be verified, octets; ours have some 100 KB. */
export const maxPdfBytes = 4 * 2 ** 20;
export const maxJsonBytes = 64 * 1024;
/** The signature, with the values that keep it good for long. */
export const maxSignatureBytes = 256 * 1024;
/** A name or a number in a confirmation, UTF-16 units: what is longer would not fit on its pages. */
export const maxFactLength = 500;
