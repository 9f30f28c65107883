import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalThrottle } from '../../../src/bus/local/throttle.ts';
import { systemClock } from '../../../src/core/clock.ts';
import type { AccountId } from '../../../src/core/values.ts';
import {
  type DevelopmentCertificate,
  ensureDevelopmentCertificate,
} from '../../../src/development/certificate.ts';
import type { Member } from '../../../src/eds/authority/test-authority.ts';
import { Agencies } from '../../../src/gateway/agencies/agencies.ts';
import { SignedChallenges } from '../../../src/gateway/challenges/signed-challenges.ts';
import { drawConfirmation } from '../../../src/gateway/confirmation/draw-confirmation.ts';
import { RecordDevicePasswords } from '../../../src/gateway/devices/record-device-passwords.ts';
import { Employees } from '../../../src/gateway/employees/employees.ts';
import { NewLogins } from '../../../src/gateway/logins/new-logins.ts';
import { PasswordRules } from '../../../src/gateway/passwords/password-rules.ts';
import { RegistrationConfirmations } from '../../../src/gateway/registrations/registration-confirmations.ts';
import { LookUps } from '../../../src/gateway/resolver/look-ups.ts';
import { Resolver } from '../../../src/gateway/resolver/resolver.ts';
import { TokenAddresses } from '../../../src/gateway/resolver/token-addresses.ts';
import { IdentityVault } from '../../../src/gateway/vault/identity-vault.ts';
import { VaultSecret } from '../../../src/gateway/vault/vault-secret.ts';
import { allRoutes } from '../../../src/http/all-routes.ts';
import { Attempts } from '../../../src/http/attempts.ts';
import { MobileSignings } from '../../../src/http/egov-mobile/mobile-signings.ts';
import { HttpServer, type HttpServerOptions } from '../../../src/http/http-server.ts';
import { throttleRules } from '../../../src/http/limits.ts';
import type { GatewayParts } from '../../../src/http/ports.ts';
import type { Route } from '../../../src/http/route.ts';
import { Sessions } from '../../../src/http/sessions/sessions.ts';
import { CertificateFiles } from '../../../src/tls/certificate-files.ts';
import { noteLog, type NotedLine } from '../../support/note-log.ts';
import { AnswerChecker, type OpenApi } from './answer-checker.ts';
import { domain, GatewayBench, people } from '../../gateway/support/gateway-bench.ts';
import { WebClient } from './web-client.ts';

export const origin = 'https://localhost';

export const operatorBin = '000740000728';
const operatorNames = { kk: 'Пошта', ru: 'Почта', en: 'Post' };

export interface WebBenchOptions {
  readonly routes?: readonly Route[];
  readonly server?: Partial<HttpServerOptions>;
}

/** The HTTP API over HTTPS, with the real gateway behind it. */
export class WebBench {
  readonly gateway: GatewayBench;
  readonly vault = new IdentityVault([new VaultSecret(Buffer.alloc(32, 7))]);
  readonly sessions: Sessions;
  readonly signings: MobileSignings;
  readonly agencies: Agencies;
  readonly employees: Employees;
  readonly lookUps: LookUps;
  readonly lines: readonly NotedLine[];
  readonly parts: GatewayParts;
  readonly #operator: Member;
  readonly #folder: string;
  readonly #files: DevelopmentCertificate;
  readonly #ca: Buffer;
  readonly #options: HttpServerOptions;
  #server: HttpServer;
  #checker: AnswerChecker | undefined;
  port = 0;

