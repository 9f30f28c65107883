import * as z from 'zod';

/** Members that several routes have. */

export const languageShape = z.enum(['kk', 'ru', 'en']);
export const timeShape = z.iso.datetime().describe('RFC 3339, UTC.');
export const signatureShape = z
  .string()
  .min(1)
  .describe('A CMS: base64 in one line or many, or PEM, as NCALayer and eGov Mobile give it.');
export const challengeIdShape = z.string().min(1).max(100);
export const idShape = z.string().regex(/^[\w-]{1,100}$/);
export const passwordShape = z.string().max(1024);
export const subjectTypeShape = z.enum(['individual', 'legalEntity']);
/** What goes into sentences about an outcome. */
export const paramsShape = z.record(z.string(), z.string());
export const dataShape = z.record(z.string(), z.unknown());

/** Milliseconds since 1970 as RFC 3339. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
