import { readFile } from 'node:fs/promises';
import { StoreAuthenticator } from './account/authenticator.ts';
import { KnownPeers } from './account/known-peers.ts';
import { VerifiedLogins } from './account/verified-logins.ts';
import { startControlServer } from './admin/control-server.ts';
import { LocalAdmin } from './admin/local-admin.ts';
import type { AdminPort } from './admin/operations.ts';
import type { Throttle } from './bus/api.ts';
import { LocalSessionCount } from './bus/local/session-count.ts';
import { AdminParts, credentialMaker } from './compose-admin.ts';
import { type ConfigChange, compareConfigs } from './config/compare.ts';
import type { Config } from './config/loader.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { type Log, silentLog } from './core/log.ts';
import { Networks } from './core/networks.ts';
import { Turns } from './core/turns.ts';
import type { AccountId } from './core/values.ts';
import type { DeliveryAgent } from './delivery/api.ts';
import { StoreDeliveryAgent } from './delivery/delivery-agent.ts';
import { AgencyDirectory } from './gateway/agencies/agency-directory.ts';
import { TokenAddresses } from './gateway/resolver/token-addresses.ts';
import type { ImapParts } from './imap/options.ts';
import { startImapListener } from './imap/server.ts';
import { ListenerError, explainListenError } from './listener-error.ts';
import { startMetricsListener } from './metrics/http-listener.ts';
import { Metrics } from './metrics/metrics.ts';
import type { DevelopmentGateway, OpenGateway } from './compose-gateway.ts';
import { type Bus, openBus } from './open-bus.ts';
import { type OpenedStore, openStore } from './open-store.ts';
import { OutboundRelay } from './outbound/outbound-relay.ts';
import { SmtpRelayHost } from './outbound/relay-host.ts';
import type { SmtpLimits, SmtpParts, SmtpProfile } from './smtp/options.ts';
import { startSmtpListener } from './smtp/server.ts';
import type { MailStore } from './store/api.ts';
import { CertificateFiles } from './tls/certificate-files.ts';
import { startUpkeep } from './upkeep.ts';

export { ListenerError };

/** What a test, or the process around, has instead of the usual. */
export interface Overrides {
  readonly clock?: Clock;
  readonly log?: Log;
  /** Connections of the whole process at once; without a limit of its own when left out. */
  readonly allConnections?: number;
  /**
   * Which one of several workers it is, from 1. Their primary shows the metrics of all, and the first tidies the store
   * up for all.
   */
  readonly worker?: number;
  /** What development has for the gateway instead of the config's. */
  readonly development?: DevelopmentGateway;
  /** Called once when the server cannot go on, such as when a thread of the store died: end, and be started anew. */
  readonly onFailure?: (error: Error) => void;
}

export interface ListenerAddress {
  /** As in the config: `imaps`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** A running server. */
export interface Server {
  readonly addresses: readonly ListenerAddress[];
  readonly metrics: Metrics;
  /** Carries out an operator's wishes; `actor` is who the audit names. */
  admin(actor: string): AdminPort;
  /** Reads certificates again and takes what can change at once. Rejects when the certificate is not usable. */
  reload(config: Config): Promise<ConfigChange>;
  /** Lets clients end what they began, for `limits.stopMs` at most, then writes everything and lets go of it. */
  close(): Promise<void>;
}

/**
 * Builds every part from the config and starts it: the only place that picks implementations. Rejects with
 * `ListenerError`, `CertificateError` or `MailError` (`in-use`: another process has the data folder), and then nothing
 * is left running.
 */
export async function compose(config: Config, overrides: Overrides = {}): Promise<Server> {
  const house = new House(config, overrides);
  try {
    await house.start();
    return house;
  } catch (error) {
    await house.close();
    throw error;
  }
}

/** Keys kept by each throttle and cache: some 100 octets each. */
const maxRemembered = 100_000;
/** A certificate that ends sooner should have been renewed. */
const expiryWarningMs = 14 * 86_400_000;

type SmtpName = 'smtp' | 'submission' | 'submissions' | 'lmtp';
const smtpProfiles = {
  smtp: 'mx',
  submission: 'submission',
  submissions: 'submission',
  lmtp: 'lmtp',
} as const satisfies Record<SmtpName, SmtpProfile>;

async function atMost(limitMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}

interface ClientListener {
  readonly port: number;
  readonly sessionCount: number;
  endSessions(account: AccountId): void;
  close(): Promise<void>;
}

/** All parts of one server, in the order in which they are started, and stopped in the opposite one. */
class House implements Server {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #overrides: Overrides;
  readonly metrics = new Metrics();
  /** What is counted for the sake of this process, whatever others have open. */
  readonly #connections = new LocalSessionCount();
  readonly #credentialTurns = new Turns();
  readonly #addresses: ListenerAddress[] = [];
  readonly #clientListeners: ClientListener[] = [];
  /** What begins work by itself: stopped all at once and first, each within `limits.stopMs`. */
  readonly #front: (() => Promise<void>)[] = [];
  /** What the front needs, stopped one by one after it, the last one first. */
  readonly #parts: (() => Promise<void> | void)[] = [];
  #config: Config;
  #certificate: CertificateFiles | undefined;
  #adminParts: AdminParts | undefined;
  #state: 'starting' | 'ready' | 'stopping' = 'starting';

