import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { GostKey } from '../sign/gost-key.ts';
import { NodeKey } from '../sign/node-key.ts';
import type { SigningKey } from '../sign/signing-key.ts';
import type { KeyFamily } from '../algorithms/signature-algorithms.ts';

/** A key with its private half, which only a test authority hands out. */
export interface MadeKey {
  readonly key: SigningKey;
  /** PKCS #8, DER, unencrypted. */
  readonly privateKeyInfo: Uint8Array;
}

const generate = promisify(generateKeyPair);

/** A new key. RSA has 2048 bits, and its chance is the platform's; of the other families it is `randomBytes`. */
export async function makeKey(
  family: KeyFamily,
  randomBytes: (count: number) => Uint8Array,
): Promise<MadeKey> {
  if (family === 'rsa' || family === 'ecdsa') {
    const { privateKey } =
      family === 'rsa'
        ? await generate('rsa', { modulusLength: 2048 })
        : await generate('ec', { namedCurve: 'P-256' });
    const privateKeyInfo = privateKey.export({ format: 'der', type: 'pkcs8' });
    return { key: new NodeKey(privateKey), privateKeyInfo };
  }
  const key = GostKey.fromChance(family, randomBytes);
  return { key, privateKeyInfo: key.exportPrivateKeyInfo() };
}
