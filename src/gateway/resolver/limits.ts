/** What the resolver keeps to. Each has a test. */
export const limits = {
  /** Of the part of a token address that nobody can guess. */
  tokenBytes: 20,
  /** How long a token address leads to its mailbox. */
  tokenMs: 30 * 24 * 3600 * 1000,
  /** A mailbox that nobody used for so long is dormant. */
  dormantMs: 180 * 24 * 3600 * 1000,
  /** Look-ups that a person is shown at once, at most. */
  pageLookups: 100,
} as const;