  constructor(config: Config, overrides: Overrides) {
    this.#config = config;
    this.#overrides = overrides;
    this.#clock = overrides.clock ?? systemClock;
    this.#log = overrides.log ?? silentLog;
  }

  get addresses(): readonly ListenerAddress[] {
    return this.#addresses;
  }

  admin(actor: string): AdminPort {
    if (this.#adminParts === undefined) throw new Error('The server is not started');
    return new LocalAdmin(this.#adminParts.context(actor), () => Promise.resolve());
  }

  async start(): Promise<void> {
    const config = this.#config;
    if (config.tls !== undefined) {
      this.#certificate = await CertificateFiles.open(config.tls);
      this.#tellCertificate(this.#certificate);
    }
    const bus = await this.#openBus();
    const opened = await this.#openStore(bus);
    const { store } = opened;
    const tokens = this.#tokenAddresses(store);
    if ((this.#overrides.worker ?? 1) === 1) this.#startUpkeep(opened, tokens);
    this.#adminParts = new AdminParts(
      store,
      () => this.#config,
      this.#credentialTurns,
      (account) => {
        this.#endSessions(account);
      },
    );
    const gateway = await this.#openGateway(store, bus);
    const authenticator = await this.#authenticator(opened, bus, gateway);
    // A store that many have needs nobody to ask: commands go to it themselves.
    if (config.store.kind === 'embedded') await this.#startControl(this.#adminParts);
    const delivery = this.#deliveryAgent(store, tokens);
    await this.#startOutbound(store, delivery);
    await this.#startSmtp(store, delivery, authenticator, bus);
    await this.#startImap(store, authenticator, bus);
    await this.#startHttp(gateway);
    await this.#startMetrics(store);
    this.#state = 'ready';
  }

  async reload(config: Config): Promise<ConfigChange> {
    const change = compareConfigs(this.#config, config);
    // The certificate first: it is what can fail, and then nothing has changed.
    if (this.#certificate !== undefined && config.tls !== undefined) {
      await this.#certificate.reload(config.tls);
      this.#tellCertificate(this.#certificate);
    }
    // Parts keep what they were started with; what is asked for each time comes from here.
    this.#config = config;
    return change;
  }

  async close(): Promise<void> {
    this.#state = 'stopping';
    await Promise.all(this.#front.splice(0).map((close) => this.#letGo(close)));
    for (const part of this.#parts.splice(0).reverse()) await this.#letGo(part);
  }

  /** A part that cannot be closed does not keep the others, and the store above all, from it. */
  async #letGo(close: () => Promise<void> | void): Promise<void> {
    try {
      await close();
    } catch (error) {
      this.#log.error('stop-failed', { err: error });
    }
  }

  async #openBus(): Promise<Bus> {
    const bus = await openBus(this.#config, this.#clock, this.#log);
    this.#parts.push(() => bus.close());
    if (bus.up() !== undefined) {
      const help = 'Whether the other processes are reached: 1, or 0 while the bus is down';
      this.metrics.gauge('zhashik_bus_up', help, () => (bus.up() === true ? 1 : 0), 'min');
    }
    return bus;
  }

  async #openStore({ hints }: Bus): Promise<OpenedStore> {
    const { onFailure } = this.#overrides;
    const opened = await openStore(this.#config, {
      clock: this.#clock,
      log: this.#log,
      hints,
      tryDatabase: true,
      onStatus: (account, status) => {
        if (status !== 'active') this.#endSessions(account);
      },
      ...(onFailure !== undefined && { onFailure }),
    });
    this.#parts.push(() => opened.store.close());
    return opened;
  }

  #endSessions(account: AccountId): void {
    for (const listener of this.#clientListeners) listener.endSessions(account);
  }

  async #openGateway(store: MailStore, bus: Bus): Promise<OpenGateway | undefined> {
    if (!this.#config.gateway.enabled) return undefined;
    // Loaded here: a server of mail alone needs nothing of it.
    const { openGateway } = await import('./compose-gateway.ts');
    const gateway = await openGateway(this.#config, {
      store,
      bus,
      clock: this.#clock,
      log: this.#log,
      maker: credentialMaker(this.#config, this.#config.login.hashesWaiting),
      credentialTurns: this.#credentialTurns,
      tls: this.#certificate,
      development: this.#overrides.development,
      endSessions: (account) => {
        this.#endSessions(account);
      },
    });
    this.#parts.push(() => gateway.close());
    // One of several workers tidies up for all.
    if ((this.#overrides.worker ?? 1) === 1) this.#parts.push(gateway.startUpkeep());
    return gateway;
  }

  async #startHttp(gateway: OpenGateway | undefined): Promise<void> {
    if (gateway === undefined || !this.#config.listeners.http.enabled) return;
    const listener = await this.#place('http', () => gateway.listen());
    this.#front.push(() => listener.close());
  }

  async #authenticator(
    { store, loginSecret }: OpenedStore,
    bus: Bus,
    gateway: OpenGateway | undefined,
  ): Promise<StoreAuthenticator> {
    const { domains, login } = this.#config;
    const clock = this.#clock;
    const throttle = (name: string, freeFailures: number, forgetAfterMs: number): Throttle =>
      bus.throttle(
        name,
        {
          freeFailures,
          baseDelayMs: 1000,
          maxDelayMs: login.maxDelayMs,
          forgetAfterMs: Math.max(forgetAfterMs, 2 * login.maxDelayMs),
        },
        maxRemembered,
      );
    const minute = 60_000;
    return new StoreAuthenticator({
      accounts: store.accounts,
      defaultDomain: domains.default,
      maker: credentialMaker(this.#config, login.hashesWaiting),
      decoySecret: await loginSecret(),
      verified: new VerifiedLogins({
        clock,
        lifetimeMs: login.rememberMs,
        maxEntries: maxRemembered,
      }),
      knownPeers: new KnownPeers(maxRemembered),
      accountThrottle: throttle('account-throttle', login.accountFreeFailures, 15 * minute),
      peerThrottle: throttle('peer-throttle', login.addressFreeFailures, 60 * minute),
      unthrottledPeers: new Networks(login.unthrottledNetworks),
      credentialTurns: this.#credentialTurns,
      attemptTurns: new Turns(),
      log: this.#log,
      ...(gateway !== undefined && {
        devices: gateway.devices,
        onAccepted: ({ canonical }) => {
          gateway.activity.note(canonical).catch((error: unknown) => {
            // The login is good all the same; the next one notes it.
            this.#log.warn('activity-not-noted', { err: error });
          });
        },
      }),
      onAttempt: (protocol, outcome) => {
        this.metrics.login(protocol, outcome);
      },
    });
  }

  async #startControl(adminParts: AdminParts): Promise<void> {
    const control = await startControlServer({
      path: this.#config.data.controlSocket,
      context: (actor) => adminParts.context(actor),
      log: this.#log,
    });
    this.#front.push(() => control.close(this.#config.limits.stopMs));
  }

  async #startOutbound(store: MailStore, delivery: DeliveryAgent): Promise<void> {
    const { relay, server } = this.#config;
    const outbound = new OutboundRelay(
      { hostname: server.name, ...(relay !== undefined && { relayHost: relay.host }) },
      {
        outbox: store.outbox,
        content: store,
        delivery,
        ...(relay !== undefined && { relay: await this.#relayHost(relay) }),
        clock: this.#clock,
        log: this.#log,
        onOutcome: (outcome) => {
          this.metrics.relayOutcome(outcome);
        },
      },
    );
    outbound.start();
    // A relay host that hangs does not keep us: the letter is leased, and sent after the next start.
    this.#front.push(() => atMost(this.#config.limits.stopMs, outbound.stop()));
  }

  async #relayHost(relay: NonNullable<Config['relay']>): Promise<SmtpRelayHost> {
    const { authority, host, password, port, tls, user } = relay;
    return new SmtpRelayHost({
      host,
      port,
      tls,
      hostname: this.#config.server.name,
      ...(user !== undefined && { user }),
      ...(password !== undefined && { password: password.reveal() }),
      ...(authority !== undefined && { ca: await readFile(authority, 'utf8') }),
    });
  }

  async #startSmtp(
    store: MailStore,
    delivery: DeliveryAgent,
    authenticator: StoreAuthenticator,
    { sessions }: Bus,
  ): Promise<void> {
    const { limits, listeners, relay, server } = this.#config;
    const parts: SmtpParts = {
      delivery,
      content: store,
      authenticator,
      sessions,
      connections: this.#connections,
      clock: this.#clock,
      log: this.#log,
      metrics: this.metrics,
      ...(this.#certificate && { tls: this.#certificate }),
    };
    const { messageBytes, recipients } = limits;
    const connectionLimits = this.#connectionLimits();
    for (const name of ['smtp', 'submission', 'submissions', 'lmtp'] as const) {
      const { enabled, host, port, ...networks } = listeners[name];
      if (!enabled) continue;
      await this.#listen(name, () =>
        startSmtpListener(
          {
            name,
            host,
            port,
            profile: smtpProfiles[name],
            tls: this.#tlsMode(name === 'submissions'),
            hostname: server.name,
            relays: relay !== undefined,
            limits: { ...connectionLimits, messageBytes, recipients },
            timeouts: { commandMs: limits.smtpTimeoutMs, stopMs: limits.stopMs },
            ...networks,
          },
          parts,
        ),
      );
    }
  }

  #tokenAddresses({ records, audit }: MailStore): TokenAddresses {
    return new TokenAddresses({
      records,
      audit,
      agencies: new AgencyDirectory(records),
      clock: this.#clock,
      mailDomain: this.#config.domains.default,
    });
  }

  #deliveryAgent(store: MailStore, tokens: TokenAddresses): StoreDeliveryAgent {
    const { domains } = this.#config;
    const others = domains.local.filter((domain) => domain !== domains.default);
    return new StoreDeliveryAgent(
      {
        localDomains: [domains.default, ...others],
        ...(domains.postmaster !== undefined && { postmaster: domains.postmaster }),
      },
      {
        accounts: store.accounts,
        messages: {
          accept: async (...letter) => {
            const started = performance.now();
            const outcomes = await store.accept(...letter);
            this.metrics.storeAccept((performance.now() - started) / 1000);
            return outcomes;
          },
        },
        quotas: store,
        clock: this.#clock,
        alias: {
          domain: tokens.domain,
          route: (canonical, { reversePath, peer, account }) =>
            tokens.route(canonical, { reversePath, peer, subject: account?.owner?.subject }),
        },
        onOutcome: (outcome) => {
          this.metrics.delivery(outcome);
        },
      },
    );
  }

  async #startImap(
    store: MailStore,
    authenticator: StoreAuthenticator,
    { sessions }: Bus,
  ): Promise<void> {
    const { limits, listeners, server } = this.#config;
    const parts: ImapParts = {
      store,
      authenticator,
      sessions,
      connections: this.#connections,
      clock: this.#clock,
      log: this.#log,
      ...(this.#certificate && { tls: this.#certificate }),
    };
    const { messageBytes, sessionsPerAccount } = limits;
    const connectionLimits = this.#connectionLimits();
    for (const name of ['imap', 'imaps'] as const) {
      const { enabled, host, port, ...rest } = listeners[name];
      if (!enabled) continue;
      await this.#listen(name, () =>
        startImapListener(
          {
            name,
            host,
            port,
            tls: this.#tlsMode(name === 'imaps'),
            hostname: server.name,
            limits: {
              ...connectionLimits,
              appendBytes: messageBytes,
              sessionsPerAccount,
            },
            timeouts: { autologoutMs: limits.imapTimeoutMs, stopMs: limits.stopMs },
            ...rest,
          },
          parts,
        ),
      );
    }
  }

