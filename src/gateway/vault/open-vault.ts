import * as z from 'zod';
import type { RecordStore } from '../../store/records.ts';
import { RecordTable } from '../records/record-table.ts';
import { IdentityVault } from './identity-vault.ts';
import { makeKeyFile } from './make-key-file.ts';
import { readKeyFile } from './read-key-file.ts';
import { VaultError } from './vault-error.ts';

/** Which secret the index of this store is made with. */
const fingerprintRecord = z.strictObject({ version: z.literal(1), fingerprint: z.string() });
const key = 'index';

export interface OpenVaultOptions {
  readonly keyFile: string;
  /** Makes the file when it is not there and the store has no records of an older one. */
  readonly make: boolean;
  readonly records: RecordStore;
}

/**
 * The vault of a store, with the secrets of the key file. Throws `VaultError` when its first secret is another one than
 * that of the store's records, as nobody would be found, and everybody could register again.
 */
export async function openVault(options: OpenVaultOptions): Promise<IdentityVault> {
  const { keyFile, make, records } = options;
  const table = new RecordTable(records, 'vault', fingerprintRecord);
  const known = await table.get(key);
  if (make && known === undefined) await makeKeyFile(keyFile);
  const vault = new IdentityVault(await readKeyFile(keyFile));
  const { fingerprint } = vault;
  // Two servers may start at the same time: what is stored in the end counts.
  const stored = await table.change(key, (there) => there ?? { version: 1, fingerprint });
  if (stored?.fingerprint !== fingerprint) {
    throw new VaultError(
      `${keyFile} is not the key file of this store: its first secret is another one`,
    );
  }
  return vault;
}
