/** Named bounds of the bus over Redis. */

/** Channels that hints are spread over: a process hears those of its accounts, and little else. */
export const hintChannels = 256;
/** How long a connection may take to be there. */
export const connectMs = 2_000;
/** How long the server may take for an answer; then it counts as down, and nobody waits for it any more. */
export const answerMs = 1_000;
/** How often each connection is asked whether it still is one. */
export const heartbeatMs = 1_000;
/** The first wait before a lost connection is tried again; each further one is twice as long. */
export const firstRetryMs = 100;
/** The longest wait before a lost connection is tried again. */
export const lastRetryMs = 2_000;
/** A process that is not heard of for so long is dead: its places are free. */
export const leaseMs = 15_000;
/** How long the places of a key are kept that nobody touches; those in use are written again in half that time. */
export const placesKeptMs = 3_600_000;
/** Keys written in one go after an outage. */
export const keysAtOnce = 256;
