/** Variants that are offered when a login cannot be given. */
export const maxVariants = 3;
/** Look-ups in the store for one question: the login itself, and variants until enough of them are free. */
export const maxLookUps = 16;
/** What is looked at of a login, in UTF-16 units: more than the longest one that can be given, in any spelling. */
export const maxLoginLength = 256;
/** A run of digits that may be an IIN or BIN. */
export const identifierDigits = 12;
