import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { digestOf, type DigestName } from '../algorithms/digests.ts';
import type { SignatureVerifier } from '../algorithms/signature-verifier.ts';
import { limits } from '../limits.ts';
import { checkTimestamp } from '../timestamp/check-timestamp.ts';
import { encodeTimestampRequest } from '../timestamp/timestamp-request.ts';
import { tokenOfResponse } from '../timestamp/timestamp-token.ts';
import type { TrustStore } from '../trust/trust-store.ts';
import type { VerifiedLinks } from '../trust/verified-links.ts';
import type { HttpService } from './http-service.ts';
import type { Timestamper } from './timestamper.ts';

export interface TspClientOptions {
  readonly tools: { readonly verifier: SignatureVerifier; readonly links: VerifiedLinks };
  readonly service: HttpService;
  readonly trust: TrustStore;
  readonly clock: Clock;
  /** The digest of the imprint, and the policy that is asked for. */
  readonly digest: DigestName;
  readonly policy: string;
  readonly randomBytes?: (count: number) => Uint8Array;
}

const nonceBytes = 8;

/** Asks a timestamp authority and believes nothing: the token is verified before it is handed on. RFC 3161 2.4. */
export class TspClient implements Timestamper {
  readonly #options: TspClientOptions;

  constructor(options: TspClientOptions) {
    this.#options = options;
  }

  async timestamp(octets: Uint8Array): Promise<Uint8Array> {
    const { service, digest, policy, trust, clock, tools } = this.#options;
    const nonce = Buffer.from((this.#options.randomBytes ?? randomBytes)(nonceBytes));
    // The octets of a positive INTEGER in its shortest form: the first from 0x40 to 0x7f.
    nonce.writeUInt8((nonce.readUInt8(0) & 0x3f) | 0x40, 0);
    const imprint = digestOf(digest, octets);
    const answer = await service.ask({
      body: {
        type: 'application/timestamp-query',
        octets: encodeTimestampRequest({ digest, imprint, policy, nonce }),
      },
      mostBytes: limits.timestampBytes,
    });
    const token = tokenOfResponse(answer);
    await checkTimestamp(tools, {
      token,
      imprint: (name) => digestOf(name, octets),
      hints: [],
      trust,
      now: clock.now(),
      policies: [policy],
      nonce,
    });
    return token;
  }
}
