import * as z from 'zod';
import type { Bin, Iin } from '../../gateway/identifiers/values.ts';
import type { SignedBy } from '../../gateway/api.ts';

/**
 * What somebody signed in may do: `applicant` has no mailbox yet, `subject` has one, `employee` works at the operator. State
 * bodies have no sessions: they show who they are with each request.
 */
export const sessionLevels = ['applicant', 'subject', 'employee'] as const;
export type SessionLevel = (typeof sessionLevels)[number];

const hex = z.string().regex(/^[0-9a-f]{64}$/);

export const sessionSchema = z.strictObject({
  v: z.literal(1),
  level: z.enum(sessionLevels),
  /** The blind index of whose it is. */
  subject: hex,
  /** `signedBySchema`, sealed. */
  sealed: z.string(),
  createdAt: z.int(),
  /** The last request, to a minute. */
  touchedAt: z.int(),
});
export type SessionRecord = z.output<typeof sessionSchema>;

/** All sessions of a subject that began until then have ended. */
export const endedSchema = z.strictObject({ v: z.literal(1), until: z.int() });

const octets = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
const roles = ['individual', 'ceo', 'canSign', 'canSignFinancial', 'hr', 'employee'] as const;

/** A good signature as it is kept: the session is who gave it. */
export const signedBySchema = z.strictObject({
  iin: z.string().transform((text) => text as Iin),
  bin: z
    .string()
    .transform((text) => text as Bin)
    .optional(),
  roles: z.array(z.enum(roles)),
  name: z.strictObject({
    surname: z.string(),
    given: z.string(),
    patronymic: z.string().optional(),
  }),
  organisation: z.string().optional(),
  certificate: z.strictObject({ serial: z.string(), sha256: hex, notAfter: z.number() }),
  content: octets,
  cms: octets,
  verifiedAt: z.number(),
});

/** The text that `signedBySchema` reads. */
export function signedByText(by: SignedBy): string {
  const { content, cms, ...rest } = by;
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return JSON.stringify({ ...rest, content: base64(content), cms: base64(cms) });
}
