import { randomBytes } from 'node:crypto';
import { limits } from '../limits.ts';
import { Refusal } from '../refusal.ts';
import { checkOcsp, type OcspTools } from '../revocation/check-ocsp.ts';
import { encodeOcspRequest } from '../revocation/ocsp-request.ts';
import type { StatusAnswer, StatusQuestion, StatusSource } from '../revocation/status-source.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { HttpService } from './http-service.ts';

/** Octets of a nonce; RFC 8954 2.1 asks for 1 to 32. */
const nonceBytes = 16;

/** Asks an OCSP responder, each time with a nonce of its own. Answers stay in the cache while they are fresh. */
export class OcspClient implements StatusSource {
  readonly isRemote = true;
  readonly #tools: OcspTools;
  readonly #service: HttpService;
  readonly #cache: AnswerCache | undefined;
  readonly #randomBytes: (count: number) => Uint8Array;

  constructor(
    tools: OcspTools,
    service: HttpService,
    cache?: AnswerCache,
    chance: (count: number) => Uint8Array = randomBytes,
  ) {
    this.#tools = tools;
    this.#service = service;
    this.#cache = cache;
    this.#randomBytes = chance;
  }

  async status(question: StatusQuestion): Promise<StatusAnswer> {
    const { certificate, issuer, now } = question;
    const key = `ocsp ${issuer.fingerprint} ${certificate.serialHex}`;
    const cached = await this.#cache?.get(key);
    if (cached !== undefined) {
      const known = await this.#check(cached, question, undefined);
      if (known.status !== 'unknown') return known;
    }
    try {
      const nonce = this.#randomBytes(nonceBytes);
      const octets = encodeOcspRequest(certificate, issuer, nonce);
      const bytes = await this.#service.ask({
        body: { type: 'application/ocsp-request', octets },
        mostBytes: limits.ocspBytes,
      });
      const answer = await this.#check(bytes, question, nonce);
      if (answer.status !== 'unknown') {
        await this.#cache?.put(key, bytes, now + limits.ocspFreshMs);
      }
      return answer;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const reason = error.code === 'too-large' ? 'ocsp-parse' : error.code;
      return { status: 'unknown', reason, detail: error.detail };
    }
  }

  #check(
    bytes: Uint8Array,
    question: StatusQuestion,
    nonce: Uint8Array | undefined,
  ): Promise<StatusAnswer> {
    return checkOcsp(this.#tools, bytes, question, { nonce, freshMs: limits.ocspFreshMs });
  }
}
