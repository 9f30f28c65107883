import { randomBytes } from 'node:crypto';
import type { DigestName } from '../algorithms/digests.ts';
import { signCms } from './sign-cms.ts';
import type { Signer } from './signer.ts';

/** RFC 8551 3.5.3.2, RFC 9215 is silent: names that IANA does not have are as the digests are called here. */
const micalgs: Readonly<Record<DigestName, string>> = {
  sha1: 'sha-1',
  sha256: 'sha-256',
  sha384: 'sha-384',
  sha512: 'sha-512',
  streebog256: 'streebog-256',
  streebog512: 'streebog-512',
  gost34311: 'gostr3411-94',
};

export interface SmimeRequest {
  /** A MIME entity: header, empty line, body; lines end in CRLF, and nothing in it needs more than 7 bits. */
  readonly entity: Uint8Array;
  readonly signers: readonly Signer[];
  readonly signedAt: number;
  /** Part of the boundary; chance when left out. */
  readonly boundary?: string;
}

/**
 * A MIME entity of type multipart/signed: what was signed as it is, then the detached CMS. Throws a RangeError for a
 * lone CR or LF and for octets above 127, which a relay may change on the way. RFC 8551 3.5.3, RFC 1847.
 */
export async function signSmime(request: SmimeRequest): Promise<Buffer> {
  const { entity, signers, signedAt } = request;
  const text = Buffer.from(entity).toString('latin1');
  if (/[^\r]\n|^\n|\r(?!\n)|[\x80-\xff]/.test(text)) {
    throw new RangeError('not in the canonical form of MIME');
  }
  const boundary = `=_${request.boundary ?? randomBytes(18).toString('hex')}`;
  if (text.includes(boundary)) throw new RangeError('the boundary is in the entity');
  const cms = await signCms({ content: entity, detached: true, signers, signedAt });
  const algorithms = [...new Set(signers.map((one) => micalgs[one.key.algorithm.digest]))];
  const base64 = cms.toString('base64').replace(/.{76}(?!$)/g, '$&\r\n');
  const parts = [
    `Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n` +
      ` micalg="${algorithms.join(',')}"; boundary="${boundary}"\r\nMIME-Version: 1.0\r\n\r\n` +
      `--${boundary}\r\n`,
    text,
    `\r\n--${boundary}\r\nContent-Type: application/pkcs7-signature; name="smime.p7s"\r\n` +
      'Content-Transfer-Encoding: base64\r\n' +
      `Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n${base64}\r\n--${boundary}--\r\n`,
  ];
  return Buffer.from(parts.join(''), 'latin1');
}
