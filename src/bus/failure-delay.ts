/** What failures under a key cost. */
export interface FailureRule {
  /** Failures of a key that cost nothing yet: people mistype. */
  readonly freeFailures: number;
  /** The delay after the first failure that counts; each further one doubles it. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** A key without a failure for so long is as good as new. */
  readonly forgetAfterMs: number;
}

/** Milliseconds that must lie between the last of so many failures and the next attempt. */
export function failureDelayMs(rule: FailureRule, failures: number): number {
  const { freeFailures, baseDelayMs, maxDelayMs } = rule;
  if (failures <= freeFailures) return 0;
  // 2 ** 1100 is Infinity, and the smaller of that and the limit is still right.
  return Math.min(maxDelayMs, baseDelayMs * 2 ** (failures - freeFailures - 1));
}
