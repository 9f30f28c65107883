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

/** Where sorted records are: a piece of memory, or a file. */
export type ReadRecords = (offset: number, length: number) => Promise<Buffer>;

/** The entries of a CRL, found by number in some 20 steps whatever the length of the list. */
export class CrlIndex {
  readonly meta: CrlMeta;
  readonly #read: ReadRecords;

  constructor(meta: CrlMeta, read: ReadRecords) {
    this.meta = meta;
    this.#read = read;
  }

  /** What the list says of a number. Undefined when it is not in it. */
  async find(serial: Uint8Array): Promise<Pick<CrlEntry, 'revokedAt' | 'reason'> | undefined> {
    if (serial.length > keyBytes) return undefined;
    const key = recordKey(serial);
    let low = 0;
    let high = this.meta.entries;
    // The first record behind those with this key.
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = await this.#record(middle);
      if (record.compare(key, 0, keyBytes, 0, keyBytes) <= 0) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    const record = await this.#record(low - 1);
    return record.compare(key, 0, keyBytes, 0, keyBytes) === 0 ? decodeRecord(record) : undefined;
  }

  #record(index: number): Promise<Buffer> {
    return this.#read(index * recordBytes, recordBytes);
  }
}
