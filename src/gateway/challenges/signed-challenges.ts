import { createHash, randomBytes } from 'node:crypto';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { Clock } from '../../core/clock.ts';
import type { RecordStore } from '../../store/records.ts';
import type { Challenge, ChallengePurpose, Challenges, Signatures, SignedBy } from '../api.ts';
import { GatewayError } from '../gateway-error.ts';
import { RecordTable } from '../records/record-table.ts';
import { type ChallengeRecord, challengeSchema } from './challenge-record.ts';
import { challengeLimits } from './limits.ts';

export interface ChallengesOptions {
  readonly records: RecordStore;
  /** Those of a login. */
  readonly signatures: Signatures;
  /** The site that is signed in to: `https://mail.example.kz`. A signature for another site is worth nothing here. */
  readonly origin: string;
  readonly clock: Clock;
  readonly randomBytes?: (count: number) => Buffer;
}

/** `<ms since 1970 in base 36>-<32 hex digits>`: in order of their end, so that ended ones are found. */
const idForm = /^[0-9a-z]{9}-[0-9a-f]{32}$/;

/**
 * Challenges in the store, so that any process can take the answer. One is used up by removing its record in the version
 * that was read, before the answer is looked at: of two answers at once, only one is.
 */
export class SignedChallenges implements Challenges {
  readonly #options: ChallengesOptions;
  readonly #records: RecordTable<ChallengeRecord>;
  readonly #randomBytes: (count: number) => Buffer;

  constructor(options: ChallengesOptions) {
    this.#options = options;
    this.#records = new RecordTable(options.records, 'challenge', challengeSchema);
    this.#randomBytes = options.randomBytes ?? randomBytes;
  }

  async issue(purpose: ChallengePurpose, binding: string): Promise<Challenge> {
    const { clock, origin } = this.#options;
    const issuedAt = clock.now();
    const expiresAt = issuedAt + challengeLimits.lifeMs;
    const nonce = this.#randomBytes(challengeLimits.nonceBytes).toString('base64url');
    const document = canonicalJson({
      expires: new Date(expiresAt).toISOString(),
      issued: new Date(issuedAt).toISOString(),
      nonce,
      origin,
      purpose,
    });
    const id = `${timeKey(expiresAt)}-${this.#randomBytes(16).toString('hex')}`;
    const record = { v: 1 as const, purpose, binding: digest(binding), document, expiresAt };
    if (!(await this.#records.insert(id, record))) throw new Error('an id came twice');
    return { id, document: Buffer.from(document), expiresAt };
  }

  async redeem(
    id: string,
    purpose: ChallengePurpose,
    binding: string,
    given: Uint8Array | string,
  ): Promise<SignedBy> {
    const { clock, signatures } = this.#options;
    const kept = idForm.test(id) ? await this.#records.get(id) : undefined;
    // Whoever has not the secret is told what a stranger is told, and cannot use it up for whom it belongs to.
    if (kept?.value.binding !== digest(binding)) throw new GatewayError('CHALLENGE_EXPIRED');
    if (!(await this.#records.remove(kept))) throw new GatewayError('CHALLENGE_EXPIRED');
    if (clock.now() > kept.value.expiresAt) throw new GatewayError('CHALLENGE_EXPIRED');
    if (kept.value.purpose !== purpose) throw new GatewayError('CHALLENGE_WRONG');
    const by = await signatures.verify(given);
    if (Buffer.compare(by.content, Buffer.from(kept.value.document)) !== 0) {
      throw new GatewayError('CHALLENGE_WRONG');
    }
    return by;
  }

  /** Removes ended ones that nobody answered, oldest first; answers how many, 500 at most. */
  async sweep(): Promise<number> {
    const ended = timeKey(this.#options.clock.now());
    const oldest = await this.#records.list({ limit: challengeLimits.sweptAtOnce });
    let swept = 0;
    for (const one of oldest) {
      if (one.key >= ended) break;
      if (await this.#records.remove(one)) swept += 1;
    }
    return swept;
  }
}

/** Nine digits are enough until the year 5188. */
function timeKey(ms: number): string {
  return ms.toString(36).padStart(9, '0');
}

function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
