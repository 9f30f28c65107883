import * as z from 'zod';
import { type JsonValue, canonicalJson } from '../../core/canonical-json.ts';
import { ConfirmationError } from './confirmation-error.ts';
import { maxFactLength, maxJsonBytes } from './limits.ts';

/** How the pages look: another number with each change of a single octet of them, whatever it comes from. */
export const confirmationLayout = 1;

const fact = z.string().min(1).max(maxFactLength);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime();
const number = z.string().regex(/^[0-9]{12}$/);
const names = z.strictObject({ kk: fact, ru: fact, en: fact });

/** What a confirmation says: all that its pages show, and no more. Times are RFC 3339 in UTC. */
const factsSchema = z.strictObject({
  /** What the operator finds it by: that of the application. In the QR code. */
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  issuedAt: time,
  operator: z.strictObject({ bin: number, name: names }),
  mailbox: z.strictObject({
    address: fact,
    level: z.enum(['basic', 'official']),
    createdAt: time,
  }),
  subject: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('individual'), iin: number, name: fact }),
    z.strictObject({
      type: z.literal('legalEntity'),
      bin: number,
      name: names.omit({ en: true }),
      /** Who signed for it. Annex, B8 */
      signatory: fact,
    }),
  ]),
  /** Where it was applied for; the post office and the number of its employee at the counter. */
  channel: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('online') }),
    z.strictObject({ type: z.literal('counter'), facility: fact, employee: fact }),
  ]),
  agreement: z.strictObject({ version: fact, sha256: digest, acceptedAt: time }),
  /** Of the application as it was signed or scanned. */
  application: z.strictObject({ sha256: digest }),
});
export type ConfirmationFacts = z.output<typeof factsSchema>;

const documentSchema = z.strictObject({
  type: z.literal('registration-confirmation'),
  v: z.literal(1),
  layout: z.int().min(1),
  facts: factsSchema,
});

/** The octets that the operator signs: canonical JSON, RFC 8785. Throws `ConfirmationError` for facts that are none. */
export function confirmationJson(facts: ConfirmationFacts): Buffer {
  const document = { type: 'registration-confirmation', v: 1, layout: confirmationLayout, facts };
  const parsed = documentSchema.safeParse(document);
  if (parsed.success) return Buffer.from(canonicalJson(parsed.data satisfies JsonValue));
  const places = parsed.error.issues.map(({ path }) => path.join('.'));
  throw new ConfirmationError(`facts that a confirmation cannot say: ${places.join(', ')}`);
}

/** What such octets say. Throws `ConfirmationError` for anything that `confirmationJson` did not write. */
export function readConfirmationJson(octets: Uint8Array): {
  readonly layout: number;
  readonly facts: ConfirmationFacts;
} {
  if (octets.length > maxJsonBytes) {
    throw new ConfirmationError('the JSON is too long for a confirmation');
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets));
  } catch (error) {
    throw new ConfirmationError('this is no JSON', { cause: error });
  }
  const parsed = documentSchema.safeParse(value);
  if (!parsed.success) throw new ConfirmationError('the JSON is no confirmation of this version');
  if (!Buffer.from(canonicalJson(parsed.data satisfies JsonValue)).equals(octets)) {
    throw new ConfirmationError('the JSON is not in its canonical form');
  }
  return parsed.data;
}
