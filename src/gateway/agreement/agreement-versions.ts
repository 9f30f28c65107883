import type { AgreementVersion, Agreements } from '../api.ts';
import { AgreementError } from './agreement-error.ts';

/** The versions of the user agreement, in memory. */
export class AgreementVersions implements Agreements {
  readonly all: readonly AgreementVersion[];

  /** At least one; oldest first, as `loadAgreements` checks. */
  constructor(all: readonly AgreementVersion[]) {
    this.all = all;
  }

  inForce(now: number): AgreementVersion {
    const version = this.all.findLast(({ inForceFrom }) => inForceFrom <= now);
    if (version !== undefined) return version;
    throw new AgreementError('agreement', 'no version is in force yet');
  }

  find(version: string): AgreementVersion | undefined {
    return this.all.find((one) => one.version === version);
  }
}
