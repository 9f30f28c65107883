import { type CredentialMaker, newCredentials } from '../../account/credentials.ts';
import type { Turns } from '../../core/turns.ts';
import type { AccountId } from '../../core/values.ts';
import type { Account, AccountStore } from '../../store/api.ts';
import type { DevicePasswords, Passwords } from '../api.ts';
import { GatewayError } from '../gateway-error.ts';

export interface AccountAccessParts {
  readonly accounts: AccountStore;
  readonly maker: CredentialMaker;
  readonly passwords: Passwords;
  readonly devices: DevicePasswords;
  /** Shared with the authenticator, so that neither undoes the other's change of credentials. */
  readonly turns: Turns;
  endSessions(account: AccountId): void;
}

/** The passwords of an account, as the gateway gives and takes them. */
export class AccountAccess {
  readonly #parts: AccountAccessParts;

  constructor(parts: AccountAccessParts) {
    this.#parts = parts;
  }

  /** `PASSWORD_*`, `NO_MAILBOX` */
  async givePassword(canonical: string, password: string, cause: string): Promise<Account> {
    const login = canonical.slice(0, canonical.lastIndexOf('@'));
    this.#parts.passwords.check(password, login);
    const account = await this.#parts.accounts.find(canonical);
    if (account === undefined || account.status === 'closed') throw new GatewayError('NO_MAILBOX');
    const credentials = await newCredentials(this.#parts.maker, password, canonical);
    await this.#parts.turns.run(String(account.id), () =>
      this.#parts.accounts.update(
        account.id,
        { credentials },
        { actor: `gateway:${cause}`, action: 'account.passwd' },
      ),
    );
    this.#parts.endSessions(account.id);
    return account;
  }

  /** Nobody gets in any more until a password is given again. */
  async takePasswords(canonical: string, cause: string): Promise<void> {
    const account = await this.#parts.accounts.find(canonical);
    if (account === undefined || account.status === 'closed') return;
    const { id } = account;
    await this.#parts.turns.run(String(id), () =>
      this.#parts.accounts.update(
        id,
        { credentials: { hash: undefined, scram: undefined } },
        { actor: `gateway:${cause}`, action: 'account.passwd' },
      ),
    );
    await this.revokeDevices(id);
    this.#parts.endSessions(id);
  }

  async endSessions(canonical: string): Promise<void> {
    const account = await this.#parts.accounts.find(canonical);
    if (account !== undefined) this.#parts.endSessions(account.id);
  }

  async revokeDevices(id: AccountId): Promise<void> {
    for (const device of await this.#parts.devices.list(id)) {
      await this.#parts.devices.revoke(id, device.id);
    }
  }
}
