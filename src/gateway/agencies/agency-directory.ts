import { hash, timingSafeEqual } from 'node:crypto';
import type { RecordStore } from '../../store/records.ts';
import { TypedRecords } from '../records/typed-records.ts';
import { MailError } from '../../core/errors.ts';
import { type Agency, agencyId, agencySchema, certificateSchema } from './agency.ts';

/**
 * The state bodies that the operator has an agreement with. Their records are the truth; a certificate is also found by
 * its digest, and counts when the record of its state body names it too.
 */
export class AgencyDirectory {
  readonly #agencies: TypedRecords<Agency>;
  readonly #certificates: TypedRecords<{ readonly agency: string }>;

  constructor(records: RecordStore) {
    this.#agencies = new TypedRecords(records, 'agency', agencySchema);
    this.#certificates = new TypedRecords(records, 'agency-certificate', certificateSchema);
  }

  async find(id: string): Promise<Agency | undefined> {
    return (await this.#agencies.get(id))?.value;
  }

  /** `not-found` */
  async get(id: string): Promise<Agency> {
    const agency = await this.find(id);
    if (agency === undefined) throw new MailError('not-found', 'There is no such state body');
    return agency;
  }

  /** In order of their ids. */
  async *all(): AsyncGenerator<Agency, void, void> {
    for await (const { value } of this.#agencies.all()) yield value;
  }

  /** Whose client certificate it is, by the SHA-256 of its DER, hex. */
  async findByCertificate(digest: string): Promise<Agency | undefined> {
    const pointer = await this.#certificates.get(digest);
    const agency = pointer && (await this.find(pointer.value.agency));
    return agency?.certificates.includes(digest) === true ? agency : undefined;
  }

  /** Whose secret it is. In the same time for a wrong one. */
  async findBySecret(secret: string): Promise<Agency | undefined> {
    const [id = '', random] = secret.split('.');
    if (random === undefined || !agencyId.safeParse(id).success) return undefined;
    const agency = await this.find(id);
    const known = Buffer.from(agency?.secret?.sha256 ?? secretDigest(''), 'hex');
    return timingSafeEqual(known, Buffer.from(secretDigest(secret), 'hex')) ? agency : undefined;
  }
}

/** What is kept of a secret: random, so that a fast digest of it is as hard to guess as the secret. */
export function secretDigest(secret: string): string {
  return hash('sha256', secret, 'hex');
}
