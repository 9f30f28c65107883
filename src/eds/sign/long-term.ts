import { der } from '../asn1/der.ts';
import { oids } from '../oids.ts';
import { Refusal } from '../refusal.ts';
import { basicOcspOf } from '../revocation/ocsp-response.ts';
import type { StatusSource } from '../revocation/status-source.ts';
import type { Timestamper } from '../services/timestamper.ts';
import { readTimestampToken } from '../timestamp/timestamp-token.ts';
import type { Certificate } from '../x509/certificate.ts';
import { attribute } from './cms-der.ts';
import type { MadeSignature } from './sign-cms.ts';

/** The unsigned attribute of CAdES-T: a timestamp over the signature. ETSI EN 319 122-1 5.3. */
export async function timestampAttribute(
  { signature }: MadeSignature,
  timestamper: Timestamper,
): Promise<Uint8Array> {
  return attribute(oids.signatureTimestamp, await timestamper.timestamp(signature));
}

export interface LongTermTools {
  readonly timestamper: Timestamper;
  /** Whom to ask for the status of the signer; an OCSP responder, since its answer goes into the signature. */
  readonly status: StatusSource;
  readonly now: () => number;
}

/**
 * The unsigned attributes of the long-term form: the timestamp first, then the certificates up to the root and an OCSP
 * answer that is younger than the timestamp. With them the signature can be verified when the services are gone. ETSI
 * EN 319 122-1 5.4, A.1.1.2, A.1.2.2. Rejects with a `Refusal` when the certificate is not good or nobody can say so.
 */
export async function longTermAttributes(
  made: MadeSignature,
  { timestamper, status, now }: LongTermTools,
): Promise<readonly Uint8Array[]> {
  const token = await timestamper.timestamp(made.signature);
  const { data, info } = readTimestampToken(token);
  const { certificate, chain } = made.signer;
  const [issuer] = chain;
  if (issuer === undefined) throw new Refusal('chain-untrusted', 'no issuer to ask about');
  const answer = await status.status({ certificate, issuer, now: now(), reference: info.genTime });
  if (answer.status === 'unknown') throw new Refusal(answer.reason, answer.detail);
  if (answer.status === 'revoked') throw new Refusal('revoked');
  if (answer.evidence.kind !== 'ocsp') throw new Refusal('revocation-unknown', 'not by OCSP');
  const certificates = new Map<string, Certificate>();
  for (const one of [...chain, ...data.certificates]) certificates.set(one.fingerprint, one);
  const basic = basicOcspOf(answer.evidence.response);
  return [
    attribute(oids.signatureTimestamp, token),
    attribute(
      oids.certificateValues,
      der.sequence(...[...certificates.values()].map((one) => one.der)),
    ),
    attribute(oids.revocationValues, der.sequence(der.context(1, der.sequence(basic)))),
  ];
}
