const KiB = 1024;

/** What a signature that somebody sends may be large, before base64 is removed. Each has a test. */
export const signatureLimits = {
  /** Over a challenge. */
  loginBytes: 64 * KiB,
  /** Over a document of the gateway. */
  documentBytes: 1024 * KiB,
  /** After so long it is worth asking again for a status that nobody could tell. */
  retryMs: 60_000,
} as const;
