import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { MailError } from '../../core/errors.ts';
import type { AuditStore } from '../../store/api.ts';
import type { RecordStore } from '../../store/records.ts';
import type { Order } from '../records/order.ts';
import { checked } from '../records/checked.ts';
import { TypedRecords } from '../records/typed-records.ts';
import type { IdentityVault } from '../vault/identity-vault.ts';
import {
  type Agency,
  type AgencyChange,
  agencyChangeSchema,
  agencySchema,
  certificateSchema,
  type NewAgency,
  newAgencySchema,
  sha256,
} from './agency.ts';
import { AgencyDirectory, secretDigest } from './agency-directory.ts';
import { limits } from './limits.ts';

export interface AgenciesParts {
  readonly records: RecordStore;
  readonly audit: Pick<AuditStore, 'append'>;
  readonly vault: Pick<IdentityVault, 'key' | 'seal' | 'open'>;
  readonly clock: Clock;
  readonly random?: (bytes: number) => Buffer;
}

const reasonSchema = z.string().trim().min(1).max(limits.reasonCharacters);
type Detail = Readonly<Record<string, string | number | boolean>>;

/**
 * The state bodies, and what operators do with them. Each change is in the audit log before it is
 * made: what is there may not have happened, and nothing happened that is not there.
 */
export class Agencies extends AgencyDirectory {
  readonly #parts: AgenciesParts;
  readonly #agencies: TypedRecords<Agency>;
  readonly #certificates: TypedRecords<{ readonly agency: string }>;
  readonly #random: (bytes: number) => Buffer;

  constructor(parts: AgenciesParts) {
    super(parts.records);
    this.#parts = parts;
    this.#agencies = new TypedRecords(parts.records, 'agency', agencySchema);
    this.#certificates = new TypedRecords(parts.records, 'agency-certificate', certificateSchema);
    this.#random = parts.random ?? randomBytes;
  }

