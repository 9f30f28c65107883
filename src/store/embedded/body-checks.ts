import { ThreadCalls } from '../../core/thread-calls.ts';
import { bodyPath } from './paths.ts';
import type { Letter } from '../common/letter-row.ts';

export interface BodyQuestion {
  readonly path: string;
  readonly size: number;
  readonly digest: Uint8Array;
}
export type BodyAnswer =
  | { readonly octets: 'bad' | 'unreadable' }
  /** Indexed again; `fingerprint` of its renderings. */
  | { readonly octets: 'good'; readonly letter: Letter; readonly fingerprint: string };

/** Reads large letters back in a thread of its own, which neither the mail nor the readers wait for. */
export class BodyChecks {
  readonly #folder: string;
  readonly #calls = new ThreadCalls<BodyQuestion, BodyAnswer>(
    import.meta.url,
    './body-check-thread',
  );

  constructor(folder: string) {
    this.#folder = folder;
  }

  check(digest: Uint8Array, size: number): Promise<BodyAnswer> {
    const path = bodyPath(this.#folder, Buffer.from(digest).toString('hex'));
    return this.#calls.ask({ path, size, digest });
  }

  close(): Promise<void> {
    return this.#calls.close();
  }
}
