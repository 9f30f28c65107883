import * as z from 'zod';
import { newAddress } from '../account/address.ts';
import { newCredentials } from '../account/credentials.ts';
import { isPasswordHash } from '../account/password.ts';
import { type Failure, MailError } from '../core/errors.ts';
import type { Credentials, NewAccount } from '../store/api.ts';
import type { AdminContext } from './admin-context.ts';
import { quotaOf } from './create-account.ts';
import { takenSkeletons } from './taken-skeletons.ts';

/** One row of an import. Neither password nor hash: an account that nobody can log in to yet. */
export const importRow = z.strictObject({
  /** The line in the file, for what is said about the row. */
  line: z.int().min(1),
  address: z.string().max(1000),
  password: z.string().max(2000).optional(),
  /** A verifier of another Zhashik, `scrypt$N$r$p$salt$hash`. */
  hash: z.string().max(500).optional(),
  quotaBytes: z.int().min(0).optional(),
  quotaMessages: z.int().min(0).optional(),
});
export type ImportRow = z.infer<typeof importRow>;

export interface ImportInput {
  readonly allowReserved: boolean;
  readonly apply: boolean;
}

export interface RowFailure {
  readonly line: number;
  readonly address: string;
  readonly failure: Failure;
  readonly message: string;
}

/** Told after each batch. */
export interface ImportProgress {
  readonly done: number;
  readonly created: number;
  /** Rows of this batch that were not taken. */
  readonly failures: readonly RowFailure[];
}

export interface ImportResult {
  readonly applied: boolean;
  readonly done: number;
  /** In a dry run: that would be. */
  readonly created: number;
  readonly failed: number;
}

/** Rows that are hashed, checked and written together; small, so that progress is seen and memory bounded. */
const batchSize = 64;

interface Prepared {
  readonly row: ImportRow;
  readonly account: NewAccount;
}

/**
 * Makes many accounts, in batches that are durable one by one: what was told as created stays, whatever happens next,
 * and the same file may be given again. A bad row is told and does not stop the others.
 */
export async function* importAccounts(
  context: AdminContext,
  input: ImportInput,
  rows: AsyncIterable<ImportRow>,
): AsyncGenerator<ImportProgress, ImportResult, void> {
  const run = new ImportRun(context, input);
  let batch: ImportRow[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < batchSize) continue;
    yield await run.take(batch);
    batch = [];
  }
  if (batch.length > 0) yield await run.take(batch);
  if (!input.apply) yield await run.rehearse();
  return run.result();
}

class ImportRun {
  readonly #context: AdminContext;
  readonly #input: ImportInput;
  /** Rows by look-alike form, so that clashes within the file are seen before the store sees them. */
  readonly #seen = new Map<string, { readonly line: number; readonly canonical: string }>();
  #done = 0;
  #created = 0;

  constructor(context: AdminContext, input: ImportInput) {
    this.#context = context;
    this.#input = input;
  }

  async take(rows: readonly ImportRow[]): Promise<ImportProgress> {
    const failures: RowFailure[] = [];
    const fail = (row: ImportRow, failure: Failure, message: string): void => {
      failures.push({ line: row.line, address: row.address.slice(0, 320), failure, message });
    };
    // At once: the hasher lets as many run as it may.
    const settled = await Promise.allSettled(rows.map((row) => this.#prepare(row)));
    const prepared: Prepared[] = [];
    for (const [i, outcome] of settled.entries()) {
      const row = rows[i] as ImportRow;
      if (outcome.status === 'rejected') {
        const reason: unknown = outcome.reason;
        if (!(reason instanceof MailError) || reason.failure === 'unavailable') throw reason;
        fail(row, reason.failure, reason.message);
        continue;
      }
      const account = outcome.value;
      const other = this.#seen.get(account.skeleton);
      if (other === undefined) {
        this.#seen.set(account.skeleton, { line: row.line, canonical: account.canonical });
        prepared.push({ row, account });
      } else fail(row, 'already-exists', `Looks like ${other.canonical} of line ${other.line}`);
    }
    this.#done += rows.length;
    this.#created += this.#input.apply ? await this.#write(prepared, fail) : prepared.length;
    failures.sort((a, b) => a.line - b.line);
    return { done: this.#done, created: this.#created, failures };
  }

  result(): ImportResult {
    const failed = this.#done - this.#created;
    return { applied: this.#input.apply, done: this.#done, created: this.#created, failed };
  }

  async #prepare(row: ImportRow): Promise<NewAccount> {
    const forms = newAddress(row.address, this.#context.localDomains, this.#input);
    const credentials = await this.#credentials(row, forms.canonical);
    return { ...forms, credentials, quota: quotaOf(this.#context, row) };
  }

  async #credentials(row: ImportRow, canonical: string): Promise<Credentials> {
    const { password, hash } = row;
    if (password !== undefined && hash !== undefined) {
      throw new MailError('invalid', 'A row has a password or a hash, not both');
    }
    if (hash !== undefined) {
      if (!isPasswordHash(hash))
        throw new MailError('invalid', 'The hash is not scrypt$N$r$p$salt$hash');
      // SCRAM keys follow at the first login with a password.
      return { hash, scram: undefined };
    }
    if (password === undefined) return { hash: undefined, scram: undefined };
    // A dry run says whether the password would do, at the cost of a real run: so that its time is known too.
    return newCredentials(this.#context.maker, password, canonical);
  }

  async #write(
    prepared: readonly Prepared[],
    fail: (row: ImportRow, failure: Failure, message: string) => void,
  ): Promise<number> {
    if (prepared.length === 0) return 0;
    const audit = { actor: this.#context.actor, action: 'account.import' };
    const outcomes = await this.#context.accounts.createMany(
      prepared.map(({ account }) => account),
      audit,
    );
    let created = 0;
    for (const [i, outcome] of outcomes.entries()) {
      if (typeof outcome === 'string') {
        const { row, account } = prepared[i] as Prepared;
        fail(row, outcome, explain(outcome, account.canonical));
      } else created += 1;
    }
    return created;
  }

  /** The end of a dry run: which of the rows the store would refuse. One walk through it for all of them. */
  async rehearse(): Promise<ImportProgress> {
    const taken = await takenSkeletons(this.#context.accounts, this.#seen.keys());
    const failures = Array.from(taken, ([form, other]): RowFailure => {
      const { line = 1, canonical = other } = this.#seen.get(form) ?? {};
      const message = other === canonical ? `${other} was given before` : `Looks like ${other}`;
      return { line, address: canonical, failure: 'already-exists', message };
    });
    failures.sort((a, b) => a.line - b.line);
    this.#created -= failures.length;
    return { done: this.#done, created: this.#created, failures };
  }
}

function explain(failure: Failure, canonical: string): string {
  return failure === 'already-exists'
    ? `${canonical} or an address that looks like it was given before`
    : `The store refused it: ${failure}`;
}
