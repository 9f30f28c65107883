/** How records are read and changed. */
export const limits = {
  /** Read at once when many are looked through. */
  pageRecords: 500,
  /** Of one change, before those who are always faster win. */
  changeAttempts: 50,
} as const;
