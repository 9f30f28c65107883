import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { Identity, SubjectKey } from '../api.ts';
import { limits } from './limits.ts';
import { VaultError } from './vault-error.ts';
import type { VaultSecret } from './vault-secret.ts';

const nonceBytes = 12;
const tagBytes = 16;

interface SealKey {
  readonly id: string;
  readonly key: Buffer;
}

/**
 * Hides identity numbers and other personal data: a keyed blind index to find records by, and sealed texts that only we
 * can read. The first secret makes the index, for ever; the last one seals; every one opens what it sealed.
 */
export class IdentityVault {
  readonly #first: VaultSecret;
  readonly #indexKey: Buffer;
  readonly #sealing: SealKey;
  readonly #opening: ReadonlyMap<string, Buffer>;
  readonly #random: (bytes: number) => Buffer;

  /** Throws `VaultError` when there is none, or one twice. */
  constructor(secrets: readonly VaultSecret[], random: (bytes: number) => Buffer = randomBytes) {
    const first = secrets[0];
    const keys = secrets.map((one): SealKey => ({ id: one.id, key: one.derive('seal', 32) }));
    const sealing = keys.at(-1);
    if (first === undefined || sealing === undefined) throw new VaultError('there is no secret');
    this.#first = first;
    this.#indexKey = first.derive('index', 32);
    this.#sealing = sealing;
    this.#opening = new Map(keys.map(({ id, key }) => [id, key]));
    if (this.#opening.size < keys.length) throw new VaultError('a secret is there twice');
    this.#random = random;
  }

  /**
   * Finds what belongs to an identity: HMAC-SHA-256 of its type and number, 64 hex digits. Whoever has not the secret
   * cannot try all numbers.
   */
  key(identity: Identity): SubjectKey {
    const number = identity.type === 'individual' ? identity.iin : identity.bin;
    return this.#index(`${identity.type}\0${number}`) as SubjectKey;
  }

  /** A key of 32 octets for a use of its own, as lasting as the index. */
  lastingKey(use: string): Buffer {
    return this.#first.derive(`use: ${use}`, 32);
  }

  /** Tells the index secret from others without saying anything of it. */
  get fingerprint(): string {
    return this.#index('fingerprint').slice(0, 32);
  }

  /**
   * Encrypts with AES-256-GCM and a random nonce. It opens again only with the same context, which says whose it is and
   * where it is kept: `application:ap_…:name`. Throws `VaultError` for too much, and for what UTF-8 cannot say.
   *
   * One secret seals 2^32 texts at most (NIST SP 800-38D §8.3), more than 200 for each person of the country.
   */
  seal(text: string, context: string): string {
    const octets = utf8(text, limits.textBytes);
    const { id, key } = this.#sealing;
    const nonce = this.#random(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
    cipher.setAAD(authenticated(id, context));
    const sealed = Buffer.concat([
      nonce,
      cipher.update(octets),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    return `v1.${id}.${sealed.toString('base64url')}`;
  }

  /** What was sealed with this context. Throws `VaultError` when it is not that, to the last bit. */
  open(sealed: string, context: string): string {
    const [, version, id = '', body = ''] =
      /^(v\d{1,9})\.([0-9a-f]{12})\.([\w-]+)$/.exec(sealed) ?? [];
    if (version !== undefined && version !== 'v1') {
      throw new VaultError('a sealed text is of a newer version than this program');
    }
    const octets = Buffer.from(body, 'base64url');
    // Decoding overlooks bits at the end; sealing never sets them.
    if (octets.length < nonceBytes + tagBytes || octets.toString('base64url') !== body) {
      throw new VaultError('this is no sealed text');
    }
    const key = this.#opening.get(id);
    if (key === undefined) throw new VaultError(`the secret ${id} is not in the key file`);
    const decipher = createDecipheriv('aes-256-gcm', key, octets.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(authenticated(id, context));
    decipher.setAuthTag(octets.subarray(-tagBytes));
    try {
      const text = decipher.update(octets.subarray(nonceBytes, -tagBytes));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new VaultError('a sealed text was changed, or belongs elsewhere', { cause });
    }
  }

  /** Whether it was sealed with an older secret, and should be sealed again when it is next written. */
  isOld(sealed: string): boolean {
    return !sealed.startsWith(`v1.${this.#sealing.id}.`);
  }

  #index(what: string): string {
    return createHmac('sha256', this.#indexKey).update(what).digest('hex');
  }
}

function authenticated(id: string, context: string): Buffer {
  return Buffer.concat([Buffer.from(`v1\0${id}\0`), utf8(context, limits.contextBytes)]);
}

function utf8(text: string, mostBytes: number): Buffer {
  if (/\p{Surrogate}/u.test(text)) throw new VaultError('a lone surrogate cannot be sealed');
  const octets = Buffer.from(text);
  if (octets.length > mostBytes) throw new VaultError(`more than ${mostBytes} octets`);
  return octets;
}
