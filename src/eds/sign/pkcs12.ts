import { MailError } from '../../core/errors.ts';
import { readPublicKeyInfo } from '../algorithms/public-key.ts';
import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { readAsn1, readDer } from '../asn1/read-asn1.ts';
import { implicitOctetsOf, octetsOf, oidOf, smallInteger } from '../asn1/values.ts';
import { limits } from '../limits.ts';
import { oids } from '../oids.ts';
import { Refusal } from '../refusal.ts';
import { Certificate } from '../x509/certificate.ts';
import { decryptWith } from './password-encryption.ts';
import { isMacOf } from './pkcs12-mac.ts';
import { readPrivateKeyInfo } from './private-key-info.ts';
import type { Signer } from './signer.ts';
import type { SigningKey } from './signing-key.ts';

const bagOids = {
  key: '1.2.840.113549.1.12.10.1.1',
  shroudedKey: '1.2.840.113549.1.12.10.1.2',
  certificate: '1.2.840.113549.1.12.10.1.3',
} as const;
const x509Certificate = '1.2.840.113549.1.9.22.1';
const encryptedData = '1.2.840.113549.1.7.6';

/**
 * Who can sign with a key file of the National CA, or of any program that writes PKCS #12 with Triple DES or AES. BER,
 * RFC 7292. Each key goes with the certificate of its public half. Throws a `Refusal` for a file that is damaged, and a
 * MailError when the password is wrong.
 */
export function openPkcs12(bytes: Uint8Array, password: string): readonly Signer[] {
  if (bytes.length > limits.pkcs12Bytes) throw new Refusal('too-large', 'PKCS #12');
  const fields = Fields.sequence(readAsn1(bytes), 'PFX');
  if (smallInteger(fields.next(), 'version') !== 3) throw new Refusal('parse', 'PFX version');
  const safe = contentOf(fields.next());
  const mac = fields.rest();
  fields.end();
  // Without a MAC nothing would say that the password is right and the file whole. RFC 7292 4.
  if (mac === undefined) throw new Refusal('parse', 'no MAC');
  if (!isMacOf(mac, safe, password)) {
    throw new MailError('invalid', 'The password of the key file is wrong');
  }
  const bags = readAsn1(safe).children.flatMap((one) => bagsOf(one, password));
  const keys: SigningKey[] = [];
  const certificates: Certificate[] = [];
  for (const bag of bags) {
    const bagFields = Fields.sequence(bag, 'SafeBag');
    const oid = oidOf(bagFields.next(), 'bagId');
    const value = bagFields.next().only('bagValue');
    if (oid === bagOids.certificate) certificates.push(...certificateOf(value));
    else if (oid === bagOids.key) keys.push(readPrivateKeyInfo(value.raw));
    else if (oid === bagOids.shroudedKey) keys.push(shroudedKey(value, password));
  }
  return keys.flatMap((key) => signerOf(key, certificates));
}

/** ContentInfo of type data: its octets. */
function contentOf(node: Asn1Node): Uint8Array {
  const fields = Fields.sequence(node, 'ContentInfo');
  if (oidOf(fields.next(), 'contentType') !== oids.data) throw new Refusal('parse', 'not data');
  return octetsOf(fields.next().only('content'), 'content');
}

/** The bags of one ContentInfo of AuthenticatedSafe, decrypted where they are encrypted. RFC 7292 4.1. */
function bagsOf(node: Asn1Node, password: string): readonly Asn1Node[] {
  const fields = Fields.sequence(node, 'ContentInfo');
  const type = oidOf(fields.next(), 'contentType');
  if (type !== encryptedData) return readAsn1(contentOf(node)).children;
  const data = Fields.sequence(fields.next().only('content'), 'EncryptedData');
  smallInteger(data.next(), 'version');
  const content = Fields.sequence(data.next(), 'EncryptedContentInfo');
  content.next();
  const algorithm = content.next();
  const octets = implicitOctetsOf(content.next(), 0, 'encryptedContent');
  return readAsn1(decryptWith(algorithm, octets, password)).children;
}

function certificateOf(value: Asn1Node): readonly Certificate[] {
  const fields = Fields.sequence(value, 'CertBag');
  if (oidOf(fields.next(), 'certId') !== x509Certificate) return [];
  return [new Certificate(octetsOf(fields.next().only('certValue'), 'certValue'))];
}

function shroudedKey(value: Asn1Node, password: string): SigningKey {
  const fields = Fields.sequence(value, 'EncryptedPrivateKeyInfo');
  const algorithm = fields.next();
  const octets = octetsOf(fields.next(), 'encryptedData');
  return readPrivateKeyInfo(decryptWith(algorithm, octets, password));
}

/** A key without its certificate is left out: nobody would know whose signatures it makes. */
function signerOf(key: SigningKey, certificates: readonly Certificate[]): readonly Signer[] {
  const { bits } = readPublicKeyInfo(readDer(key.publicKeyInfo));
  const certificate = certificates.find(
    (one) => Buffer.compare(one.publicKeyInfo.bits, bits) === 0,
  );
  if (certificate === undefined) return [];
  return [{ key, certificate, chain: certificates.filter((one) => one !== certificate) }];
}