  #connectionLimits(): Pick<
    SmtpLimits,
    'connections' | 'connectionsPerAddress' | 'allConnections'
  > {
    const { connections, connectionsPerAddress } = this.#config.limits;
    return {
      connections,
      connectionsPerAddress,
      allConnections: this.#overrides.allConnections ?? Infinity,
    };
  }

  async #startMetrics(store: MailStore): Promise<void> {
    const { enabled, host, port } = this.#config.listeners.metrics;
    const waiting = 'Letters waiting for the relay host';
    this.metrics.gauge('zhashik_outbox_entries', waiting, () => store.outbox.count(), 'max');
    if (this.#certificate !== undefined) {
      const certificate = this.#certificate;
      this.metrics.gauge(
        'zhashik_certificate_expiry_timestamp_seconds',
        'When the certificate in force ends',
        () => certificate.validTo / 1000,
        'min',
      );
    }
    if (!enabled || this.#overrides.worker !== undefined) return;
    const listener = await this.#place('metrics', () =>
      startMetricsListener({
        host,
        port,
        metrics: this.metrics,
        notReady: () => (this.#state === 'ready' ? undefined : this.#state),
        log: this.#log,
      }),
    );
    // Stopped after the listeners for clients, so that a supervisor can watch them go.
    this.#parts.push(() => listener.close());
  }

