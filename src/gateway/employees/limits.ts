/** What the records of employees and facilities hold. Each has a test. */
export const limits = {
  nameCharacters: 200,
} as const;
