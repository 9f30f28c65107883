import type { Bin } from '../../../src/gateway/identifiers/values.ts';
import type { NewAgency } from '../../../src/gateway/agencies/agency.ts';
import type { Order } from '../../../src/gateway/records/order.ts';
import { IdentityVault } from '../../../src/gateway/vault/identity-vault.ts';
import { VaultSecret } from '../../../src/gateway/vault/vault-secret.ts';

export const vault = new IdentityVault([new VaultSecret(Buffer.alloc(32, 7))]);

/** Two persons of the operator. */
export const aigerim: Order = { actor: 'cli:aigerim', apply: true };
export const berik: Order = { actor: 'cli:berik', apply: true };

/** A state body that does not exist. */
export const ministry: NewAgency = {
  id: 'ministry',
  bin: '160841000015' as Bin,
  names: { kk: 'Сынақ министрлігі', ru: 'Министерство проверок', en: 'Ministry of Tests' },
  agreement: '2026/1',
  domains: ['ministry.example'],
  networks: ['192.0.2.0/24'],
  purposes: ['official-letter', 'court-notice'],
  profiles: ['civil-procedure'],
  fallback: 'paper',
  lookupsPerMinute: 60,
  responsible: ['Омаров Ә., +7 700 000 00 00'],
};
