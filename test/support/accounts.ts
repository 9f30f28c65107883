import { newAddress } from '../../src/account/address.ts';
import { newCredentials } from '../../src/account/credentials.ts';
import { ScryptHasher } from '../../src/account/password.ts';
import type { MailStore } from '../../src/store/api.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';

/** Makes accounts of `example.kz` in the data folder of a server that does not run, with cheap hashes. */
export async function createAccounts(
  dataFolder: string,
  accounts: readonly (readonly [address: string, password: string])[],
  options: { readonly shards?: number } = {},
): Promise<void> {
  const store = await openEmbeddedStore({ folder: dataFolder, ...options });
  await addAccounts(store, accounts);
  await store.close();
}

/** Makes accounts of `example.kz` in a store, with cheap hashes. */
export async function addAccounts(
  store: MailStore,
  accounts: readonly (readonly [address: string, password: string])[],
): Promise<void> {
  const cost = { N: 1024, r: 8, p: 1 };
  const maker = {
    hasher: new ScryptHasher({ cost, concurrency: 2, maxWaiting: 100 }),
    scramIterations: 4096,
  };
  for (const [address, password] of accounts) {
    await store.accounts.create(
      {
        ...newAddress(address, ['example.kz']),
        credentials: await newCredentials(maker, password, address),
        quota: { bytes: undefined, messages: undefined },
      },
      { actor: 'test', action: 'account.create' },
    );
  }
}
