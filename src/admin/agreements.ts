import { MailError } from '../core/errors.ts';
import { AgreementError } from '../gateway/agreement/agreement-error.ts';
import { loadAgreements } from '../gateway/agreement/load-agreements.ts';
import type { Agreements } from '../gateway/api.ts';

export interface AgreementsInput {
  readonly folder: string;
  /** The domain in which mailboxes are given. */
  readonly domain: string;
  readonly now: number;
}

export interface ListedAgreement {
  readonly version: string;
  readonly inForceFrom: string;
  readonly inForce: boolean;
  readonly domain: string;
  readonly sha256: string;
}

/** The versions of the user agreement as a server would start with them. `invalid` where it would not start. */
export async function openAgreements({
  folder,
  domain,
  now,
}: AgreementsInput): Promise<Agreements> {
  try {
    return await loadAgreements(folder, { domain, now });
  } catch (error) {
    if (!(error instanceof AgreementError)) throw error;
    throw new MailError('invalid', error.message, { cause: error });
  }
}

/** Oldest first. */
export async function listAgreements(input: AgreementsInput): Promise<readonly ListedAgreement[]> {
  const agreements = await openAgreements(input);
  const current = agreements.inForce(input.now).version;
  return agreements.all.map(({ version, inForceFrom, domain, sha256 }) => ({
    version,
    inForceFrom: new Date(inForceFrom).toISOString(),
    inForce: version === current,
    domain,
    sha256,
  }));
}
