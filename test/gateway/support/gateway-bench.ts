import { resolve } from 'node:path';
import { ScryptHasher } from '../../../src/account/password.ts';
import type { Log } from '../../../src/core/log.ts';
import { Turns } from '../../../src/core/turns.ts';
import type { AccountId } from '../../../src/core/values.ts';
import { type Member, TestAuthority } from '../../../src/eds/authority/test-authority.ts';
import type { Role } from '../../../src/eds/x509/roles.ts';
import { loadAgreements } from '../../../src/gateway/agreement/load-agreements.ts';
import type {
  Agreements,
  ApplicationFields,
  SignedBy,
  SubjectKey,
} from '../../../src/gateway/api.ts';
import { buildGateway, type Gateway } from '../../../src/gateway/build-gateway.ts';
import { RecordDevicePasswords } from '../../../src/gateway/devices/record-device-passwords.ts';
import { NewLogins } from '../../../src/gateway/logins/new-logins.ts';
import { PasswordRules } from '../../../src/gateway/passwords/password-rules.ts';
import { JournalRegistry } from '../../../src/gateway/registry/journal-registry.ts';
import { HttpStateRegistry } from '../../../src/gateway/state/http-state-registry.ts';
import { simulatedServices } from '../../../src/gateway/state/simulated-services.ts';
import { StateSimulator } from '../../../src/gateway/state/simulator.ts';
import { IdentityVault } from '../../../src/gateway/vault/identity-vault.ts';
import { VaultSecret } from '../../../src/gateway/vault/vault-secret.ts';
import type { EmbeddedStore } from '../../../src/store/embedded/embedded-store.ts';
import type { RecordStore } from '../../../src/store/records.ts';
import { seededBytes } from '../../eds/support/authorities.ts';
import { day, now } from '../../eds/support/clock.ts';
import { type OpenEmbedded, openEmbedded } from '../../store/embedded/backend.ts';
import { noteLog, type NotedLine } from '../../support/note-log.ts';
import { SignatureBench } from './signature-bench.ts';

export const domain = 'example.kz';
export const password = 'Жеті қабат көк аспан 7';

/** Synthetic people and legal entities; their numbers have right check digits and belong to nobody. */
export const people = {
  aigerim: { iin: '850101399113', surname: 'ӘБІЛОВА', given: 'АЙГЕРІМ', patronymic: 'ҚАНАТҚЫЗЫ' },
  nurlan: { iin: '991231499118', surname: 'СЕРІКОВ', given: 'НҰРЛАН', patronymic: 'ӨМІРҰЛЫ' },
  clerk: { iin: '000229599116', surname: 'ҒАЗИЗОВА', given: 'ҮМІТ', patronymic: undefined },
  supervisor: { iin: '900707099110', surname: 'ҺАМИТОВ', given: 'ЕРЛАН', patronymic: undefined },
} as const;
export type Name = keyof typeof people;
export const company = {
  bin: '050140990113',
  nameKk: '«Сынақ» ЖШС',
  nameRu: 'ТОО «Сынақ»',
} as const;

/**
 * The gateway with real parts: an embedded store, a test authority with its services, the simulated state databases over
 * HTTP. The clock is the test's.
 */
export class GatewayBench {
  readonly signing: SignatureBench;
  readonly state: StateSimulator;
  readonly lines: readonly NotedLine[];
  readonly vault = new IdentityVault([new VaultSecret(Buffer.alloc(32, 7))]);
  /** Accounts whose sessions were ended. */
  readonly ended: AccountId[] = [];
  /** Subjects whose sessions of the cabinet were ended. */
  readonly cabinetsEnded: SubjectKey[] = [];
  /** What the gateway writes goes through it: a test may break it. */
  breakRecords: ((records: RecordStore) => RecordStore) | undefined;
  agreements: Agreements;
  readonly #log: Log;
  readonly #open: OpenEmbedded;
  readonly #stateUrl: string;
  readonly #hasher: ScryptHasher;
  #gateway: Gateway | undefined;

  private constructor(
    signing: SignatureBench,
    state: StateSimulator,
    stateUrl: string,
    open: OpenEmbedded,
    agreements: Agreements,
  ) {
    this.signing = signing;
    this.state = state;
    this.#stateUrl = stateUrl;
    this.#open = open;
    this.agreements = agreements;
    const { log, lines } = noteLog();
    this.#log = log;
    this.lines = lines;
    const cost = { N: 1024, r: 8, p: 1 };
    this.#hasher = new ScryptHasher({ cost, concurrency: 2, maxWaiting: 1000 });
  }

