import { existsSync } from 'node:fs';
import type { CredentialMaker } from './account/credentials.ts';
import { readTrust } from './admin/read-trust.ts';
import { trustFolderOf } from './admin/trust-store.ts';
import { composeEds } from './compose-eds.ts';
import { ConfigError } from './config/config-error.ts';
import type { Config } from './config/loader.ts';
import type { Clock } from './core/clock.ts';
import type { Log } from './core/log.ts';
import type { TlsSource } from './core/tls.ts';
import type { Turns } from './core/turns.ts';
import type { AccountId } from './core/values.ts';
import { SignatureVerifier } from './eds/algorithms/signature-verifier.ts';
import { CryptoPool } from './eds/pool/crypto-pool.ts';
import type { Signer } from './eds/sign/signer.ts';
import { TrustStore } from './eds/trust/trust-store.ts';
import { EdsVerifier } from './eds/verify/eds-verifier.ts';
import type { MailboxActivity } from './gateway/activity/mailbox-activity.ts';
import { AgreementError } from './gateway/agreement/agreement-error.ts';
import { loadAgreements } from './gateway/agreement/load-agreements.ts';
import type { Agreements, StateRegistry } from './gateway/api.ts';
import { buildGateway, type Gateway } from './gateway/build-gateway.ts';
import { buildUnifiedBase } from './gateway/build-unified-base.ts';
import { SignedChallenges } from './gateway/challenges/signed-challenges.ts';
import { ConfirmationDrawer } from './gateway/confirmation/confirmation-drawer.ts';
import { RecordDevicePasswords } from './gateway/devices/record-device-passwords.ts';
import { NewLogins } from './gateway/logins/new-logins.ts';
import { PasswordRules } from './gateway/passwords/password-rules.ts';
import { RegistrationConfirmations } from './gateway/registrations/registration-confirmations.ts';
import { EdsSignatures } from './gateway/signatures/eds-signatures.ts';
import { signatureLimits } from './gateway/signatures/limits.ts';
import { StateEvents } from './gateway/state/state-events.ts';
import { StateEventsTimer } from './gateway/state/state-events-timer.ts';
import { StateUnavailable } from './gateway/state/state-unavailable.ts';
import { allRoutes } from './http/all-routes.ts';
import { Attempts } from './http/attempts.ts';
import { MobileSignings } from './http/egov-mobile/mobile-signings.ts';
import { HttpServer } from './http/http-server.ts';
import { throttleRules } from './http/limits.ts';
import type { GatewayParts } from './http/ports.ts';
import { Sessions } from './http/sessions/sessions.ts';
import type { Bus } from './open-bus.ts';
import { openIdentityVault } from './open-identity-vault.ts';
import { openOperatorKey } from './open-operator-key.ts';
import { openState } from './open-state.ts';
import type { MailStore } from './store/api.ts';

export interface GatewaySurroundings {
  readonly store: MailStore;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly maker: CredentialMaker;
  readonly credentialTurns: Turns;
  /** The certificate that the site shows. */
  readonly tls: TlsSource | undefined;
  readonly development: DevelopmentGateway | undefined;
  endSessions(account: AccountId): void;
}

/** For development, where nothing is set up. */
export interface DevelopmentGateway {
  /** The key that the operator signs with; the agreement may name any domain. */
  readonly operator: Signer;
}

/** The gateway of a server. */
export interface OpenGateway {
  readonly gateway: Gateway;
  readonly devices: RecordDevicePasswords;
  readonly activity: MailboxActivity;
  /** Of the config's `http` listener. Rejects when the port cannot be had; resolves with the port. */
  listen(): Promise<{ readonly port: number; close(): Promise<void> }>;
  /**
   * What is to be done now and then: applications that wait, what crashes left, events of the state, lists of revoked
   * certificates, what has expired. Call the result to stop.
   */
  startUpkeep(): () => Promise<void>;
  close(): Promise<void>;
}

