import type { GostWork } from '../../../src/eds/algorithms/gost-work.ts';
import { SignatureVerifier } from '../../../src/eds/algorithms/signature-verifier.ts';
import type { TestAuthority } from '../../../src/eds/authority/test-authority.ts';
import { HttpService } from '../../../src/eds/services/http-service.ts';
import { OcspClient } from '../../../src/eds/services/ocsp-client.ts';
import { signCms } from '../../../src/eds/sign/sign-cms.ts';
import type { Signer } from '../../../src/eds/sign/signer.ts';
import { EdsServices } from '../../../src/eds/simulators/eds-services.ts';
import { EdsVerifier } from '../../../src/eds/verify/eds-verifier.ts';
import { EdsSignatures } from '../../../src/gateway/signatures/eds-signatures.ts';
import { signatureLimits } from '../../../src/gateway/signatures/limits.ts';
import { seededBytes } from '../../eds/support/authorities.ts';
import { now } from '../../eds/support/clock.ts';
import { trusting } from '../../eds/support/policies.ts';

export interface MovedClock {
  time: number;
  now(): number;
}

export interface BenchOptions {
  readonly gost?: GostWork;
  readonly testIdentifiers?: readonly string[];
  /** Of the status service; a second when left out. */
  readonly timeoutMs?: number;
}

/** The gateway's signatures over a test authority and its services, by a clock that the test moves. */
export class SignatureBench {
  readonly clock: MovedClock;
  readonly authority: TestAuthority;
  readonly services: EdsServices;
  readonly signatures: EdsSignatures;
  /** The same for documents. */
  readonly documents: EdsSignatures;

  private constructor(
    authority: TestAuthority,
    services: EdsServices,
    clock: MovedClock,
    signatures: (mostBytes: number) => EdsSignatures,
  ) {
    this.authority = authority;
    this.services = services;
    this.clock = clock;
    this.signatures = signatures(signatureLimits.loginBytes);
    this.documents = signatures(signatureLimits.documentBytes);
  }

  static async open(authority: TestAuthority, options: BenchOptions = {}): Promise<SignatureBench> {
    const clock: MovedClock = { time: now, now: () => clock.time };
    const stranger = await authority.issue({ subject: { commonName: 'БАСҚА' } });
    const services = new EdsServices(authority, stranger, clock);
    const service = new HttpService({
      url: `${await services.listen()}/ocsp`,
      timeoutMs: options.timeoutMs ?? 1000,
      attempts: 1,
      pauseMs: 1,
      userAgent: 'Zhashik/test',
    });
    const verifier = new EdsVerifier(new SignatureVerifier(options.gost));
    const tools = { verifier: verifier.signatures, links: verifier.links };
    const responder = new OcspClient(tools, service, undefined, seededBytes('nonces'));
    const trust = trusting(...authority.roots);
    return new SignatureBench(
      authority,
      services,
      clock,
      (mostBytes) =>
        new EdsSignatures({
          verifier,
          trust: () => trust,
          sources: [responder],
          clock,
          testIdentifiers: new Set(options.testIdentifiers),
          mostBytes,
        }),
    );
  }

  /** An attached signature as somebody's program makes it. */
  sign(signer: Signer, content: Uint8Array, signedAt = this.clock.time): Promise<Buffer> {
    return signCms({ content, detached: false, signers: [signer], signedAt });
  }

  close(): Promise<void> {
    return this.services.close();
  }
}
