import type { SignedBy, StateAnswer, StateQuery, StateRegistry } from '../api.ts';
import type { ErrorCode } from '../texts/catalogue.ts';
import type { Applicant, ApplicationSecrets } from './application-record.ts';

/** What the state database makes of an application. */
export type StateFinding = {
  readonly state: NonNullable<ApplicationSecrets['state']>;
} & ({ readonly applicant: Applicant } | { readonly refused: ErrorCode });

type Asked = Pick<ApplicationSecrets, 'identity' | 'signer'>;

/**
 * Asks the state database of individuals or of legal entities. Names and status are theirs, whatever a certificate says.
 * Rejects with `StateUnavailable`.
 */
export async function checkState(
  state: StateRegistry,
  { identity, signer }: Asked,
  query: StateQuery,
): Promise<StateFinding> {
  if (identity.type === 'individual') {
    const answer = await state.person(identity.iin, query);
    const person = answer.found;
    if (person === undefined) return refused(answer, 'STATE_NOT_FOUND');
    if (person.status === 'dead') return refused(answer, 'STATE_DECEASED');
    return { applicant: { type: 'individual', person }, state: kept(answer) };
  }
  const answer = await state.entity(identity.bin, query);
  const entity = answer.found;
  if (entity === undefined) return refused(answer, 'STATE_NOT_FOUND');
  if (entity.status !== 'active') return refused(answer, 'STATE_LIQUIDATED');
  if (signer.role === 'ceo' && signer.iin !== entity.headIin) return refused(answer, 'ENTITY_HEAD');
  return { applicant: { type: 'legalEntity', entity, signatory: signer }, state: kept(answer) };
}

/** In what quality somebody signs for a legal entity. Undefined: he may not., domain 6.2 */
export function entityRole({ roles }: Pick<SignedBy, 'roles'>): 'ceo' | 'canSign' | undefined {
  if (roles.includes('ceo')) return 'ceo';
  return roles.includes('canSign') ? 'canSign' : undefined;
}

function refused(answer: StateAnswer<unknown>, code: ErrorCode): StateFinding {
  return { refused: code, state: kept(answer) };
}

function kept({
  requestId,
  at,
  sha256,
}: StateAnswer<unknown>): NonNullable<ApplicationSecrets['state']> {
  return { requestId, at, sha256 };
}
