import * as z from 'zod';

const schema = z.strictObject({ version: z.literal(1), cursor: z.string().min(1) });

/** The place in the feed out of its record. Throws for what this program did not write. */
export function readCursor(value: string): string {
  const parsed = schema.safeParse(JSON.parse(value));
  if (!parsed.success) {
    throw new Error('the place in the feed of state events is of a newer version, or damaged');
  }
  return parsed.data.cursor;
}
