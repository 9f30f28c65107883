import { MailError } from '../core/errors.ts';
import type { RegistryEntry, RegistryView } from '../gateway/api.ts';
import type { ChainHead } from '../gateway/registry/registry-records.ts';
import {
  type RegistryFinding,
  type RegistryVerified,
  verifyRegistry,
} from '../gateway/registry/verify-registry.ts';
import type { AdminContext } from './admin-context.ts';
import { type SubjectInput, subjectOf } from './subject-of.ts';
import { fullAddress } from './full-address.ts';

/** Entries that are told at once. */
const pageEntries = 200;

/** A mailbox as the unified base has it now. `not-found` */
export async function showRegistry(
  context: AdminContext,
  input: SubjectInput,
): Promise<RegistryView> {
  const { registry } = await context.unifiedBase();
  const view =
    'address' in input
      ? await registry.findAddress(fullAddress(context, input.address))
      : await registry.find(await subjectOf(context, input));
  if (view === undefined) throw new MailError('not-found', 'The registry has no such mailbox');
  return view;
}

/** All that happened to the mailboxes of its owner, oldest first. `not-found` */
export async function registryHistory(
  context: AdminContext,
  input: SubjectInput,
): Promise<{ readonly entries: readonly RegistryEntry[] }> {
  const subject = await subjectOf(context, input);
  const entries = await (await context.unifiedBase()).registry.history(subject);
  if (entries.length === 0) throw new MailError('not-found', 'The registry has no such mailbox');
  return { entries };
}

/** Looks through the whole unified base, see `verifyRegistry`. */
export async function* verifyUnifiedBase(
  context: AdminContext,
): AsyncGenerator<RegistryFinding, RegistryVerified, void> {
  return yield* verifyRegistry(context.mail.records, context.accounts);
}

/** Every entry as it is stored, oldest first. */
export async function* exportRegistry(
  context: AdminContext,
): AsyncGenerator<readonly string[], ChainHead, void> {
  const { registry } = await context.unifiedBase();
  const lines = registry.export();
  let page: string[] = [];
  for (;;) {
    const step = await lines.next();
    if (step.done !== true) page.push(step.value);
    if (page.length === pageEntries || (step.done === true && page.length > 0)) {
      yield page;
      page = [];
    }
    if (step.done === true) return step.value;
  }
}

/** The last entry and its digest. */
export async function registryHead(context: AdminContext): Promise<ChainHead> {
  return (await context.unifiedBase()).registry.head();
}
