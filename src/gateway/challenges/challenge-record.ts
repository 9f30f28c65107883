import * as z from 'zod';
import type { ChallengePurpose } from '../api.ts';

const purposes = [
  'login',
  'employee-login',
  'password-reset',
] as const satisfies readonly ChallengePurpose[];

/** A challenge that was issued and not used yet. */
export const challengeSchema = z.strictObject({
  v: z.literal(1),
  purpose: z.enum(purposes),
  /** SHA-256 of the browser's secret, hex. */
  binding: z.string().regex(/^[0-9a-f]{64}$/),
  /** What is to be signed. */
  document: z.string(),
  expiresAt: z.int(),
});

export type ChallengeRecord = z.output<typeof challengeSchema>;
