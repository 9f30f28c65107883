import { hkdfSync } from 'node:crypto';
import { limits } from './limits.ts';
import { VaultError } from './vault-error.ts';

/** One master secret, and what is made of it: HKDF-SHA-256 (RFC 5869), one key for one use. */
export class VaultSecret {
  /** What sealed texts name it by; says nothing about the secret. */
  readonly id: string;
  readonly #secret: Uint8Array;

  /** Throws `VaultError` for less than 32 octets. */
  constructor(secret: Uint8Array) {
    if (secret.length < limits.secretBytes) {
      throw new VaultError(`a secret has ${limits.secretBytes} octets at least`);
    }
    this.#secret = Uint8Array.from(secret);
    this.id = this.derive('id', 6).toString('hex');
  }

  /** As many octets as asked for, the same ones each time for the same use. */
  derive(use: string, bytes: number): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, 'zhashik identity vault', use, bytes));
  }
}
