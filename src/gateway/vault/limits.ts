/** What the vault takes. Each has a test. */
export const limits = {
  /** Of a secret: as long as the hashes that are keyed with it. */
  secretBytes: 32,
  /** A key file, with the secrets of all rotations. */
  keyFileBytes: 64 * 1024,
  secrets: 100,
  /** Of UTF-8: a record holds 1 MiB, and a sealed text is a third longer. */
  textBytes: 512 * 1024,
  contextBytes: 512,
} as const;
