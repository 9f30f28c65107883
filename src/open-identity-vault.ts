import { join } from 'node:path';
import type { Config } from './config/loader.ts';
import type { IdentityVault } from './gateway/vault/identity-vault.ts';
import { openVault } from './gateway/vault/open-vault.ts';
import type { MailStore } from './store/api.ts';

/**
 * The vault of a store, with the key file of the config; one that it does not name is made in the data folder. Rejects
 * with `VaultError` when the key file is not that of the store.
 */
export function openIdentityVault(
  { data, gateway, store }: Config,
  { records }: MailStore,
): Promise<IdentityVault> {
  return openVault({
    keyFile: gateway.identityKeyFile ?? join(data.folder, 'identity.key'),
    // Where many machines have one store, the file is brought to each of them: one that is made here is another one.
    make: store.kind === 'embedded' && gateway.identityKeyFile === undefined,
    records,
  });
}
