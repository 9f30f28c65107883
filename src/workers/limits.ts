/** Named bounds of the pool of workers. */

/** Workers of one pool at most: a process for each processor is what is useful. */
export const mostWorkers = 256;
/** The wait before a worker that ended is started anew; each further one is twice as long. */
export const firstRestartMs = 500;
/** The longest wait before a worker is started anew. */
export const lastRestartMs = 30_000;
/** A worker that lived for so long was a good one: the next wait is the first again. */
export const goodLifeMs = 60_000;
/** How long a scrape waits for a worker; one that does not answer is left out. */
export const metricsMs = 2_000;
