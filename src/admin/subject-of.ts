import * as z from 'zod';
import type { Identity, SubjectKey } from '../gateway/api.ts';
import { parseBin } from '../gateway/identifiers/parse-bin.ts';
import { parseIin } from '../gateway/identifiers/parse-iin.ts';
import type { UnifiedBase } from '../gateway/build-unified-base.ts';
import { MailError } from '../core/errors.ts';
import type { AdminContext } from './admin-context.ts';
import { fullAddress } from './full-address.ts';

/** A person or legal entity, as an operator types the number. */
export const identityInput = z.strictObject({
  type: z.enum(['individual', 'legalEntity']),
  number: z.string().max(100),
});
export type IdentityInput = z.output<typeof identityInput>;

/** One mailbox: by its address, or by the number of its owner. */
export const subjectInput = z.union([
  z.strictObject({ address: z.string().min(1).max(1000) }),
  z.strictObject({ identity: identityInput }),
]);
export type SubjectInput = z.output<typeof subjectInput>;

/** Throws `IIN_CHECK`, `BIN_CHECK`. */
export function identityOf({ testIdentifiers }: UnifiedBase, input: IdentityInput): Identity {
  return input.type === 'individual'
    ? { type: 'individual', iin: parseIin(input.number, testIdentifiers) }
    : { type: 'legalEntity', bin: parseBin(input.number, testIdentifiers) };
}

/** Whose mailbox it is. `not-found`, `invalid`, `IIN_CHECK`, `BIN_CHECK` */
export async function subjectOf(context: AdminContext, input: SubjectInput): Promise<SubjectKey> {
  const base = await context.unifiedBase();
  if ('identity' in input) return base.vault.key(identityOf(base, input.identity));
  const view = await base.registry.findAddress(fullAddress(context, input.address));
  if (view === undefined) throw new MailError('not-found', 'The registry has no such mailbox');
  return view.subject;
}