  #startUpkeep(opened: OpenedStore, tokens: TokenAddresses): void {
    const collect = async (now: number): Promise<object> => ({
      ...(await opened.collect(now)),
      tokens: await tokens.purge(),
    });
    this.#parts.push(startUpkeep({ collect, clock: this.#clock, log: this.#log }));
  }

  #tlsMode(implicit: boolean): 'starttls' | 'implicit' | 'none' {
    if (this.#certificate === undefined) return 'none';
    return implicit ? 'implicit' : 'starttls';
  }

  /** Starts a listener for clients and keeps it for the stop. */
  async #listen(
    name: Exclude<keyof Config['listeners'], 'metrics'>,
    start: () => Promise<ClientListener>,
  ): Promise<void> {
    const listener = await this.#place(name, start);
    this.#clientListeners.push(listener);
    this.#front.push(() => listener.close());
    this.metrics.sessions(name, () => listener.sessionCount);
  }

  /** Starts a listener, notes where it is, and says which setting moves it when it cannot be there. */
  async #place<Listener extends { readonly port: number }>(
    name: keyof Config['listeners'],
    start: () => Promise<Listener>,
  ): Promise<Listener> {
    const { host, port } = this.#config.listeners[name];
    try {
      const listener = await start();
      this.#addresses.push({ name, host, port: listener.port });
      return listener;
    } catch (error) {
      throw explainListenError(error, { host, port }, `listeners.${name}`, this.#config.file);
    }
  }

  #tellCertificate(certificate: CertificateFiles): void {
    const { fingerprint, validTo } = certificate;
    const fields = { validTo: new Date(validTo).toISOString(), fingerprint };
    if (validTo - this.#clock.now() < expiryWarningMs) this.#log.warn('certificate-ends', fields);
    else this.#log.info('certificate', fields);
  }
}
