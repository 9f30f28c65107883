/** What the unified base takes. Each has a test. */
export const limits = {
  /** Events that wait to be entered by this process. */
  waitingEvents: 2000,
  /** Events that are entered together. */
  groupEvents: 100,
  /** Of one group, before other processes that are always faster win. */
  appendAttempts: 100,
  /** Entries read at once. */
  pageEntries: 500,
  /** Accounts read at once by `verifyRegistry`. */
  pageAccounts: 200,
  /** Of an event. */
  idCharacters: 200,
  causeCharacters: 200,
  addressCharacters: 320,
  facts: 20,
  factCharacters: 200,
} as const;