  /** Who answers for it. */
  responsible({ id, responsible }: Agency): readonly string[] {
    return responsible.map((sealed) => this.#parts.vault.open(sealed, context(id)));
  }

  /** For tests first. `invalid`, `already-exists` */
  async add(order: Order, given: NewAgency): Promise<Agency> {
    const { responsible, ...said } = checked(newAgencySchema, given);
    const { vault, clock } = this.#parts;
    const now = clock.now();
    const agency: Agency = {
      ...said,
      subject: vault.key({ type: 'legalEntity', bin: said.bin }),
      responsible: responsible.map((one) => vault.seal(one, context(said.id))),
      certificates: [],
      secret: null,
      state: 'test',
      proposal: null,
      createdAt: now,
      changedAt: now,
    };
    if ((await this.find(agency.id)) !== undefined) throw taken();
    if (!order.apply) return agency;
    await this.#audit(order, 'agency.add', agency.id);
    if (!(await this.#agencies.insert(agency.id, agency))) throw taken();
    return agency;
  }

  /** Says something of it anew. In production that is `invalid`: two persons agreed to what it was. */
  change(order: Order, id: string, given: AgencyChange): Promise<Agency> {
    const change = checked(agencyChangeSchema, given);
    return this.#change(order, 'agency.change', id, {}, (agency) => {
      if (agency.state === 'production') {
        throw new MailError('invalid', 'It is in production: suspend it first');
      }
      const said = Object.fromEntries(
        Object.entries(change).filter(([, value]) => value !== undefined),
      );
      return { ...agency, ...said, proposal: null };
    });
  }

  /** Lets it in with that client certificate too. `already-exists` for one of another state body. */
  async addCertificate(order: Order, id: string, digest: string): Promise<Agency> {
    checked(sha256, digest);
    const holder = await this.findByCertificate(digest);
    if (holder !== undefined && holder.id !== id) {
      throw new MailError('already-exists', 'This certificate is that of another state body');
    }
    const decide = (agency: Agency): Agency => {
      if (agency.certificates.includes(digest)) return agency;
      if (agency.certificates.length >= limits.certificates) {
        throw new MailError('limit', `It has ${limits.certificates} certificates already`);
      }
      return { ...agency, certificates: [...agency.certificates, digest], proposal: null };
    };
    decide(await this.get(id));
    // First: without the record of the state body it leads nowhere, and the next try takes it over.
    if (order.apply) await this.#certificates.change(digest, () => ({ agency: id }));
    return this.#change(order, 'agency.certificate.add', id, { certificate: digest }, decide);
  }

  /** `not-found` when it has no such certificate. */
  async removeCertificate(order: Order, id: string, digest: string): Promise<Agency> {
    const detail = { certificate: digest };
    const agency = await this.#change(order, 'agency.certificate.remove', id, detail, (before) => {
      if (!before.certificates.includes(digest)) {
        throw new MailError('not-found', 'It has no such certificate');
      }
      const certificates = before.certificates.filter((one) => one !== digest);
      return { ...before, certificates, proposal: null };
    });
    const pointer = order.apply ? await this.#certificates.get(digest) : undefined;
    if (pointer?.value.agency === id) await this.#certificates.remove(pointer);
    return agency;
  }

  /** Gives it a new secret, told once, here; the old one ends. */
  async newSecret(order: Order, id: string): Promise<{ readonly secret: string }> {
    const secret = `${id}.${this.#random(limits.secretBytes).toString('base64url')}`;
    await this.#change(order, 'agency.secret', id, {}, (agency) => ({
      ...agency,
      secret: { sha256: secretDigest(secret), createdAt: this.#parts.clock.now() },
      proposal: null,
    }));
    return { secret };
  }

  /**
   * Says that it may go into production; so it does when two different persons have said it within a week. `invalid`
   * when something is missing, `no-permission` for the same person again.
   */
  promote(order: Order, id: string): Promise<Agency> {
    return this.#change(order, 'agency.promote', id, {}, (agency) => {
      if (agency.state !== 'test') {
        throw new MailError('invalid', `It is in ${agency.state}, not in test`);
      }
      const missing = missingOf(agency);
      if (missing !== undefined) throw new MailError('invalid', `It has no ${missing}`);
      const now = this.#parts.clock.now();
      const { proposal } = agency;
      if (proposal === null || now - proposal.at > limits.proposalMs) {
        return { ...agency, proposal: { by: order.actor, at: now } };
      }
      if (proposal.by === order.actor) {
        throw new MailError('no-permission', 'A second person has to say so: you did already');
      }
      return { ...agency, state: 'production', proposal: null };
    });
  }

  /** Ends its look-ups, and the mail to all addresses that it was told, at once. */
  suspend(order: Order, id: string, reason: string): Promise<Agency> {
    const detail = { reason: checked(reasonSchema, reason) };
    return this.#change(order, 'agency.suspend', id, detail, (agency) =>
      agency.state === 'suspended' ? agency : { ...agency, state: 'suspended', proposal: null },
    );
  }

  /** Back into test: production takes two persons again. */
  resume(order: Order, id: string): Promise<Agency> {
    return this.#change(order, 'agency.resume', id, {}, (agency) => {
      if (agency.state !== 'suspended') throw new MailError('invalid', 'It is not suspended');
      return { ...agency, state: 'test', proposal: null };
    });
  }

  /** `decide` answers the same object when there is nothing to do: then nothing is recorded. */
  async #change(
    order: Order,
    action: string,
    id: string,
    detail: Detail,
    decide: (agency: Agency) => Agency,
  ): Promise<Agency> {
    const before = await this.get(id);
    const after = decide(before);
    if (after === before || !order.apply) return after;
    await this.#audit(order, action, id, { ...detail, state: after.state });
    const changed = await this.#agencies.change(id, (agency) => {
      if (agency === undefined) throw unknown();
      const next = decide(agency);
      return next === agency ? undefined : { ...next, changedAt: this.#parts.clock.now() };
    });
    return changed ?? after;
  }

  #audit({ actor }: Order, action: string, agency: string, detail: Detail = {}): Promise<void> {
    return this.#parts.audit.append({ actor, action, detail: { agency, ...detail } });
  }
}

function missingOf({
  domains,
  networks,
  certificates,
  secret,
  purposes,
}: Agency): string | undefined {
  if (domains.length === 0) return 'domain';
  if (purposes.length === 0) return 'purpose of look-ups';
  const credentials = networks.length + certificates.length + (secret === null ? 0 : 1);
  return credentials === 0 ? 'network, certificate or secret' : undefined;
}

function context(id: string): string {
  return `agency:${id}:responsible`;
}

function unknown(): MailError {
  return new MailError('not-found', 'There is no such state body');
}

function taken(): MailError {
  return new MailError('already-exists', 'A state body with this id is there already');
}
