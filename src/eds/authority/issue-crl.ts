import { der } from '../asn1/der.ts';
import { oids } from '../oids.ts';
import { revocationReasons } from '../revocation/status-source.ts';
import type { CrlEntry } from '../revocation/crl-record.ts';
import { signatureIdentifier } from '../sign/algorithm-der.ts';
import type { SigningKey } from '../sign/signing-key.ts';
import { extension } from './issue-certificate.ts';

export interface CrlRequest {
  /** Name, DER. */
  readonly issuer: Uint8Array;
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  readonly entries: Iterable<CrlEntry>;
  readonly number?: bigint;
  /** Makes it a delta list. */
  readonly deltaBase?: bigint;
  /** More extensions, DER. */
  readonly extensions?: readonly Uint8Array[];
}

/** A CRL of version 2, RFC 5280 5.1. */
export async function issueCrl(request: CrlRequest, issuer: SigningKey): Promise<Buffer> {
  const { number, deltaBase } = request;
  const algorithm = signatureIdentifier(issuer.algorithm);
  const entries = Array.from(request.entries, entryDer);
  const extensions = [
    ...(number === undefined ? [] : [extension(oids.crlNumber, der.integer(number))]),
    ...(deltaBase === undefined
      ? []
      : [extension(oids.deltaCrlIndicator, der.integer(deltaBase), true)]),
    ...(request.extensions ?? []),
  ];
  const tbs = der.sequence(
    der.integer(1),
    algorithm,
    request.issuer,
    der.time(request.thisUpdate),
    ...(request.nextUpdate === undefined ? [] : [der.time(request.nextUpdate)]),
    ...(entries.length === 0 ? [] : [der.sequence(Buffer.concat(entries))]),
    ...(extensions.length === 0 ? [] : [der.context(0, der.sequence(...extensions))]),
  );
  return der.sequence(tbs, algorithm, der.bits(await issuer.sign(tbs)));
}

function entryDer({ serial, revokedAt, reason }: CrlEntry): Buffer {
  const code = Object.entries(revocationReasons).find(([, name]) => name === reason)?.[0] ?? '0';
  // RFC 5280 5.3.1: an unspecified reason is left out.
  const extensions =
    code === '0' ? [] : [der.sequence(extension(oids.reasonCode, der.enumerated(Number(code))))];
  return der.sequence(der.integer(serial), der.time(revokedAt), ...extensions);
}
