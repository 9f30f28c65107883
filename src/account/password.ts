import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { MailError } from '../core/errors.ts';

/** What one hash costs, RFC 7914 §2: memory is 128 * N * r octets, time grows with N * r * p. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

export interface PasswordHasherOptions {
  readonly cost: ScryptCost;
  /** Hashes computed at once, each on a thread of libuv's pool. */
  readonly concurrency: number;
  /** Hashes that may wait; one more is refused, so that a flood of logins costs neither memory nor time. */
  readonly maxWaiting: number;
}

/** Makes and verifies password hashes `scrypt$N$r$p$salt$hash` (base64 without padding). */
export interface PasswordHasher {
  /** Rejects with `unavailable` when too many wait. */
  hash(password: string): Promise<string>;
  /** Undefined as `stored` costs what a real one costs and is never right. Rejects with `unavailable`. */
  verify(password: string, stored: string | undefined): Promise<boolean>;
  /** Whether the hash was made with another cost than today's. */
  isOutdated(stored: string): boolean;
}

const saltBytes = 16;
const keyBytes = 32;
/** A stored cost beyond this is damage, not a password: N = 2^20, r = 8 is a gigabyte. */
const maxMemoryBytes = 1.1 * 2 ** 30;

interface ParsedHash {
  readonly cost: ScryptCost;
  readonly salt: Buffer;
  readonly key: Buffer;
}

export class ScryptHasher implements PasswordHasher {
  readonly #options: PasswordHasherOptions;
  readonly #decoySalt = randomBytes(saltBytes);
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: PasswordHasherOptions) {
    this.#options = options;
  }

  async hash(password: string): Promise<string> {
    const { cost } = this.#options;
    const salt = randomBytes(saltBytes);
    const key = await this.#derive(password, salt, cost, keyBytes);
    return `scrypt$${cost.N}$${cost.r}$${cost.p}$${base64(salt)}$${base64(key)}`;
  }

  async verify(password: string, stored: string | undefined): Promise<boolean> {
    const parsed = stored === undefined ? undefined : parseHash(stored);
    if (parsed === undefined) {
      await this.#derive(password, this.#decoySalt, this.#options.cost, keyBytes);
      return false;
    }
    const key = await this.#derive(password, parsed.salt, parsed.cost, parsed.key.length);
    return timingSafeEqual(key, parsed.key);
  }

  isOutdated(stored: string): boolean {
    const parsed = parseHash(stored);
    const { cost } = this.#options;
    return (
      parsed === undefined ||
      parsed.cost.N !== cost.N ||
      parsed.cost.r !== cost.r ||
      parsed.cost.p !== cost.p
    );
  }

  async #derive(password: string, salt: Buffer, cost: ScryptCost, length: number): Promise<Buffer> {
    await this.#enter();
    try {
      return await derive(password, salt, cost, length);
    } finally {
      this.#leave();
    }
  }

  #enter(): Promise<void> | undefined {
    if (this.#running < this.#options.concurrency) {
      this.#running += 1;
      return undefined;
    }
    if (this.#waiting.length >= this.#options.maxWaiting) {
      throw new MailError('unavailable', 'Too many logins at once, try again');
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    // The place goes straight to the next in line, so that nobody can step in between.
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}

/** Whether the text is a hash that `verify` understands; for imports. */
export function isPasswordHash(text: string): boolean {
  return parseHash(text) !== undefined;
}

function parseHash(stored: string): ParsedHash | undefined {
  const [scheme, N, r, p, salt, key, ...rest] = stored.split('$');
  if (scheme !== 'scrypt' || salt === undefined || key === undefined || rest.length > 0) {
    return undefined;
  }
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const parsed = { cost, salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64') };
  const powerOfTwo = Number.isInteger(Math.log2(cost.N)) && cost.N >= 2;
  const sane = Number.isInteger(cost.r) && cost.r >= 1 && Number.isInteger(cost.p) && cost.p >= 1;
  if (!powerOfTwo || !sane || cost.p > 64 || memoryBytes(cost) > maxMemoryBytes) return undefined;
  return parsed.salt.length >= 8 && parsed.key.length >= 16 && parsed.key.length <= 64
    ? parsed
    : undefined;
}

function memoryBytes(cost: ScryptCost): number {
  return 128 * cost.N * cost.r + 128 * cost.r * cost.p;
}

function derive(password: string, salt: Buffer, cost: ScryptCost, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const maxmem = memoryBytes(cost) + 2 ** 20;
    scrypt(password, salt, length, { ...cost, maxmem }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
