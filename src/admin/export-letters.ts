import { MailError } from '../core/errors.ts';
import { makeFolder, realDisk } from '../transfer/disk.ts';
import { type ExportCounts, ExportRun } from '../transfer/export-run.ts';
import { EmlTarget, MaildirTarget } from '../transfer/file-per-letter.ts';
import type { LetterTarget } from '../transfer/letter-target.ts';
import { MboxTarget } from '../transfer/mbox-target.ts';
import type { AdminContext } from './admin-context.ts';
import { findAccount } from './find-account.ts';
import { transferFailure } from './transfer-failure.ts';

export interface ExportLettersInput {
  readonly address: string;
  /** `maildir:PATH`, `mbox:PATH` or `eml:PATH`, absolute. */
  readonly to: string;
  readonly mailbox?: string | undefined;
}

export interface ExportProgress {
  readonly counts: ExportCounts;
  readonly total: number;
  readonly elapsedMs: number;
}

export interface LettersExported extends ExportCounts {
  readonly address: string;
  readonly elapsedMs: number;
}

/** How often it tells. */
const tellMs = 500;

/** Writes the letters of an account, or of one mailbox with those below it, to an archive. `not-found`, `invalid`. */
export async function* exportLetters(
  context: AdminContext,
  { address, to, mailbox: wanted }: ExportLettersInput,
): AsyncGenerator<ExportProgress, LettersExported, void> {
  const account = await findAccount(context, address);
  const started = performance.now();
  const target = await openTarget(to);
  const all = await context.mail.mailboxes(account.id);
  const chosen = all.filter(
    ({ name, selectable }) =>
      selectable && (wanted === undefined || name === wanted || name.startsWith(`${wanted}/`)),
  );
  if (wanted !== undefined && chosen.length === 0) {
    throw new MailError('invalid', `${account.canonical} has no mailbox ${wanted}`);
  }
  const detail = { to, ...(wanted !== undefined && { mailbox: wanted }) };
  const action = 'account.export-letters';
  await context.audit.append({ actor: context.actor, action, detail }, account.id);
  const run = new ExportRun(context.mail, account.id, target);
  const total = chosen.reduce((sum, { messages }) => sum + messages, 0);
  const elapsed = (): number => Math.round(performance.now() - started);
  let toldAt = 0;
  for (const one of chosen) {
    const pages = run.mailbox(one);
    const next = (): Promise<IteratorResult<void, void>> =>
      pages.next().catch((error: unknown) => {
        throw transferFailure(error, false);
      });
    while ((await next()).done !== true) {
      if (elapsed() - toldAt < tellMs) continue;
      toldAt = elapsed();
      yield { counts: { ...run.counts }, total, elapsedMs: toldAt };
    }
  }
  return { address: account.canonical, elapsedMs: elapsed(), ...run.counts };
}

async function openTarget(to: string): Promise<LetterTarget> {
  const colon = to.indexOf(':');
  const path = to.slice(colon + 1);
  const kinds = { maildir: MaildirTarget, mbox: MboxTarget, eml: EmlTarget };
  const kind = to.slice(0, colon);
  if (!Object.hasOwn(kinds, kind) || !path.startsWith('/')) {
    throw new MailError('invalid', `${to}: say maildir:, mbox: or eml: with an absolute path`);
  }
  await makeFolder(realDisk, path);
  return new kinds[kind as keyof typeof kinds](path);
}
