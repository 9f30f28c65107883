import { checkOcsp, type OcspTools } from './check-ocsp.ts';
import type { StatusAnswer, StatusQuestion, StatusSource } from './status-source.ts';

/** OCSP answers that are at hand: files of an operator, or what came within a CMS. Nobody is asked. */
export class GivenAnswers implements StatusSource {
  readonly #tools: OcspTools;
  readonly #answers: readonly Uint8Array[];
  readonly #freshMs: number;

  /** `freshMs`: how old an answer without nextUpdate may be. */
  constructor(tools: OcspTools, answers: readonly Uint8Array[], freshMs: number) {
    this.#tools = tools;
    this.#answers = answers;
    this.#freshMs = freshMs;
  }

  /** The first answer about this certificate that is good; else what was wrong with the last about it. */
  async status(question: StatusQuestion): Promise<StatusAnswer> {
    let worst: StatusAnswer = { status: 'unknown', reason: 'revocation-unknown', detail: '' };
    for (const bytes of this.#answers) {
      const expected = { nonce: undefined, freshMs: this.#freshMs };
      const answer = await checkOcsp(this.#tools, bytes, question, expected);
      if (answer.status !== 'unknown') return answer;
      if (answer.reason !== 'ocsp-cert-id-mismatch') worst = answer;
    }
    return worst;
  }
}