  static async open(): Promise<GatewayBench> {
    const authority = await TestAuthority.create({
      family: 'ecdsa',
      now: now - 3 * day,
      randomBytes: seededBytes('gateway'),
    });
    const signing = await SignatureBench.open(authority, { timeoutMs: 30_000 });
    const state = new StateSimulator({ clock: signing.clock });
    for (const { iin, surname, given, patronymic } of Object.values(people)) {
      state.addPerson({
        iin,
        surname,
        name: given,
        ...(patronymic !== undefined && { patronymic }),
        address: { text: 'Астана қ., Қабанбай батыр д., 1', postcode: '010000' },
      });
    }
    state.addEntity({ ...company, headIin: people.aigerim.iin });
    const agreements = await loadAgreements(resolve('config/agreement'), {
      domain,
      now,
      ownDomain: true,
    });
    const open = await openEmbedded({ shards: 2, clock: signing.clock });
    return new GatewayBench(signing, state, await state.listen(), open, agreements);
  }

  get store(): EmbeddedStore {
    return this.#open.store;
  }

  get clock(): SignatureBench['clock'] {
    return this.signing.clock;
  }

  get stateRegistry(): HttpStateRegistry {
    const { clock, vault } = this;
    const patience = { timeoutMs: 5000, attempts: 1, pauseMs: 1, failuresToRest: 1000 };
    const services = simulatedServices(this.#stateUrl, 'json', patience);
    return new HttpStateRegistry(
      { ...services, testIdentifiers: new Set() },
      { clock, log: this.#log, audit: this.store.audit, vault },
    );
  }

  /** Built when it is first asked for. */
  get gateway(): Gateway {
    return (this.#gateway ??= this.#build());
  }

  get registry(): JournalRegistry {
    return new JournalRegistry(this.store.records);
  }

  /** As another process, or this one after its end, would have it: nothing in memory. */
  rebuild(): Gateway {
    this.#gateway = undefined;
    return this.gateway;
  }

  #build(): Gateway {
    const { store, clock, signing } = this;
    const records = this.breakRecords?.(store.records) ?? store.records;
    const { vault } = this;
    const endSessions = (account: AccountId): void => {
      this.ended.push(account);
    };
    return buildGateway({
      store: {
        records,
        accounts: store.accounts,
        receive: () => store.receive(),
        accept: (content, deliveries) => store.accept(content, deliveries),
      },
      vault,
      registry: new JournalRegistry(records),
      signatures: signing.documents,
      state: this.stateRegistry,
      agreements: this.agreements,
      logins: new NewLogins({ accounts: store.accounts, domain }),
      passwords: new PasswordRules(),
      devices: new RecordDevicePasswords({
        records,
        accounts: store.accounts,
        audit: store.audit,
        vault,
        clock,
        log: this.#log,
        endSessions,
      }),
      maker: { hasher: this.#hasher, scramIterations: 4096 },
      credentialTurns: new Turns(),
      clock,
      log: this.#log,
      domain,
      mailSettings: { imapHost: domain, imapPort: 993, smtpHost: domain, smtpPort: 465 },
      agreementUrl: (version) => `https://${domain}/agreement/${version}`,
      quota: () => ({ bytes: 2 ** 30, messages: undefined }),
      endSessions,
      endCabinet: (subject) => {
        this.cabinetsEnded.push(subject);
        return Promise.resolve();
      },
    });
  }

  /** A certificate of that person, or of that person in a legal entity. */
  member(
    name: Name,
    entity?: { readonly bin: string; readonly roles: readonly Role[] },
  ): Promise<Member> {
    const { iin, surname, given, patronymic } = people[name];
    return this.signing.authority.issue({
      subject: {
        commonName: `${surname} ${given}`,
        surname,
        ...(patronymic !== undefined && { givenName: patronymic }),
        iin,
        ...(entity !== undefined && { organization: company.nameKk, bin: entity.bin }),
      },
      ...(entity !== undefined && { roles: ['LEGAL_ENTITY', ...entity.roles] }),
    });
  }

  /** Who comes in with this certificate. */
  async signedBy(member: Member): Promise<SignedBy> {
    const cms = await this.signing.sign(member, Buffer.from('challenge'));
    return this.signing.signatures.verify(cms);
  }

  sign(member: Member, document: string | undefined): Promise<Buffer> {
    return this.signing.sign(member, Buffer.from(document ?? ''));
  }

  fields(login: string, change: Partial<ApplicationFields> = {}): ApplicationFields {
    return {
      login,
      phoneMobile: '+7 701 123-45-67',
      language: 'kk',
      agreement: this.agreements.inForce(this.clock.now()).version,
      ...change,
    };
  }

  async close(): Promise<void> {
    await this.state.close();
    await this.signing.close();
    await this.#open.remove();
  }
}
