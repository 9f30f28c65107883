/** What a state database may answer, and what is asked of it. Each has a test. */
export const limits = {
  /** Elements or arrays and objects within each other. */
  depth: 64,
  /** Elements and attributes of one XML answer. */
  xmlNodes: 100_000,
  /** Characters of a part of a name. */
  nameLength: 200,
  /** Characters of any other field. */
  fieldLength: 1000,
  /** Characters of a place in the feed. */
  cursorLength: 200,
  /** Events that are asked for at once. */
  eventsAtOnce: 200,
  /** How long after a failure the feed is read again, at the latest. */
  retryEventsMs: 15 * 60_000,
  /** Connections to one service at once. */
  sockets: 16,
} as const;
