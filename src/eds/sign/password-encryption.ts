import { createDecipheriv, pbkdf2Sync } from 'node:crypto';
import forge from 'node-forge';
import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { tags } from '../asn1/tags.ts';
import { octetsOf, oidOf, smallInteger } from '../asn1/values.ts';
import { limits } from '../limits.ts';
import { Refusal } from '../refusal.ts';
import { pkcs12Key } from './pkcs12-key.ts';

/** RFC 7292 C: the National CA's key files have the first around keys and the second around certificates. */
const tripleDes = '1.2.840.113549.1.12.1.3';
const rc2Of40Bits = '1.2.840.113549.1.12.1.6';
/** RFC 8018 A.4. */
const pbes2 = '1.2.840.113549.1.5.13';
const pbkdf2 = '1.2.840.113549.1.5.12';
const hmacs: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.11': 'sha512',
};
const ciphers: Readonly<Record<string, { readonly name: string; readonly keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32 },
};

/** Decrypts by an AlgorithmIdentifier of password-based encryption. Throws `parse` and `algorithm-not-allowed`. */
export function decryptWith(algorithm: Asn1Node, octets: Uint8Array, password: string): Buffer {
  const fields = Fields.sequence(algorithm, 'encryption algorithm');
  const oid = oidOf(fields.next(), 'encryption algorithm');
  const parameters = fields.next();
  if (oid === tripleDes || oid === rc2Of40Bits) {
    return decryptOld(oid, parameters, octets, password);
  }
  if (oid === pbes2) return decryptPbes2(parameters, octets, password);
  throw new Refusal('algorithm-not-allowed', oid);
}

/** pkcs-12PbeParams ::= SEQUENCE { salt OCTET STRING, iterations INTEGER }. */
function decryptOld(
  oid: string,
  parameters: Asn1Node,
  octets: Uint8Array,
  password: string,
): Buffer {
  const fields = Fields.sequence(parameters, 'pkcs-12PbeParams');
  const salt = octetsOf(fields.next(), 'salt');
  const iterations = iterationsOf(fields.next());
  const make = (purpose: 'key' | 'iv', length: number): Buffer =>
    pkcs12Key({ digest: 'sha1', purpose, password, salt, iterations, length });
  const iv = make('iv', 8);
  return oid === tripleDes
    ? decrypt('des-ede3-cbc', make('key', 24), iv, octets)
    : decryptRc2(make('key', 5), iv, octets);
}

/** RC2 of 40 bits keeps nothing secret, and here there are only certificates in it. The platform has it no more. */
function decryptRc2(key: Buffer, iv: Buffer, octets: Uint8Array): Buffer {
  const cipher = forge.rc2.createDecryptionCipher(key.toString('latin1'), 40);
  cipher.start(iv.toString('latin1'));
  cipher.update(forge.util.createBuffer(Buffer.from(octets).toString('latin1')));
  if (!cipher.finish()) throw new Refusal('parse', 'cannot be decrypted');
  return Buffer.from(cipher.output.getBytes(), 'latin1');
}

/** PBES2-params ::= SEQUENCE { keyDerivationFunc, encryptionScheme }. */
function decryptPbes2(parameters: Asn1Node, octets: Uint8Array, password: string): Buffer {
  const fields = Fields.sequence(parameters, 'PBES2-params');
  const derivation = Fields.sequence(fields.next(), 'keyDerivationFunc');
  if (oidOf(derivation.next(), 'keyDerivationFunc') !== pbkdf2) {
    throw new Refusal('algorithm-not-allowed', 'key derivation');
  }
  const kdf = Fields.sequence(derivation.next(), 'PBKDF2-params');
  const salt = octetsOf(kdf.next(), 'salt');
  const iterations = iterationsOf(kdf.next());
  kdf.optional('universal', tags.integer);
  const prf = kdf.rest();
  const hmac = hmacs[prf === undefined ? '1.2.840.113549.2.7' : firstOid(prf)];
  const scheme = Fields.sequence(fields.next(), 'encryptionScheme');
  const cipher = ciphers[oidOf(scheme.next(), 'encryptionScheme')];
  const iv = octetsOf(scheme.next(), 'iv');
  if (hmac === undefined || cipher === undefined) {
    throw new Refusal('algorithm-not-allowed', 'PBES2');
  }
  const key = pbkdf2Sync(password, salt, iterations, cipher.keyBytes, hmac);
  return decrypt(cipher.name, key, iv, octets);
}

function firstOid(node: Asn1Node): string {
  return oidOf(Fields.sequence(node, 'prf').next(), 'prf');
}

function iterationsOf(node: Asn1Node): number {
  const iterations = smallInteger(node, 'iterations');
  if (iterations < 1) throw new Refusal('parse', 'iterations');
  if (iterations > limits.pkcs12Iterations) throw new Refusal('too-large', 'iterations');
  return iterations;
}

function decrypt(cipher: string, key: Uint8Array, iv: Uint8Array, octets: Uint8Array): Buffer {
  try {
    const decipher = createDecipheriv(cipher, key, iv);
    return Buffer.concat([decipher.update(octets), decipher.final()]);
  } catch (error) {
    throw new Refusal('parse', 'cannot be decrypted', { cause: error });
  }
}
