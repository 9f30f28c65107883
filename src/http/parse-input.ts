import type * as z from 'zod';
import { GatewayError } from '../gateway/gateway-error.ts';
import { httpLimits } from './limits.ts';

/**
 * What a client gave, as the schema has it. Throws `REQUEST_WRONG`, which names the members that are wrong and never what
 * is in them.
 */
export function parseInput(schema: z.ZodType | undefined, given: unknown): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [];
    return [...issue.path.map(String), ...names.slice(0, 1)].join('.') || 'JSON';
  });
  const told = [...new Set(fields)].slice(0, httpLimits.toldFields).map(printable);
  throw new GatewayError('REQUEST_WRONG', { fields: told.join(', ') });
}

/** A name that the client made up comes back as little of it as will do. */
function printable(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '?').slice(0, 64);
}
