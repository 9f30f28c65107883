import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Fields } from '../asn1/fields.ts';
import { readDer } from '../asn1/read-asn1.ts';
import { naturalOf, octetsOf, oidOf, smallInteger } from '../asn1/values.ts';
import { fromLittleEndian } from '../crypto/little-endian.ts';
import { Refusal } from '../refusal.ts';
import { type GostFamily, gostFamilyOf, GostKey } from './gost-key.ts';
import { NodeKey } from './node-key.ts';
import type { SigningKey } from './signing-key.ts';

/**
 * The key of PKCS #8, unencrypted: RSA and elliptic curves by the platform, GOST as the National CA writes it. Throws
 * `parse`, `key-invalid` and `algorithm-not-allowed`. RFC 5958 2.
 */
export function readPrivateKeyInfo(bytes: Uint8Array): SigningKey {
  const fields = Fields.sequence(readDer(bytes), 'PrivateKeyInfo');
  smallInteger(fields.next(), 'version');
  const algorithm = fields.next();
  const oid = oidOf(
    Fields.sequence(algorithm, 'privateKeyAlgorithm').next(),
    'privateKeyAlgorithm',
  );
  const inner = octetsOf(fields.next(), 'privateKey');
  const family = gostFamilyOf(oid);
  return family === undefined ? platformKey(bytes) : gostKey(family, inner);
}

function gostKey(family: GostFamily, inner: Uint8Array): SigningKey {
  const node = readDer(inner);
  const number =
    family === 'gost2004'
      ? BigInt(`0x0${Buffer.from(naturalOf(node, 'privateKey')).toString('hex')}`)
      : fromLittleEndian(octetsOf(node, 'privateKey'));
  try {
    return new GostKey(family, number);
  } catch (error) {
    throw new Refusal('key-invalid', 'not a key of the curve', { cause: error });
  }
}

function platformKey(bytes: Uint8Array): SigningKey {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: Buffer.from(bytes), format: 'der', type: 'pkcs8' });
  } catch (error) {
    throw new Refusal('key-invalid', 'not a private key', { cause: error });
  }
  try {
    return new NodeKey(key);
  } catch (error) {
    throw new Refusal('algorithm-not-allowed', key.asymmetricKeyType ?? '', { cause: error });
  }
}
