import type { SignatureVerifier } from '../algorithms/signature-verifier.ts';
import { Refusal } from '../refusal.ts';
import type { ReasonCode } from '../reasons.ts';
import { CrlIndex, fencesOf, pageBytes } from './crl-index.ts';
import { crlStatus } from './crl-status.ts';
import { RecordSorter } from './record-sorter.ts';
import type { StatusAnswer, StatusQuestion, StatusSource } from './status-source.ts';
import { issuerKey, verifiedCrl } from './verified-crl.ts';

/**
 * Small CRLs that are at hand, such as those within a CMS: read when a certificate of their issuer is asked for, and
 * kept in memory. Lists of more than `RecordSorter.mostInMemory` entries belong into a `CrlFolder`.
 */
export class GivenCrls implements StatusSource {
  readonly #verifier: SignatureVerifier;
  readonly #crls: readonly Uint8Array[];
  readonly #indexes = new Map<string, Promise<readonly CrlIndex[]>>();
  #failure: ReasonCode = 'revocation-unknown';

  constructor(verifier: SignatureVerifier, crls: readonly Uint8Array[]) {
    this.#verifier = verifier;
    this.#crls = crls;
  }

  async status(question: StatusQuestion): Promise<StatusAnswer> {
    const key = issuerKey(question.issuer);
    let indexes = this.#indexes.get(key);
    if (indexes === undefined) {
      indexes = this.#read(question);
      this.#indexes.set(key, indexes);
    }
    const lists = await indexes;
    if (lists.length === 0) return { status: 'unknown', reason: this.#failure, detail: '' };
    return crlStatus(lists, question);
  }

  async #read({ issuer }: StatusQuestion): Promise<readonly CrlIndex[]> {
    const indexes: CrlIndex[] = [];
    for (const crl of this.#crls) {
      try {
        indexes.push(await indexInMemory(this.#verifier, crl, issuer));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (error.code !== 'crl-issuer-mismatch') this.#failure = error.code;
      }
    }
    return indexes;
  }
}

async function indexInMemory(
  verifier: SignatureVerifier,
  crl: Uint8Array,
  issuer: StatusQuestion['issuer'],
): Promise<CrlIndex> {
  let count = 0;
  const sorter = new RecordSorter();
  const bounded = {
    add: (record: Buffer): void | Promise<void> => {
      if (++count > RecordSorter.mostInMemory) throw new Refusal('crl-parse', 'too many entries');
      return sorter.add(record);
    },
  };
  const meta = await verifiedCrl(verifier, [crl], [issuer], bounded);
  const pieces: Buffer[] = [];
  for await (const piece of sorter.sorted()) pieces.push(piece);
  const records = Buffer.concat(pieces);
  return new CrlIndex(meta, fencesOf(records), (page) =>
    Promise.resolve(records.subarray(page * pageBytes, (page + 1) * pageBytes)),
  );
}
