import { isAbsolute } from 'node:path';
import { canonicalAddress } from '../account/address.ts';
import type { ArchiveProgress } from '../archive/api.ts';
import { backUp, type BackupResult } from '../archive/backup.ts';
import { restore, type RestoreResult } from '../archive/restore.ts';
import { undelete } from '../archive/undelete.ts';
import { MailError } from '../core/errors.ts';
import type { UidRanges } from '../core/uid-set.ts';
import type { MailboxName } from '../core/values.ts';
import type { AdminContext } from './admin-context.ts';
import { findAccount } from './find-account.ts';

export interface BackupInput {
  /** Absolute: the server has another working folder than the command. */
  readonly folder: string;
  readonly address?: string | undefined;
}

/** Backs up the store, or one account, while it is in use. `not-found`, `in-use`, `invalid` */
export async function* makeBackup(
  context: AdminContext,
  input: BackupInput,
): AsyncGenerator<ArchiveProgress, BackupResult, void> {
  checkFolder(input.folder);
  const only = input.address === undefined ? undefined : await findAccount(context, input.address);
  const result = yield* backUp(context.mail, input.folder, only, () => Date.now());
  const detail = { accounts: result.accounts, messages: result.messages, damaged: result.damaged };
  await context.audit.append({ actor: context.actor, action: 'backup', detail }, only?.id);
  return result;
}

export interface RestoreInput {
  readonly folder: string;
  readonly address?: string | undefined;
  readonly into?: string | undefined;
  readonly under?: string | undefined;
  /** What waited to be sent, too. */
  readonly outbox?: boolean | undefined;
  readonly apply: boolean;
}

/** Restores accounts of a backup. `not-found`, `invalid`, `over-quota` */
export async function* restoreBackup(
  context: AdminContext,
  input: RestoreInput,
): AsyncGenerator<ArchiveProgress, RestoreResult, void> {
  checkFolder(input.folder);
  const account = input.address === undefined ? undefined : canonical(context, input.address);
  const { apply, under, outbox } = input;
  const into = input.into === undefined ? undefined : full(context, input.into);
  const result = yield* restore(context.mail, input.folder, {
    account,
    into,
    under: under as MailboxName | undefined,
    outbox,
    apply,
    actor: context.actor,
  });
  const { made, merged, messages, waiting, audit } = result;
  if (apply && made + merged + waiting + audit > 0) {
    const detail = { made, merged, messages, waiting, audit };
    await context.audit.append({ actor: context.actor, action: 'restore', detail });
  }
  return result;
}

export interface UndeleteInput {
  readonly address: string;
  readonly mailbox?: string | undefined;
  /** Milliseconds. */
  readonly since?: number | undefined;
  readonly uids?: UidRanges | undefined;
  readonly apply: boolean;
}
export interface UndeletedMessage {
  readonly mailbox: string | null;
  readonly mailboxDeleted: boolean;
  readonly uid: number;
  readonly deletedAt: string;
  readonly sizeBytes: number;
  /** The mailbox that it comes into. */
  readonly to: string;
}
export interface UndeleteResult {
  readonly applied: boolean;
  readonly address: string;
  readonly messages: number;
}

/** Brings deleted messages back, or lists them. `not-found`, `over-quota` */
export async function* undeleteMessages(
  context: AdminContext,
  input: UndeleteInput,
): AsyncGenerator<readonly UndeletedMessage[], UndeleteResult, void> {
  const account = await findAccount(context, input.address);
  const { since, uids, apply } = input;
  const mailbox = input.mailbox as MailboxName | undefined;
  const steps = undelete(context.mail, account.id, { mailbox, since, uids, apply });
  for (;;) {
    const step = await steps.next();
    if (step.done === true) {
      const messages = step.value;
      if (apply && messages > 0) {
        const audit = { actor: context.actor, action: 'undelete', detail: { messages } };
        await context.audit.append(audit, account.id);
      }
      return { applied: apply, address: account.canonical, messages };
    }
    const { messages, to } = step.value;
    yield messages.map((message) => ({
      mailbox: message.mailboxName ?? null,
      mailboxDeleted: message.mailboxDeleted,
      uid: message.uid,
      deletedAt: new Date(message.deletedAt).toISOString(),
      sizeBytes: message.sizeBytes,
      to,
    }));
  }
}

function full(context: AdminContext, address: string): string {
  return address.includes('@') ? address : `${address}@${context.defaultDomain}`;
}

function canonical(context: AdminContext, address: string): string {
  const found = canonicalAddress(full(context, address));
  if (found === undefined) throw new MailError('invalid', `Not an address: ${address}`);
  return found;
}

function checkFolder(folder: string): void {
  if (!isAbsolute(folder)) throw new MailError('invalid', `Not an absolute path: ${folder}`);
}