  private constructor(
    gateway: GatewayBench,
    made: {
      readonly folder: string;
      readonly files: DevelopmentCertificate;
      readonly ca: Buffer;
      readonly tls: CertificateFiles;
      readonly operator: Member;
    },
    options: WebBenchOptions,
  ) {
    this.gateway = gateway;
    this.#operator = made.operator;
    this.#folder = made.folder;
    this.#files = made.files;
    this.#ca = made.ca;
    const { log, lines } = noteLog();
    this.lines = lines;
    const { clock, store, signing } = gateway;
    const { records, audit } = store;
    const { vault } = this;
    const throttle = (rule: (typeof throttleRules)['address' | 'subject']): LocalThrottle =>
      new LocalThrottle({ ...rule, clock, maxKeys: 1000 });
    const attempts = new Attempts({
      address: throttle(throttleRules.address),
      subject: throttle(throttleRules.subject),
    });
    this.sessions = new Sessions({ records, vault, clock });
    this.signings = new MobileSignings({ records, vault, clock, signatures: signing.documents });
    this.agencies = new Agencies({ records, audit, vault, clock });
    this.employees = new Employees({ records, audit, vault, clock });
    this.lookUps = new LookUps(records);
    this.parts = this.#parts();
    const { parts, sessions, signings } = this;
    this.#options = {
      host: '127.0.0.1',
      port: 0,
      tls: made.tls,
      clientCertificates: false,
      proxyNetworks: [],
      origin,
      routes:
        options.routes ??
        allRoutes({
          ...{ parts, sessions, signings, attempts, clock, origin },
          testIdentifiers: new Set(),
          organisation: { names: operatorNames, bin: operatorBin },
          facts: { domain, mailHost: `mail.${domain}` },
        }),
      sessions,
      agencies: this.agencies,
      attempts,
      log,
      ...options.server,
    };
    this.#server = new HttpServer(this.#options);
  }

  static async open(options: WebBenchOptions = {}): Promise<WebBench> {
    const folder = await mkdtemp(join(tmpdir(), 'zhashik-web-'));
    const files = await ensureDevelopmentCertificate(folder, [], systemClock);
    const tls = await CertificateFiles.open(files);
    const ca = await readFile(files.authority);
    const gateway = await GatewayBench.open();
    const operator = await gateway.signing.authority.issue({
      subject: {
        commonName: 'ПОШТА',
        organization: 'ПОШТА',
        iin: people.clerk.iin,
        bin: operatorBin,
      },
      roles: ['LEGAL_ENTITY', 'CEO'],
    });
    const bench = new WebBench(gateway, { folder, files, ca, tls, operator }, options);
    bench.port = await bench.#server.start();
    if (options.routes === undefined) {
      const { json } = await bench.program().get('/v1/openapi.json');
      bench.#checker = new AnswerChecker(json as unknown as OpenApi);
    }
    return bench;
  }

  get checker(): AnswerChecker {
    if (this.#checker === undefined) throw new Error('this bench has no description');
    return this.#checker;
  }

  /** What curl needs to trust the server. */
  get authorityFile(): string {
    return this.#files.authority;
  }

  get certificateFiles(): DevelopmentCertificate {
    return this.#files;
  }

  /** Another server over the same store. */
  another(options: Partial<HttpServerOptions>): HttpServer {
    return new HttpServer({ ...this.#options, ...options });
  }

  /** A browser that has been nowhere. */
  browser(): WebClient {
    return this.#client({}, origin);
  }

  /** Something without cookies and pages: curl, a state body, a phone. */
  program(options: RequestOptions = {}): WebClient {
    return this.#client(options, undefined);
  }

  #client(options: RequestOptions, from: string | undefined): WebClient {
    return new WebClient(
      { host: 'localhost', port: this.port, ca: this.#ca, family: 4, agent: false, ...options },
      () => this.#checker,
      from,
    );
  }

  /** Signs in; the browser has the session then. */
  async login(
    browser: WebClient,
    member: Member,
    purpose: 'login' | 'employee-login' = 'login',
  ): Promise<ReturnType<WebClient['get']>> {
    const challenge = await browser.post('/v1/challenges', { purpose });
    const document = Buffer.from(String(challenge.json['document']), 'base64');
    const signature = (await this.gateway.signing.sign(member, document)).toString('base64');
    const answer = await browser.post('/v1/login', {
      purpose,
      challenge: challenge.json['id'],
      signature,
    });
    browser.csrf = answer.json['csrf'] as string | undefined;
    return answer;
  }

  /** The process ends and begins again: nothing but the store is left. */
  async restart(): Promise<void> {
    await this.#server.close();
    this.#server = new HttpServer(this.#options);
    this.port = await this.#server.start();
  }

  async close(): Promise<void> {
    await this.#server.close();
    await this.gateway.close();
    await rm(this.#folder, { recursive: true });
  }

  #parts(): GatewayParts {
    const { gateway, vault, agencies, lookUps, employees } = this;
    const { clock, store, signing } = gateway;
    const { records, audit, accounts } = store;
    const { log } = noteLog();
    const { registry, agreements, gateway: built } = gateway;
    const tokens = new TokenAddresses({ records, agencies, audit, clock, mailDomain: domain });
    return {
      challenges: new SignedChallenges({ records, signatures: signing.signatures, origin, clock }),
      applications: built.applications,
      agreements,
      logins: new NewLogins({ accounts, domain }),
      passwords: new PasswordRules(),
      profiles: built.profiles,
      access: built.access,
      devices: new RecordDevicePasswords({
        ...{ records, accounts, audit, vault, clock, log },
        endSessions: (account: AccountId) => gateway.ended.push(account),
      }),
      confirmations: new RegistrationConfirmations({
        applications: built.applicationTable,
        clock,
        operator: { bin: operatorBin, names: operatorNames, signer: this.#operator },
        draw: drawConfirmation,
      }),
      agencies,
      resolver: new Resolver({
        ...{ records, registry, tokens, lookUps, audit, vault, clock },
        activity: { lastUsed: () => Promise.resolve(clock.now()) },
      }),
      lookUps,
      employees,
      keyOf: (identity) => vault.key(identity),
      async accountOf(subject) {
        const found = await built.subjects.find(subject);
        const address = found?.mailbox?.canonical;
        return address === undefined ? undefined : (await accounts.find(address))?.id;
      },
    };
  }
}
