import { join } from 'node:path';
import type { Config } from './config/loader.ts';
import type { Clock } from './core/clock.ts';
import { buildUnifiedBase, type UnifiedBase } from './gateway/build-unified-base.ts';
import { openVault } from './gateway/vault/open-vault.ts';
import type { MailStore } from './store/api.ts';

/**
 * The unified base of a store, with the key file of the config; one that the config does not name is made in the data
 * folder. Rejects with `VaultError` when the key file is not that of the store.
 */
export async function openUnifiedBase(
  store: MailStore,
  { data, domains, gateway }: Config,
  clock: Clock,
): Promise<UnifiedBase> {
  const { identityKeyFile, testIdentifiers } = gateway;
  const vault = await openVault({
    keyFile: identityKeyFile ?? join(data.folder, 'identity.key'),
    make: identityKeyFile === undefined,
    records: store.records,
  });
  return buildUnifiedBase({
    store,
    vault,
    testIdentifiers: new Set(testIdentifiers),
    clock,
    mailDomain: domains.default,
  });
}
