import * as z from 'zod';
import type { Failure } from '../core/errors.ts';

/*
 * The control socket speaks JSON, one value a line, one call a connection. The client sends a request, then its items,
 * then ends its side; the server sends progress and one result or error, then ends. A client that goes away stops its
 * call at the next step.
 */

/** The most that one line may hold; a page of accounts is some 150 KB. */
export const longestLineBytes = 4 * 2 ** 20;

export const request = z.strictObject({
  call: z.string().max(100),
  actor: z.string().max(200),
  input: z.unknown(),
});
export type Request = z.infer<typeof request>;

/** `item` wraps what the client sends on, so that `null` is an item too. */
export const itemLine = z.strictObject({ item: z.unknown() });

const failures = [
  'not-found',
  'already-exists',
  'no-permission',
  'over-quota',
  'too-big',
  'limit',
  'in-use',
  'expunged',
  'invalid',
  'unavailable',
  'disk-full',
  'internal',
] as const satisfies readonly Failure[];

export const answer = z.union([
  z.strictObject({ progress: z.unknown() }),
  z.strictObject({ result: z.unknown() }),
  z.strictObject({ error: z.strictObject({ failure: z.enum(failures), message: z.string() }) }),
]);
export type Answer = z.infer<typeof answer>;