/** Hashes and signatures of GOST at once, and how many may wait. */
const cryptoThreads = { threads: 2, maxWaiting: 200, maxContents: 200 };
const minute = 60_000;
const hour = 60 * minute;
/** Keys kept by each throttle. */
const maxRemembered = 100_000;

/** Opens the gateway of the config. Rejects with `ConfigError`, `VaultError`, or what the folder of trust is wrong with. */
export async function openGateway(
  config: Config,
  around: GatewaySurroundings,
): Promise<OpenGateway> {
  const { store, bus, clock, log } = around;
  const { records, accounts, audit } = store;
  const domain = config.domains.default;
  const agreements = await agreementsOf(config, around);
  const vault = await openIdentityVault(config, store);
  const pool = new CryptoPool(cryptoThreads);
  const verifier = new EdsVerifier(new SignatureVerifier(pool));
  const trust = await trustOf(config, verifier, log);
  const eds = composeEds(config, verifier, trust, clock);
  const testIdentifiers = new Set(config.gateway.testIdentifiers);
  const signatures = (mostBytes: number): EdsSignatures =>
    new EdsSignatures({
      verifier,
      trust: () => trust,
      sources: eds.sources,
      clock,
      testIdentifiers,
      mostBytes,
    });
  const documents = signatures(signatureLimits.documentBytes);
  const signer = around.development?.operator ?? (await openOperatorKey(config));
  const stateTools = { clock, log, audit, vault, operator: signer };
  const state = (await openState(config, stateTools)) ?? withoutState;
  const logins = new NewLogins({ accounts, domain });
  const passwords = new PasswordRules();
  const base = buildUnifiedBase({ store, vault, testIdentifiers, clock, mailDomain: domain });
  const { registry, agencies } = base;
  const endSessions = (account: AccountId): void => {
    around.endSessions(account);
  };
  const devices = new RecordDevicePasswords({
    records,
    accounts,
    audit,
    vault,
    clock,
    log,
    endSessions,
  });
  const origin = originOf(config);
  const sessions = new Sessions({ records, vault, clock });
  const gateway = buildGateway({
    ...around,
    vault,
    registry,
    signatures: documents,
    state,
    agreements,
    logins,
    passwords,
    devices,
    domain,
    mailSettings: {
      imapHost: config.server.name,
      imapPort: config.listeners.imaps.port,
      smtpHost: config.server.name,
      smtpPort: config.listeners.submissions.port,
    },
    agreementUrl: (version) => `${origin}/agreement/${version}`,
    endCabinet: (subject) => sessions.endAll(subject),
    quota: () => ({ bytes: config.quota.bytes, messages: config.quota.messages }),
    endSessions,
  });
  const { operator } = config.gateway;
  const drawer = new ConfirmationDrawer();
  const challenges = new SignedChallenges({
    records,
    signatures: signatures(signatureLimits.loginBytes),
    origin,
    clock,
  });
  const parts: GatewayParts = {
    challenges,
    applications: gateway.applications,
    agreements,
    logins,
    passwords,
    profiles: gateway.profiles,
    access: gateway.access,
    devices,
    confirmations: new RegistrationConfirmations({
      draw: (json, cms) => drawer.draw(json, cms),
      applications: gateway.applicationTable,
      clock,
      operator:
        operator === undefined || signer === undefined ? undefined : { ...operator, signer },
    }),
    agencies,
    resolver: base.resolver,
    lookUps: base.lookUps,
    employees: base.employees,
    keyOf: (identity) => vault.key(identity),
    async accountOf(subject) {
      const mailbox = (await gateway.subjects.find(subject))?.mailbox;
      return mailbox && (await accounts.find(mailbox.canonical))?.id;
    },
  };
  const signings = new MobileSignings({ records, vault, signatures: documents, clock });
  const attempts = new Attempts({
    address: bus.throttle('http-address', throttleRules.address, maxRemembered),
    subject: bus.throttle('http-subject', throttleRules.subject, maxRemembered),
  });
  const events = new StateEvents({
    registry: state,
    records,
    handle: (event) => gateway.lives.apply(event),
    log,
  });
  return {
    gateway,
    devices,
    activity: base.activity,
    async listen() {
      const { host, port } = config.listeners.http;
      const server = new HttpServer({
        host,
        port,
        tls: around.tls,
        clientCertificates: config.gateway.clientCertificates,
        proxyNetworks: config.gateway.proxyNetworks,
        origin,
        sessions,
        agencies,
        attempts,
        log,
        routes: allRoutes({
          parts,
          sessions,
          signings,
          attempts,
          clock,
          testIdentifiers,
          origin,
          organisation: { bin: operator?.bin ?? '', names: operator?.names ?? unnamed },
          facts: { domain, mailHost: config.server.name },
        }),
      });
      const bound = await server.start();
      return { port: bound, close: () => server.close() };
    },
    startUpkeep() {
      let first = true;
      const work = [
        repeat('gateway-sweep', minute, log, () => {
          // What was left half done by a process that is gone for sure is not waited for.
          const all = first && config.store.kind === 'embedded';
          first = false;
          return gateway.sweep(all);
        }),
        repeat('crl-update', hour, log, async () => {
          await eds.crlUpdater.update();
        }),
        repeat('expired-records', hour, log, async () => {
          await sessions.sweep();
          await signings.sweep();
          await challenges.sweep();
        }),
      ];
      const everyMs = config.gateway.state?.events?.everyMs;
      const feed =
        everyMs === undefined ? undefined : new StateEventsTimer({ events, everyMs, log });
      return async () => {
        await Promise.all([feed?.stop(), ...work.map((stop) => stop())]);
      };
    },
    async close() {
      await eds.close();
      await drawer.close();
      await pool.close();
    },
  };
}

