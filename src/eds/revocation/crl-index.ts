import { decodeRecord, keyBytes, recordBytes, recordKey } from './crl-record.ts';
import type { CrlEntry } from './crl-record.ts';
import type { CrlScope } from './crl-tail.ts';

/** What is known of a CRL whose signature was verified. */
export interface CrlMeta {
  /** SHA-256 of the SubjectPublicKeyInfo that verified it, in hex: the list speaks for this key alone. */
  readonly issuerKey: string;
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  /** CRL numbers, decimal: they may be larger than a number is exact. */
  readonly number: string | undefined;
  readonly deltaBase: string | undefined;
  readonly scope: CrlScope;
  readonly expiredSince: number | undefined;
  readonly entries: number;
  /** SHA-256 of the CRL, in hex. */
  readonly sha256: string;
}

/** Records that are read at once to find one. */
export const pageBytes = 512 * recordBytes;

/** The first record of each page, one after the other: they stay in memory, a few tens of kilobytes for a large list. */
export function fencesOf(records: Uint8Array): Buffer {
  const fences: Uint8Array[] = [];
  for (let at = 0; at < records.length; at += pageBytes) {
    fences.push(records.subarray(at, at + recordBytes));
  }
  return Buffer.concat(fences);
}

/** The entries of a CRL, found by number with one page read, whatever the length of the list. */
export class CrlIndex {
  readonly meta: CrlMeta;
  readonly #fences: Buffer;
  readonly #readPage: (page: number) => Promise<Buffer>;

  constructor(meta: CrlMeta, fences: Buffer, readPage: (page: number) => Promise<Buffer>) {
    this.meta = meta;
    this.#fences = fences;
    this.#readPage = readPage;
  }

  /** What the list says of a number. Undefined when it is not in it. */
  async find(serial: Uint8Array): Promise<Pick<CrlEntry, 'revokedAt' | 'reason'> | undefined> {
    if (serial.length > keyBytes) return undefined;
    const key = recordKey(serial);
    const page = lastNotAbove(this.#fences, key);
    if (page === undefined) return undefined;
    const records = await this.#readPage(page);
    const index = lastNotAbove(records, key) ?? 0;
    const record = records.subarray(index * recordBytes, (index + 1) * recordBytes);
    return record.compare(key, 0, keyBytes, 0, keyBytes) === 0 ? decodeRecord(record) : undefined;
  }
}

/** The index of the last record whose key is not above this one; undefined when all are. */
function lastNotAbove(records: Buffer, key: Buffer): number | undefined {
  let low = 0;
  let high = records.length / recordBytes;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = middle * recordBytes;
    if (records.compare(key, 0, keyBytes, at, at + keyBytes) <= 0) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? undefined : low - 1;
}
