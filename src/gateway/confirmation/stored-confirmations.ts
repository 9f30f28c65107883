import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { CmsRequest } from '../../eds/sign/sign-cms.ts';
import type { Signer } from '../../eds/sign/signer.ts';
import type { AccountStore } from '../../store/api.ts';
import type { RecordStore } from '../../store/records.ts';
import type { SubjectKey } from '../api.ts';
import type { StoredApplication } from '../applications/application-record.ts';
import type { ApplicationTable } from '../applications/application-table.ts';
import { RecordTable } from '../records/record-table.ts';
import type { IdentityVault } from '../vault/identity-vault.ts';
import type { ConfirmationFacts } from './confirmation-facts.ts';
import { drawConfirmation } from './draw-confirmation.ts';
import { factsOfApplication } from './facts-of-application.ts';
import { signConfirmation } from './sign-confirmation.ts';

/** Sealed: the JSON names the owner. */
const confirmationRecord = z.strictObject({ v: z.literal(1), sealed: z.string() });
const sealedShape = z.strictObject({ json: z.string(), cms: z.base64() });

export interface StoredConfirmationsParts {
  readonly records: RecordStore;
  readonly applications: Pick<ApplicationTable, 'get'>;
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly vault: Pick<IdentityVault, 'seal' | 'open'>;
  readonly operator: ConfirmationFacts['operator'];
  /** The operator's key; its certificate names the operator's BIN. */
  readonly signer: Signer;
  readonly unsigned?: CmsRequest['unsigned'];
  readonly clock: Clock;
}

/** Confirmations of registrations, each made once, when it is first asked for, and the same ever after. */
export class StoredConfirmations {
  readonly #parts: StoredConfirmationsParts;
  readonly #table: RecordTable<z.output<typeof confirmationRecord>>;

  constructor(parts: StoredConfirmationsParts) {
    this.#parts = parts;
    this.#table = new RecordTable(parts.records, 'confirmation', confirmationRecord);
  }

  /** Undefined: that application has led to no mailbox, or it is not this subject's. */
  async get(
    id: string,
    subject: SubjectKey,
  ): Promise<{ readonly json: Buffer; readonly pdf: Buffer; readonly p7s: Buffer } | undefined> {
    const application = await this.#parts.applications.get(id);
    if (application?.subject !== subject || !hasMailbox(application)) return undefined;
    const files = (await this.#kept(id)) ?? (await this.#make(application));
    if (files === undefined) return undefined;
    const { json, cms } = files;
    return { json, p7s: cms, pdf: await drawConfirmation(json, cms) };
  }

  async #kept(id: string): Promise<{ readonly json: Buffer; readonly cms: Buffer } | undefined> {
    const row = await this.#table.get(id);
    if (row === undefined) return undefined;
    const text = this.#parts.vault.open(row.value.sealed, contextOf(id));
    const { json, cms } = sealedShape.parse(JSON.parse(text));
    return { json: Buffer.from(json), cms: Buffer.from(cms, 'base64') };
  }

  /** Two that make it at the same moment both give out the one that was kept first. */
  async #make(
    application: StoredApplication,
  ): Promise<{ readonly json: Buffer; readonly cms: Buffer } | undefined> {
    const { accounts, clock, operator, signer, unsigned, vault } = this.#parts;
    const { id, secrets } = application;
    const account = await accounts.find(secrets.address?.canonical ?? '');
    if (account === undefined) return undefined;
    const level = account.owner?.level ?? 'basic';
    const mailbox = { address: account.address, level, createdAt: account.createdAt };
    const facts = factsOfApplication(application, mailbox, operator, clock.now());
    if (facts === undefined) return undefined;
    const made = await signConfirmation(facts, signer, unsigned);
    const [json, cms] = [Buffer.from(made.json), Buffer.from(made.cms)];
    const text = JSON.stringify({ json: json.toString(), cms: cms.toString('base64') });
    const value = { v: 1 as const, sealed: vault.seal(text, contextOf(id)) };
    return (await this.#table.insert(id, value)) ? { json, cms } : this.#kept(id);
  }
}

function hasMailbox({ state }: StoredApplication): boolean {
  return state === 'created' || state === 'complete';
}

function contextOf(id: string): string {
  return `confirmation:${id}`;
}
