import type * as z from 'zod';
import { MailError } from '../../core/errors.ts';

/** What somebody gave, when the schema takes it. Throws `MailError` `invalid` that names the member, not its value. */
export function checked<Value>(schema: z.ZodType<Value>, given: unknown): Value {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') ?? '';
  const message = issue?.message ?? 'not what it should be';
  throw new MailError('invalid', place === '' ? message : `${place}: ${message}`);
}
