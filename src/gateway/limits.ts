/** Limits of the gateway. Each has a test. */

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** How long an application that waits for its applicant is kept. */
export const applicationMs = day;
/** How long one that waits for the state database is kept. */
export const waitingApplicationMs = 14 * day;
/** When a state database that did not answer is asked again; doubles up to the last. */
export const stateRetryMs = [minute, 5 * minute, 15 * minute, hour] as const;
/** Work that no process can be at any more: an operation of the store ends well before. */
export const sweepAfterMs = 10 * minute;
/** Records looked at in one step. */
export const sweepPage = 100;
/** How long an activation slip is good. domain 6.3 */
export const activationMs = 30 * day;
/** Wrong codes until a slip is dead. */
export const activationTries = 10;
