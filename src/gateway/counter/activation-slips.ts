import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { RecordStore } from '../../store/records.ts';
import { activationMs, activationTries } from '../limits.ts';
import { RecordTable } from '../records/record-table.ts';

/** Nothing that is read as something else: no 0, 1, I, L, O or U. */
const alphabet = 'ABCDEFGHJKMNPQRSTVWXYZ23456789';
/** Of a code: 58 bits, and ten tries. */
const codeLetters = 12;

const record = z.strictObject({
  v: z.literal(1),
  application: z.string(),
  /** SHA-256 of salt and code, hex. */
  salt: z.string(),
  digest: z.string(),
  expiresAt: z.int(),
  wrong: z.int(),
});

/** One-time codes on sealed slips from the counter: with one, a citizen chooses the first password. */
export class ActivationSlips {
  readonly #table: RecordTable<z.infer<typeof record>>;
  readonly #clock: Clock;

  constructor(records: RecordStore, clock: Clock) {
    this.#table = new RecordTable(records, 'activation', record);
    this.#clock = clock;
  }

  /** The code, told once: `ABCD-EFGH-JKMN`. One given before for the same mailbox is dead. */
  async issue(canonical: string, application: string): Promise<ActivationSlip> {
    const letters = randomLetters();
    const salt = randomBytes(16).toString('hex');
    const expiresAt = this.#clock.now() + activationMs;
    const digest = digestOf(salt, letters).toString('hex');
    await this.#table.change(canonical, () => ({
      v: 1,
      application,
      salt,
      digest,
      expiresAt,
      wrong: 0,
    }));
    return { code: letters.replace(/(.{4})(?=.)/g, '$1-'), expiresAt };
  }

  /** The application that the code was given for; undefined for a wrong, used or old one. A wrong try counts. */
  async check(canonical: string, code: string): Promise<string | undefined> {
    const row = await this.#table.get(canonical);
    if (row === undefined) return undefined;
    const { expiresAt, wrong, salt, digest, application } = row.value;
    if (expiresAt <= this.#clock.now() || wrong >= activationTries) return undefined;
    const bare = code.toUpperCase().replaceAll(/[\s-]/g, '');
    if (timingSafeEqual(digestOf(salt, bare), Buffer.from(digest, 'hex'))) return application;
    await this.#table.change(canonical, (now) => now && { ...now, wrong: now.wrong + 1 });
    return undefined;
  }

  /** It was used. */
  async end(canonical: string): Promise<void> {
    const row = await this.#table.get(canonical);
    if (row !== undefined) await this.#table.remove(row);
  }
}

export interface ActivationSlip {
  readonly code: string;
  readonly expiresAt: number;
}

function randomLetters(): string {
  let letters = '';
  const fair = 256 - (256 % alphabet.length);
  while (letters.length < codeLetters) {
    // Octets that do not divide evenly are left out, so that no letter is likelier.
    for (const octet of randomBytes(codeLetters)) {
      if (octet < fair) letters += alphabet[octet % alphabet.length] as string;
    }
  }
  return letters.slice(0, codeLetters);
}

function digestOf(salt: string, code: string): Buffer {
  return createHash('sha256').update(salt).update(code).digest();
}
