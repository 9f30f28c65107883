import { MailError } from '../../core/errors.ts';
import { ThreadCalls } from '../../core/thread-calls.ts';
import type { CurvePoint, GostCurve } from '../crypto/gost-curve.ts';
import type { GostSignature } from '../crypto/gost3410.ts';
import type { HashState } from '../crypto/hash-state.ts';
import { hashPieceBytes } from '../crypto/limits.ts';
import type { CryptoAnswer, CryptoJob, GostHash } from './crypto-job.ts';

export interface CryptoPoolOptions {
  /** Jobs done at once, each on a thread of its own. */
  readonly threads: number;
  /** Jobs that may wait; one more is refused, so that a flood costs neither memory nor time. */
  readonly maxWaiting: number;
  /** Contents that are being hashed, however slowly they come; one more is refused. */
  readonly maxContents: number;
}

/** Threads keep what they compiled and the tables of keys, so they stay for a while without work. */
const idleMs = 5 * 60_000;

/**
 * Signatures and digests of GOST on threads of their own, of bounded number: the thread that speaks with clients
 * never waits for them. Every method rejects with `unavailable` when too many jobs wait, and after `close`.
 */
export class CryptoPool {
  readonly #options: CryptoPoolOptions;
  readonly #threads: readonly ThreadCalls<CryptoJob, CryptoAnswer>[];
  readonly #free: ThreadCalls<CryptoJob, CryptoAnswer>[];
  readonly #waiting: ((thread: ThreadCalls<CryptoJob, CryptoAnswer> | undefined) => void)[] = [];
  #contents = 0;
  #closed = false;

  constructor(options: CryptoPoolOptions) {
    this.#options = options;
    this.#threads = Array.from(
      { length: options.threads },
      () => new ThreadCalls(import.meta.url, './crypto-thread', idleMs),
    );
    this.#free = [...this.#threads];
  }

  /** As `verifyGost3410`. `issuer` makes the next verifications with the key faster. */
  async verify(
    curve: GostCurve,
    publicKey: CurvePoint,
    digest: Uint8Array,
    signature: GostSignature,
    { issuer = false } = {},
  ): Promise<boolean> {
    const job = { curve: curve.oid, publicKey, digest: own(digest), signature, prepare: issuer };
    return (await this.#do({ kind: 'verify', ...job })) as boolean;
  }

  /** As `signGost3410`, and with a `RangeError` of it told as an error that says the same. */
  async sign(curve: GostCurve, privateKey: bigint, digest: Uint8Array): Promise<GostSignature> {
    const job = { curve: curve.oid, privateKey, digest: own(digest) };
    return (await this.#do({ kind: 'sign', ...job })) as GostSignature;
  }

  /**
   * The digest of content, which is read only as fast as it is hashed. It takes its turn in the line for each piece,
   * so that a long content does not keep signatures waiting. Once begun it is not refused: its pieces wait beside
   * what `maxWaiting` counts. Rejects with what the content throws.
   */
  async digest(
    hash: GostHash,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<Uint8Array> {
    if (this.#contents >= this.#options.maxContents) throw tooMany();
    this.#contents += 1;
    try {
      return await this.#hashPieces(hash, content);
    } finally {
      this.#contents -= 1;
    }
  }

  /** Jobs that wait for a thread. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Ends the threads; what waits, and what runs, rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const next of this.#waiting.splice(0)) next(undefined);
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  async #hashPieces(
    hash: GostHash,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<Uint8Array> {
    let saved: HashState | undefined;
    const piece = new Uint8Array(hashPieceBytes);
    let filled = 0;
    for await (const chunk of content) {
      for (let at = 0; at < chunk.length;) {
        const part = chunk.subarray(at, at + piece.length - filled);
        piece.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < piece.length) continue;
        saved = (await this.#do({ kind: 'hash', hash, saved, piece, last: false })) as HashState;
        filled = 0;
      }
    }
    const rest = piece.slice(0, filled);
    return (await this.#do({ kind: 'hash', hash, saved, piece: rest, last: true })) as Uint8Array;
  }

  async #do(job: CryptoJob): Promise<CryptoAnswer> {
    const thread = await this.#enter(job.kind === 'hash');
    try {
      return await thread.ask(job);
    } finally {
      this.#leave(thread);
    }
  }

  /** What is `begun` is not refused. */
  async #enter(begun: boolean): Promise<ThreadCalls<CryptoJob, CryptoAnswer>> {
    const free = this.#closed ? undefined : this.#free.pop();
    if (free !== undefined) return free;
    if (this.#closed) throw closed();
    if (!begun && this.#waiting.length >= this.#options.maxWaiting) throw tooMany();
    const thread = await new Promise<ThreadCalls<CryptoJob, CryptoAnswer> | undefined>((resolve) =>
      this.#waiting.push(resolve),
    );
    if (thread === undefined) throw closed();
    return thread;
  }

  #leave(thread: ThreadCalls<CryptoJob, CryptoAnswer>): void {
    // The thread goes straight to the next in line, so that nobody can step in between.
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(thread);
    else next(thread);
  }
}

function tooMany(): MailError {
  return new MailError('unavailable', 'Too many signatures at once, try again');
}

function closed(): MailError {
  return new MailError('unavailable', 'Signatures are not checked any more');
}

/** Octets with a buffer to themselves: a message to a thread takes the whole buffer along. */
function own(octets: Uint8Array): Uint8Array {
  return new Uint8Array(octets);
}