const unnamed = { kk: 'Пошта операторы', ru: 'Оператор почты', en: 'Postal operator' };

/** The site as people see it. */
function originOf({ gateway, server }: Config): string {
  return gateway.origin ?? `https://${server.name}`;
}

/** a server whose agreement names another domain does not start. */
async function agreementsOf(
  config: Config,
  { clock, development }: GatewaySurroundings,
): Promise<Agreements> {
  const folder = config.gateway.agreements;
  try {
    const domain = config.domains.default;
    const ownDomain = development !== undefined;
    return await loadAgreements(folder, { domain, now: clock.now(), ownDomain });
  } catch (error) {
    if (!(error instanceof AgreementError)) throw error;
    const problem = { path: 'gateway.agreements', message: error.message, line: undefined };
    throw new ConfigError(config.file, [problem], { cause: error });
  }
}

async function trustOf(config: Config, { links }: EdsVerifier, log: Log): Promise<TrustStore> {
  const profile = config.gateway.trust;
  const folder = trustFolderOf(config.data.folder, profile);
  if (existsSync(folder)) return readTrust(links, [folder], profile);
  // The server can be started before anybody has said whom to trust; until then no signature is good.
  log.warn('nobody-trusted', { profile, help: 'zhashik trust import' });
  return new TrustStore(profile, [], []);
}

/** No state database is configured: whatever needs one waits. */
const withoutState: StateRegistry = {
  person: () => Promise.reject(notConfigured()),
  entity: () => Promise.reject(notConfigured()),
  events: () => Promise.reject(notConfigured()),
};

function notConfigured(): StateUnavailable {
  return new StateUnavailable('silent', 'No state database is configured', { requestId: '' });
}

/** Runs at once and then again and again, one run after the other. Call the result to stop: it waits for a run under way. */
function repeat(
  what: string,
  everyMs: number,
  log: Log,
  run: () => Promise<void>,
): () => Promise<void> {
  let running: Promise<void> | undefined;
  const begin = (): void => {
    running ??= run()
      .catch((error: unknown) => {
        log.error('gateway-upkeep-failed', { what, err: error });
      })
      .finally(() => {
        running = undefined;
      });
  };
  begin();
  const timer = setInterval(begin, everyMs).unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
