import type { Acceptance, Agreements } from '../api.ts';

/**
 * Whether whoever comes to the cabinet is to be shown the agreement in force and asked for consent: there is none yet,
 * or it was to an older version or to another text. Only the cabinet asks: mail goes on as before, both ways. A version
 * that was accepted before its day needs no second consent.
 */
export function acceptanceNeeded(
  acceptance: Pick<Acceptance, 'version' | 'sha256'> | undefined,
  agreements: Agreements,
  now: number,
): boolean {
  if (acceptance === undefined) return true;
  const accepted = agreements.find(acceptance.version);
  if (accepted?.sha256 !== acceptance.sha256) return true;
  return accepted.inForceFrom < agreements.inForce(now).inForceFrom;
}
