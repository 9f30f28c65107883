import * as z from 'zod';
import type { ListedLookUp } from '../gateway/resolver/look-ups.ts';
import type { Resolved } from '../gateway/resolver/resolver.ts';
import type { AdminContext } from './admin-context.ts';
import { identityInput, identityOf, type SubjectInput, subjectOf } from './subject-of.ts';

const text = z.string().max(1000);

export const resolveInput = z.strictObject({
  agency: text,
  purpose: text,
  identity: identityInput,
});
export const revokeInput = z.strictObject({ address: text, apply: z.boolean() });

/** Looks an address up on behalf of a state body, as it would itself: recorded, limited, shown to whom it concerns. */
export async function resolveAddress(
  context: AdminContext,
  { agency, purpose, identity }: z.output<typeof resolveInput>,
): Promise<Resolved> {
  const base = await context.unifiedBase();
  const whom = identityOf(base, identity);
  const forWhom = await base.agencies.get(agency);
  return base.resolver.resolve(forWhom, context.actor, whom, purpose);
}

/** Ends a token address. `not-found` */
export async function revokeTokenAddress(
  context: AdminContext,
  { address, apply }: z.output<typeof revokeInput>,
): Promise<{ readonly applied: boolean; readonly agency: string; readonly revokedAt: number }> {
  const { tokens } = await context.unifiedBase();
  const { agency, revokedAt } = await tokens.revoke({ actor: context.actor, apply }, address);
  return { applied: apply, agency, revokedAt };
}

/** Who looked somebody up, newest first. */
export async function* listLookUps(
  context: AdminContext,
  input: SubjectInput,
): AsyncGenerator<readonly ListedLookUp[], { readonly count: number }, void> {
  const subject = await subjectOf(context, input);
  const { lookUps } = await context.unifiedBase();
  let count = 0;
  let before: string | undefined;
  for (;;) {
    const page = await lookUps.list(subject, before === undefined ? {} : { before });
    if (page.length === 0) return { count };
    yield page;
    count += page.length;
    before = page.at(-1)?.cursor;
  }
}
