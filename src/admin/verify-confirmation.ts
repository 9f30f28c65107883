import { MailError } from '../core/errors.ts';
import { ConfirmationError } from '../gateway/confirmation/confirmation-error.ts';
import type { ConfirmationFacts } from '../gateway/confirmation/confirmation-facts.ts';
import type { ConfirmationFiles } from '../gateway/confirmation/confirmation-files.ts';
import { readConfirmationPdf } from '../gateway/confirmation/read-confirmation-pdf.ts';
import {
  type ConfirmationVerdict,
  verifyConfirmation,
} from '../gateway/confirmation/verify-confirmation.ts';
import { readInput } from './read-trust.ts';
import {
  type EdsReport,
  type EdsTrustInput,
  noOnlineSources,
  type OnlineSources,
  reportEds,
  withEdsTrust,
} from './verify-eds.ts';

export interface VerifyConfirmationInput extends Omit<EdsTrustInput, 'owner'> {
  /** The PDF, or the JSON with its signature beside it, as `FILE.p7s`. */
  readonly file: string;
  /** The signature of a JSON that is elsewhere. */
  readonly signature: string | undefined;
  readonly operatorBin: string | undefined;
}

/** What `zhashik confirmation verify` prints, as plain data. */
export interface ConfirmationReport extends Pick<
  ConfirmationVerdict,
  'verdict' | 'reasons' | 'pages'
> {
  readonly facts: ConfirmationFacts;
  readonly signature: EdsReport;
}

/** Verifies a confirmation of a registration. Throws a MailError when something named cannot be used. */
export async function verifyConfirmationFile(
  input: VerifyConfirmationInput,
  online: OnlineSources = noOnlineSources,
): Promise<ConfirmationReport> {
  const files = await readFiles(input);
  const trust: EdsTrustInput = { ...input, owner: 'anyone' };
  return withEdsTrust(trust, files.cms, online, async (verifier, policy) => {
    const { operatorBin } = input;
    try {
      const verdict = await verifyConfirmation(files, { verifier, policy, operatorBin });
      const { facts, pages, reasons, signature } = verdict;
      return { verdict: verdict.verdict, reasons, facts, signature: reportEds(signature), pages };
    } catch (error) {
      throw explained(input.file, error);
    }
  });
}

async function readFiles({ file, signature }: VerifyConfirmationInput): Promise<ConfirmationFiles> {
  const octets = await readInput(file);
  if (octets.subarray(0, 5).toString('latin1') !== '%PDF-') {
    return { json: octets, cms: await readInput(signature ?? `${file}.p7s`), pdf: undefined };
  }
  try {
    return readConfirmationPdf(octets);
  } catch (error) {
    throw explained(file, error);
  }
}

function explained(file: string, error: unknown): unknown {
  if (!(error instanceof ConfirmationError)) return error;
  return new MailError('invalid', `${file}: ${error.message}`, { cause: error });
}
