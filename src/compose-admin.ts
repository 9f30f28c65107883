import { mkdir } from 'node:fs/promises';
import type { CredentialMaker } from './account/credentials.ts';
import { ScryptHasher } from './account/password.ts';
import type { AdminContext } from './admin/admin-context.ts';
import { ControlClient, isServed } from './admin/control-client.ts';
import { LocalAdmin } from './admin/local-admin.ts';
import type { AdminPort } from './admin/operations.ts';
import type { Config } from './config/loader.ts';
import { systemClock } from './core/clock.ts';
import { silentLog } from './core/log.ts';
import { Turns } from './core/turns.ts';
import type { UnifiedBase } from './gateway/build-unified-base.ts';
import { type Bus, openBus } from './open-bus.ts';
import { openStore } from './open-store.ts';
import { openUnifiedBase } from './open-unified-base.ts';
import type { MailStore } from './store/api.ts';

/*
 * The part of the composition that an operator's command needs too: the store and what works on it, without the
 * protocols, so that a command starts fast.
 */

/**
 * The operator's functions: through the running server, or over the data folder when none runs; over the database
 * directly, where the store is one that many processes have.
 */
export async function composeAdmin(config: Config, actor: string): Promise<AdminPort> {
  const { folder, controlSocket } = config.data;
  if (config.store.kind === 'embedded') {
    if (await isServed(controlSocket)) return new ControlClient(controlSocket, actor);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return adminOver(config, actor, undefined);
  }
  const bus = await openBus(config, systemClock, silentLog);
  try {
    return await adminOver(config, actor, bus);
  } catch (error) {
    await bus.close();
    throw error;
  }
}

/** Those who serve the store hear through the bus what was changed. */
async function adminOver(config: Config, actor: string, bus: Bus | undefined): Promise<AdminPort> {
  const { store } = await openStore(config, {
    clock: systemClock,
    log: silentLog,
    ...(bus !== undefined && { hints: bus.hints }),
  });
  const parts = new AdminParts(
    store,
    () => config,
    new Turns(),
    () => undefined,
  );
  return new LocalAdmin(parts.context(actor), async () => {
    await store.close();
    await bus?.close();
  });
}

/** How verifiers are made, with a line of waiting hashes of its own. */
export function credentialMaker(config: Config, maxWaiting: number): CredentialMaker {
  const { login } = config;
  return {
    hasher: new ScryptHasher({
      cost: { N: login.scryptN, r: login.scryptR, p: login.scryptP },
      concurrency: login.hashesAtOnce,
      maxWaiting,
    }),
    scramIterations: login.scram ? login.scramIterations : undefined,
  };
}

/** What the operator's functions work with. */
export class AdminParts {
  readonly #store: MailStore;
  readonly #config: () => Config;
  readonly #credentialTurns: Turns;
  readonly #endSessions: AdminContext['endSessions'];
  /** Of its own: an import of thousands does not stand in line before people who log in. */
  readonly #maker: CredentialMaker;
  #base: Promise<UnifiedBase> | undefined;

  constructor(
    store: MailStore,
    config: () => Config,
    credentialTurns: Turns,
    endSessions: AdminContext['endSessions'],
  ) {
    this.#store = store;
    this.#config = config;
    this.#credentialTurns = credentialTurns;
    this.#endSessions = endSessions;
    this.#maker = credentialMaker(config(), 4096);
  }

  /** One for the process, so that entries of the registry go in together. */
  unifiedBase(): Promise<UnifiedBase> {
    this.#base ??= openUnifiedBase(this.#store, this.#config(), systemClock).catch(
      (error: unknown) => {
        // Asked again when the key file was put right.
        this.#base = undefined;
        throw error;
      },
    );
    return this.#base;
  }

  context(actor: string): AdminContext {
    const { domains } = this.#config();
    return {
      accounts: this.#store.accounts,
      mailboxes: this.#store,
      mail: this.#store,
      maxMessageBytes: () => this.#config().limits.messageBytes,
      audit: this.#store.audit,
      maker: this.#maker,
      localDomains: domains.local,
      defaultDomain: domains.default,
      defaultQuota: () => {
        const { bytes, messages } = this.#config().quota;
        return { bytes, messages };
      },
      credentialTurns: this.#credentialTurns,
      actor,
      unifiedBase: () => this.unifiedBase(),
      endSessions: this.#endSessions,
    };
  }
}
