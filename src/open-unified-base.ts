import type { Config } from './config/loader.ts';
import type { Clock } from './core/clock.ts';
import { buildUnifiedBase, type UnifiedBase } from './gateway/build-unified-base.ts';
import { openIdentityVault } from './open-identity-vault.ts';
import type { MailStore } from './store/api.ts';

/** The unified base of a store, for those who work without a server. Rejects as `openIdentityVault` does. */
export async function openUnifiedBase(
  store: MailStore,
  config: Config,
  clock: Clock,
): Promise<UnifiedBase> {
  return buildUnifiedBase({
    store,
    vault: await openIdentityVault(config, store),
    testIdentifiers: new Set(config.gateway.testIdentifiers),
    clock,
    mailDomain: config.domains.default,
  });
}
