import { SignatureVerifier } from '../algorithms/signature-verifier.ts';
import { der } from '../asn1/der.ts';
import { type Content, SignedContent } from '../cms/content.ts';
import { oids } from '../oids.ts';
import { digestIdentifier, signatureIdentifier } from './algorithm-der.ts';
import {
  attribute,
  essAttribute,
  issuerAndSerial,
  signedDataDer,
  signerInfoDer,
} from './cms-der.ts';
import type { Signer } from './signer.ts';

export interface CmsRequest {
  readonly content: Content;
  /** Attached: the content, which must then be octets, goes into the CMS. */
  readonly detached: boolean;
  readonly signers: readonly Signer[];
  /** What `signingTime` says, milliseconds since 1970. */
  readonly signedAt: number;
  readonly contentType?: string;
  /** Unsigned attributes for a signature that was made: a timestamp, long-term values. */
  readonly unsigned?: (made: MadeSignature) => Promise<readonly Uint8Array[]>;
  /** For a timestamp, which is itself a CMS, RFC 3161 names the certificate by SHA-1 and asks for version 3. */
  readonly essV1?: boolean;
}

export interface MadeSignature {
  readonly signer: Signer;
  /** The value of SignerInfo.signature. */
  readonly signature: Uint8Array;
}

/**
 * A CMS of the form CAdES-BES: each signer signs the content type, the time, the digest and his certificate's hash.
 * DER. RFC 5652 5, ETSI EN 319 122-1 5.
 */
export async function signCms(request: CmsRequest): Promise<Buffer> {
  const { content, detached, signers } = request;
  const contentType = request.contentType ?? oids.data;
  const source = new SignedContent(content, new SignatureVerifier());
  const infos: Buffer[] = [];
  for (const signer of signers) infos.push(await signerInfo(request, contentType, source, signer));
  return signedDataDer({
    contentType,
    content: detached ? undefined : attachable(content),
    digests: signers.map((signer) => digestIdentifier(signer.key.algorithm.digest)),
    certificates: signers.flatMap((signer) => [signer.certificate, ...signer.chain]),
    signerInfos: infos,
  });
}

function attachable(content: Content): Uint8Array {
  if (typeof content === 'function') throw new RangeError('attached content must be octets');
  return content;
}

async function signerInfo(
  request: CmsRequest,
  contentType: string,
  content: SignedContent,
  signer: Signer,
): Promise<Buffer> {
  const { algorithm } = signer.key;
  const attributes = der.setOf(
    attribute(oids.contentType, der.oid(contentType)),
    attribute(oids.signingTime, der.time(request.signedAt)),
    attribute(oids.messageDigest, der.octets(await content.digest(algorithm.digest))),
    essAttribute(signer.certificate, request.essV1 === true),
  );
  const signature = await signer.key.sign(attributes);
  const unsigned = (await request.unsigned?.({ signer, signature })) ?? [];
  return signerInfoDer({
    identifier: issuerAndSerial(signer.certificate),
    digest: digestIdentifier(algorithm.digest),
    attributes,
    algorithm: signatureIdentifier(algorithm),
    signature,
    unsigned,
  });
}
