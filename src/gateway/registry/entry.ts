import { hash } from 'node:crypto';
import * as z from 'zod';
import {
  type RegistryEntry,
  type RegistryEvent,
  registryEventKinds,
  type SubjectKey,
} from '../api.ts';
import { limits } from './limits.ts';

/** The number of digits of a key, so that keys are in order of the numbers. */
const keyDigits = 12;

/** What the first entry has for the one before it. */
export const noDigest = '0'.repeat(64);

export const subjectKey = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform((text) => text as SubjectKey);

const withoutPersons = 'an identity number does not belong into the registry';
const factText = z
  .string()
  .max(limits.factCharacters)
  .refine((text) => !namesPerson(text), { error: withoutPersons });
const factNumber = z.number().refine((value) => !namesPerson(String(value)), {
  error: withoutPersons,
});
const cause = z
  .string()
  .min(1)
  .max(limits.causeCharacters)
  // A place in the feed of a state database may look like anything.
  .refine((text) => text.startsWith('state:') || !namesPerson(text), { error: withoutPersons });

const eventMembers = {
  id: z
    .string()
    .regex(/^[\x21-\x7e]+$/)
    .max(limits.idCharacters),
  kind: z.enum(registryEventKinds),
  subject: subjectKey,
  subjectType: z.enum(['individual', 'legalEntity']),
  address: z
    .string()
    .regex(/^[^\p{Cc}\s]+@[a-z0-9.-]+$/u)
    .max(limits.addressCharacters),
  at: z.int().min(0),
  cause,
  facts: z
    .record(
      z.string().regex(/^[a-z][a-zA-Z0-9]{0,39}$/),
      z.union([factText, factNumber, z.boolean()]),
    )
    .refine((facts) => Object.keys(facts).length <= limits.facts, { error: 'too many facts' }),
};

/** An event as it may be entered. */
export const eventSchema: z.ZodType<RegistryEvent> = z
  .strictObject(eventMembers)
  .refine(({ kind, facts }) => kind !== 'level' || isLevel(facts['level']), {
    error: 'an event of kind level names the level',
  });

/** An entry as it is stored. */
export const entrySchema: z.ZodType<RegistryEntry> = z.strictObject({
  ...eventMembers,
  number: z
    .int()
    .min(1)
    .lt(10 ** keyDigits),
  previous: z.string().regex(/^[0-9a-f]{64}$/),
});

/** The key that an entry of that number is kept by. */
export function entryKey(number: number): string {
  return String(number).padStart(keyDigits, '0');
}

/** What the next entry holds for this one, and what a head names: SHA-256 of its text, hex. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'hex');
}

/** Whether a fact names a level. */
export function isLevel(fact: unknown): fact is 'basic' | 'official' {
  return fact === 'basic' || fact === 'official';
}

/** Twelve digits that stand alone: what an IIN and a BIN look like. */
function namesPerson(text: string): boolean {
  return /(?<![\p{L}\p{N}])\p{N}{12}(?![\p{L}\p{N}])/u.test(text);
}
