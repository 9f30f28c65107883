const minute = 60_000;
const hour = 60 * minute;

/** Waits between attempts: short at first, for a relay that was just started anew; RFC 5321 §4.5.4.1 for the rest. */
const waitsMs = [1, 5, 15, 30, 30, 60, 60, 120].map((minutes) => minutes * minute);
/** All further waits. */
const longWaitMs = 4 * hour;

/** How long a letter is tried. RFC 5321 §4.5.4.1 asks for four to five days at least. */
export const giveUpAfterMs = 5 * 24 * hour;

/** When a letter is tried again after `attempts` attempts; undefined when that would be too late for it. */
export function nextAttemptAt(
  attempts: number,
  acceptedAtMs: number,
  nowMs: number,
): number | undefined {
  const next = nowMs + (waitsMs[attempts - 1] ?? longWaitMs);
  return next - acceptedAtMs > giveUpAfterMs ? undefined : next;
}

/** True for the one attempt that has failed for about four hours: the sender is told of the delay once. RFC 3461 §4.1. */
export function isDelayNoticeDue(attempts: number): boolean {
  return attempts === waitsMs.length;
}
