import { setTimeout as sleep } from 'node:timers/promises';
import { MailError } from '../core/errors.ts';
import { type ImportCounts, ImportRun, type TroubleNote } from '../transfer/import-run.ts';
import type { ViewChoice } from '../transfer/imap-source.ts';
import { openSource } from '../transfer/open-source.ts';
import type { AdminContext } from './admin-context.ts';
import { findAccount } from './find-account.ts';
import { transferFailure } from './transfer-failure.ts';

export interface ImportLettersInput {
  readonly address: string;
  /** See `SourceChoice`; a path is absolute. */
  readonly from: string;
  readonly mailbox?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly tls: 'verify' | 'unverified' | 'none';
  /** `skip` when left out. */
  readonly views?: ViewChoice | undefined;
  readonly apply: boolean;
}

export interface LettersProgress {
  readonly counts: ImportCounts;
  readonly unit: 'letters' | 'octets';
  readonly total: number;
  readonly elapsedMs: number;
  /** Letters that were not taken, and remarks, since the last time. */
  readonly notes: readonly TroubleNote[];
}

export interface LettersImported extends ImportCounts {
  readonly applied: boolean;
  readonly address: string;
  readonly elapsedMs: number;
}

/** How often it tells; the wait ends with the run. */
const tellMs = 500;

/**
 * Takes the letters of an archive, or of another server, into an account. It may be ended at any moment and run again:
 * each letter is stored once. `not-found`, `invalid`, `over-quota`, `unavailable`.
 */
export async function* importLetters(
  context: AdminContext,
  input: ImportLettersInput,
): AsyncGenerator<LettersProgress, LettersImported, void> {
  const account = await findAccount(context, input.address);
  if (account.status === 'closed') {
    throw new MailError('invalid', `${account.canonical} is closed and takes no letters`);
  }
  const started = performance.now();
  const { user = account.canonical, password = '', views = 'skip' } = input;
  const { kind, source } = await openSource({ ...input, user, password, views });
  const stop = new AbortController();
  let running: Promise<void> | undefined;
  try {
    const { unit, total } = await source.measure();
    if (input.apply) await audit(context, account.id, 'account.import-letters', input);
    const run = new ImportRun(
      source,
      context.mail,
      {
        account: account.id,
        kind,
        prefix: input.mailbox,
        maxMessageBytes: context.maxMessageBytes(),
        apply: input.apply,
        now: () => Date.now(),
      },
      stop.signal,
    );
    const progress = (): LettersProgress => ({
      counts: structuredClone(run.counts),
      unit,
      total,
      elapsedMs: Math.round(performance.now() - started),
      notes: run.notes.splice(0),
    });
    const state = { over: false };
    running = run.run().finally(() => {
      state.over = true;
    });
    running.catch(() => undefined);
    while (!state.over) {
      const tick = new AbortController();
      await Promise.race([
        running.catch(() => undefined),
        sleep(tellMs, undefined, { signal: tick.signal }).catch(() => undefined),
      ]);
      tick.abort();
      yield progress();
    }
    await running;
    if (input.apply) {
      await audit(context, account.id, 'account.import-letters-done', input, run.counts);
    }
    const elapsedMs = Math.round(performance.now() - started);
    return { applied: input.apply, address: account.canonical, elapsedMs, ...run.counts };
  } catch (error) {
    throw transferFailure(error, kind === 'imap');
  } finally {
    // Whoever asked has gone, or it is over: what is being waited for ends, the batch on its way is finished.
    stop.abort();
    await source.close();
    await running?.catch(() => undefined);
  }
}

async function audit(
  context: AdminContext,
  account: Parameters<AdminContext['audit']['append']>[1],
  action: string,
  { from, mailbox }: ImportLettersInput,
  counts?: ImportCounts,
): Promise<void> {
  const detail = {
    from,
    ...(mailbox !== undefined && { mailbox }),
    ...(counts && { imported: counts.imported, known: counts.known }),
  };
  await context.audit.append({ actor: context.actor, action, detail }, account);
}
