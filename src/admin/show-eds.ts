import { unwrap } from '../eds/cms/unwrap.ts';
import { readSignedData, type SignedData } from '../eds/cms/signed-data.ts';
import type { SignerInfo } from '../eds/cms/signer-info.ts';
import { signatureTimestamps } from '../eds/cms/unsigned-values.ts';
import { MailError } from '../core/errors.ts';
import { oids } from '../eds/oids.ts';
import { Refusal } from '../eds/refusal.ts';
import { readOcspResponse } from '../eds/revocation/ocsp-response.ts';
import { readCrl } from '../eds/revocation/read-crl.ts';
import { readTimestampToken, tokenOfResponse } from '../eds/timestamp/timestamp-token.ts';
import { Certificate } from '../eds/x509/certificate.ts';
import { identityOf } from '../eds/x509/identity.ts';
import { nameText } from '../eds/x509/name.ts';
import { readInput } from './read-trust.ts';

/** What a file is and says, as plain data. Nothing of it was verified. */
export type ShownEds = Readonly<Record<string, unknown>> & { readonly kind: string };

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const time = (value: number | undefined): string | null =>
  value === undefined ? null : new Date(value).toISOString();

/** Reads a certificate, CRL, OCSP answer, timestamp or CMS. Throws a MailError when it is none of them. */
export async function showEds(file: string): Promise<ShownEds> {
  const bytes = await readInput(file);
  for (const read of [showCertificate, showTimestamp, showCms, showOcsp, showCrl]) {
    try {
      return await read(unwrap(bytes));
    } catch (error) {
      // The next kind may fit: each refuses what is not its own.
      if (!(error instanceof Refusal)) throw error;
    }
  }
  throw new MailError('invalid', `${file} is no certificate, CRL, OCSP answer, timestamp or CMS`);
}

function showCertificate(bytes: Uint8Array): ShownEds {
  return { kind: 'certificate', ...certificateData(new Certificate(bytes)) };
}

function certificateData(certificate: Certificate): Readonly<Record<string, unknown>> {
  const { iins, bins, roles } = identityOf(certificate);
  return {
    sha256: certificate.fingerprint,
    serial: certificate.serialHex,
    subject: nameText(certificate.subject),
    issuer: nameText(certificate.issuer),
    notBefore: time(certificate.notBefore),
    notAfter: time(certificate.notAfter),
    algorithm: certificate.signatureAlgorithm.oid,
    key: certificate.publicKeyInfo.algorithm.oid,
    iin: iins,
    bin: bins,
    roles,
    keyUsage: [...(certificate.keyUsage ?? [])],
    extendedKeyUsage: certificate.extendedKeyUsage,
    policies: certificate.policies,
    authority: certificate.basicConstraints?.authority ?? false,
    extensions: certificate.extensions.all.map(({ oid, critical }) => ({ oid, critical })),
  };
}

function showTimestamp(bytes: Uint8Array): ShownEds {
  let token = bytes;
  try {
    token = tokenOfResponse(bytes);
  } catch (error) {
    // Not a response of an authority: then the token itself.
    if (!(error instanceof Refusal) || error.code !== 'tst-parse') throw error;
  }
  const { data, info } = readTimestampToken(token);
  return {
    kind: 'timestamp',
    time: time(info.genTime),
    policy: info.policy,
    serial: hex(info.serial),
    imprintAlgorithm: info.imprintAlgorithm,
    imprint: hex(info.imprint),
    nonce: info.nonce === undefined ? null : hex(info.nonce),
    certificates: data.certificates.map(certificateData),
  };
}

function showCms(bytes: Uint8Array): ShownEds {
  const data = readSignedData(bytes);
  return {
    kind: 'cms',
    contentType: data.contentType,
    attached: data.content !== undefined,
    contentBytes: data.content?.length ?? null,
    digestAlgorithms: data.digestAlgorithms,
    signers: data.signers.map((signer) => signerData(data, signer)),
    certificates: data.certificates.map(certificateData),
    crls: data.crls.length,
  };
}

function signerData(data: SignedData, signer: SignerInfo): Readonly<Record<string, unknown>> {
  const { identifier } = signer;
  return {
    ...('subjectKeyId' in identifier
      ? { subjectKeyId: hex(identifier.subjectKeyId) }
      : { issuer: nameText(identifier.issuer), serial: hex(identifier.serial) }),
    digestAlgorithm: signer.digestAlgorithm.oid,
    signatureAlgorithm: signer.signatureAlgorithm.oid,
    signature: hex(signer.signature),
    signedAttributes: signer.signedAttributes?.all.map((one) => one.oid) ?? null,
    unsignedAttributes: signer.unsignedAttributes?.all.map((one) => one.oid) ?? [],
    timestamps: signatureTimestamps(signer).map(showTimestamp),
    namesItsCertificate: signer.signedAttributes?.has(oids.signingCertificateV2) ?? false,
    contentType: data.contentType,
  };
}

function showOcsp(bytes: Uint8Array): ShownEds {
  const { responseStatus, basic } = readOcspResponse(bytes);
  return {
    kind: 'ocsp',
    responseStatus,
    producedAt: time(basic?.producedAt),
    nonce: basic?.nonce === undefined ? null : hex(basic.nonce),
    responder:
      basic === undefined
        ? null
        : 'name' in basic.responder
          ? nameText(basic.responder.name)
          : hex(basic.responder.keyHash),
    responses: (basic?.responses ?? []).map((one) => ({
      serial: hex(one.certId.serial),
      status: one.status.kind,
      ...(one.status.kind === 'revoked'
        ? { revokedAt: time(one.status.at), reason: one.status.reason }
        : {}),
      thisUpdate: time(one.thisUpdate),
      nextUpdate: time(one.nextUpdate),
    })),
    certificates: basic?.certificates.map(certificateData) ?? [],
  };
}

async function showCrl(bytes: Uint8Array): Promise<ShownEds> {
  const listener = { head: () => undefined, entry: () => undefined, signed: () => undefined };
  const crl = await readCrl([bytes], listener);
  return {
    kind: 'crl',
    issuer: nameText(crl.head.issuer),
    algorithm: crl.head.algorithm.oid,
    thisUpdate: time(crl.head.thisUpdate),
    nextUpdate: time(crl.head.nextUpdate),
    number: crl.tail.number?.toString() ?? null,
    deltaBase: crl.tail.deltaBase?.toString() ?? null,
    scope: crl.tail.scope,
    entries: crl.entries,
    bytes: crl.bytes,
    sha256: crl.sha256,
  };
}
