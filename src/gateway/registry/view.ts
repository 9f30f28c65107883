import { MailError } from '../../core/errors.ts';
import * as z from 'zod';
import type { RegistryEntry, RegistryEvent, RegistryEventKind, RegistryView } from '../api.ts';
import { isLevel, subjectKey } from './entry.ts';

/** A mailbox as its entries made it, up to the entry of that number. */
export interface NumberedView extends RegistryView {
  readonly number: number;
}

export const viewSchema: z.ZodType<NumberedView> = z.strictObject({
  number: z.int().min(1),
  subject: subjectKey,
  subjectType: z.enum(['individual', 'legalEntity']),
  address: z.string(),
  level: z.enum(['basic', 'official']),
  status: z.enum(['active', 'suspended', 'closed']),
  createdAt: z.int(),
  changedAt: z.int(),
});

/**
 * Whether an event may happen to a mailbox: it begins with `created`, once, for one owner; an owner has one mailbox that
 * is not closed; a closed one does not change. Throws `MailError` `invalid` or `already-exists`.
 */
export function checkEvent(
  event: RegistryEvent,
  ofAddress: RegistryView | undefined,
  ofSubject: RegistryView | undefined,
): void {
  if (event.kind === 'created') {
    if (ofAddress !== undefined) {
      throw new MailError('already-exists', 'The registry has this address already');
    }
    if (ofSubject !== undefined && ofSubject.status !== 'closed') {
      throw new MailError('already-exists', 'The registry has a mailbox of this owner already');
    }
    return;
  }
  if (ofAddress?.subject !== event.subject || ofAddress.subjectType !== event.subjectType) {
    throw new MailError('invalid', 'The registry has no such mailbox of this owner');
  }
  if (ofAddress.status === 'closed' && changesMailbox.has(event.kind)) {
    throw new MailError('invalid', 'The registry has this mailbox as closed: it does not change');
  }
}

const changesMailbox: ReadonlySet<RegistryEventKind> = new Set([
  'level',
  'suspended',
  'restored',
  'closed',
]);

/** The mailbox after the entry. An entry that the view has already changes nothing. */
export function afterEntry(view: NumberedView | undefined, entry: RegistryEntry): NumberedView {
  if (view !== undefined && view.number >= entry.number) return view;
  const { number, subject, subjectType, address, at } = entry;
  const level = isLevel(entry.facts['level']) ? entry.facts['level'] : undefined;
  if (view === undefined || entry.kind === 'created') {
    return {
      number,
      subject,
      subjectType,
      address,
      level: level ?? 'basic',
      status: 'active',
      createdAt: at,
      changedAt: at,
    };
  }
  const changed = { ...view, number, changedAt: at };
  switch (entry.kind) {
    case 'level':
      return { ...changed, level: level ?? view.level };
    case 'suspended':
      return { ...changed, status: 'suspended' };
    case 'restored':
      return { ...changed, status: 'active' };
    case 'closed':
      return { ...changed, status: 'closed' };
    case 'name':
    case 'agreement':
    case 'head':
    case 'liquidation':
      return changed;
  }
}

/** The mailbox that an owner has, after the entry: the one that was made last. */
export function ownersAfterEntry(
  view: NumberedView | undefined,
  entry: RegistryEntry,
): NumberedView {
  if (view === undefined || entry.kind === 'created' || view.address === entry.address) {
    return afterEntry(view, entry);
  }
  return view;
}
