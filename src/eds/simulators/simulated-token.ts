import { constants, createPrivateKey, privateEncrypt } from 'node:crypto';
import { GostKey } from '../sign/gost-key.ts';
import { readPrivateKeyInfo } from '../sign/private-key-info.ts';
import type { SigningToken, TokenRequest } from '../sign/remote-key.ts';

/** How a simulated token behaves. */
export type TokenBehaviour =
  | 'right'
  /** Nobody enters the PIN, or the cable is out: no answer ever. */
  | 'slow'
  /** CKR_PIN_LOCKED, PKCS #11 5.1. */
  | 'locked';

/** A token in software, for development and tests: it takes what PKCS #11 mechanisms take and gives what they give. */
export class SimulatedToken implements SigningToken {
  behaviour: TokenBehaviour = 'right';
  readonly #keys = new Map<string, Uint8Array>();

  /** `privateKeyInfo`: PKCS #8, DER. */
  addKey(label: string, privateKeyInfo: Uint8Array): void {
    this.#keys.set(label, privateKeyInfo);
  }

  async sign({ label, mechanism, data }: TokenRequest): Promise<Uint8Array> {
    if (this.behaviour === 'slow') return new Promise(() => undefined);
    if (this.behaviour === 'locked') throw new Error('CKR_PIN_LOCKED');
    const info = this.#keys.get(label);
    if (info === undefined) throw new Error('CKR_KEY_HANDLE_INVALID');
    if (mechanism === 'RSA_PKCS') {
      const key = createPrivateKey({ key: Buffer.from(info), format: 'der', type: 'pkcs8' });
      return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, data);
    }
    const key = readPrivateKeyInfo(info);
    if (!(key instanceof GostKey)) throw new Error('CKR_KEY_TYPE_INCONSISTENT');
    return Promise.resolve(key.signDigest(data));
  }
}
