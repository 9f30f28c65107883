/** Keys of one curve for which tables are kept; a table of a 512-bit curve is some 150 kB. */
export const maxPreparedKeys = 32;
