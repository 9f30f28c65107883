/** What a challenge is, and how long. Each has a test. */
export const challengeLimits = {
  /** Nobody can guess it. */
  nonceBytes: 32,
  /** From its issue to the moment that the answer is here. domain.md 6.1 */
  lifeMs: 2 * 60_000,
  /** Ended ones that are removed in one go. */
  sweptAtOnce: 500,
} as const;
