import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { DeviceLogins } from '../../account/api.ts';
import type { Clock } from '../../core/clock.ts';
import { MailError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { AccountId } from '../../core/values.ts';
import type { AccountStore, AuditStore } from '../../store/api.ts';
import type { RecordStore } from '../../store/records.ts';
import type { DevicePassword, DevicePasswords, MailProtocol } from '../api.ts';
import { GatewayError } from '../gateway-error.ts';
import { RecordTable } from '../records/record-table.ts';
import type { IdentityVault } from '../vault/identity-vault.ts';
import { type Device, type DeviceRecord, deviceRecord } from './device-record.ts';
import { deviceSecret, newDeviceSecret } from './device-secret.ts';
import { lastUseStepMs, maxDeviceNameLetters, maxDevices } from './limits.ts';

export interface RecordDevicePasswordsParts {
  readonly records: RecordStore;
  readonly accounts: Pick<AccountStore, 'get'>;
  readonly audit: Pick<AuditStore, 'append'>;
  /** With another index secret no device password is right any more. */
  readonly vault: Pick<IdentityVault, 'seal' | 'open' | 'lastingKey'>;
  readonly clock: Clock;
  readonly log: Log;
  endSessions(account: AccountId): void;
}

const empty: DeviceRecord = { v: 1, required: false, devices: [] };

/**
 * Passwords of single mail programs. One record holds all of an account, under an HMAC of its address, which stays the
 * account's for ever, as its id in another store does not. What is kept of a password is an HMAC: a fast one is right
 * here, since nobody guesses 118 random bits, and a slow one would cost each login of each phone.
 */
export class RecordDevicePasswords implements DevicePasswords, DeviceLogins {
  readonly #parts: RecordDevicePasswordsParts;
  readonly #table: RecordTable<DeviceRecord>;
  readonly #hmacKey: Buffer;

  constructor(parts: RecordDevicePasswordsParts) {
    this.#parts = parts;
    this.#table = new RecordTable(parts.records, 'device', deviceRecord);
    this.#hmacKey = parts.vault.lastingKey('device passwords');
  }

  async create(
    id: AccountId,
    name: string,
    protocols: readonly MailProtocol[],
  ): Promise<DevicePassword & { readonly password: string }> {
    const { clock, vault } = this.#parts;
    const canonical = await this.#canonical(id);
    const called = checkedName(name);
    const allowed = checkedProtocols(protocols);
    const password = newDeviceSecret();
    const device: Device = {
      id: `dv-${randomBytes(5).toString('hex')}`,
      name: '',
      protocols: allowed,
      createdAt: clock.now(),
      verifier: this.#verifier(canonical, password),
    };
    const sealed = { ...device, name: vault.seal(called, nameContext(canonical, device.id)) };
    checkRoom(await this.#read(canonical));
    // Before the change: nothing is changed that the audit does not know of.
    await this.#audit(id, 'device.create', { device: device.id });
    await this.#table.change(this.#key(canonical), (record = empty) => {
      checkRoom(record);
      return { ...record, devices: [...record.devices, sealed] };
    });
    return { ...this.#shown(canonical, sealed), password };
  }

  async list(id: AccountId): Promise<readonly DevicePassword[]> {
    const canonical = await this.#canonical(id);
    const { devices } = await this.#read(canonical);
    return devices.map((device) => this.#shown(canonical, device));
  }

  async revoke(id: AccountId, deviceId: string): Promise<boolean> {
    const canonical = await this.#canonical(id);
    const has = ({ devices }: DeviceRecord): boolean => devices.some((one) => one.id === deviceId);
    if (!has(await this.#read(canonical))) return false;
    await this.#audit(id, 'device.revoke', { device: deviceId });
    await this.#table.change(this.#key(canonical), (record = empty) =>
      has(record)
        ? { ...record, devices: record.devices.filter((one) => one.id !== deviceId) }
        : undefined,
    );
    // All of the account: programs with another password log in again by themselves.
    this.#parts.endSessions(id);
    return true;
  }

  async required(id: AccountId): Promise<boolean> {
    return (await this.#read(await this.#canonical(id))).required;
  }

  async require(id: AccountId, required: boolean): Promise<void> {
    const canonical = await this.#canonical(id);
    await this.#audit(id, 'device.require', { required });
    await this.#table.change(this.#key(canonical), (record = empty) => ({ ...record, required }));
    if (required) this.#parts.endSessions(id);
  }

  isDevicePassword(password: string): boolean {
    return deviceSecret(password) !== undefined;
  }

  async check(
    canonical: string,
    password: string,
    protocol: MailProtocol,
  ): Promise<string | undefined> {
    const secret = deviceSecret(password);
    if (secret === undefined) return undefined;
    const shown = Buffer.from(this.#verifier(canonical, secret), 'hex');
    const { devices } = await this.#read(canonical);
    const device = devices.find(({ verifier }) =>
      timingSafeEqual(Buffer.from(verifier, 'hex'), shown),
    );
    if (device?.protocols.includes(protocol) !== true) return undefined;
    await this.#noteUse(canonical, device, protocol);
    return device.id;
  }

  /** A login does not fail for it: what is lost is a time that somebody may look at. */
  async #noteUse(
    canonical: string,
    { id, lastUsed }: Device,
    protocol: MailProtocol,
  ): Promise<void> {
    const at = this.#parts.clock.now();
    if (lastUsed?.protocol === protocol && at - lastUsed.at < lastUseStepMs) return;
    try {
      const row = await this.#table.get(this.#key(canonical));
      if (row === undefined) return;
      const devices = row.value.devices.map((one) =>
        one.id === id ? { ...one, lastUsed: { at, protocol } } : one,
      );
      // Who comes second at the same moment has nothing to add.
      await this.#table.replace(row, { ...row.value, devices });
    } catch (error) {
      this.#parts.log.warn('device-use-not-noted', { device: id, err: error });
    }
  }

  async #read(canonical: string): Promise<DeviceRecord> {
    return (await this.#table.get(this.#key(canonical)))?.value ?? empty;
  }

  async #canonical(id: AccountId): Promise<string> {
    const account = await this.#parts.accounts.get(id);
    if (account === undefined) throw new MailError('not-found', 'No such account');
    return account.canonical;
  }

  #shown(canonical: string, device: Device): DevicePassword {
    const { id, name, protocols, createdAt, lastUsed } = device;
    const called = this.#parts.vault.open(name, nameContext(canonical, id));
    return { id, name: called, protocols, createdAt, lastUsed };
  }

  async #audit(
    account: AccountId,
    action: string,
    detail: Readonly<Record<string, string | boolean>>,
  ): Promise<void> {
    await this.#parts.audit.append({ actor: 'owner', action, detail }, account);
  }

  #key(canonical: string): string {
    return this.#hmac('record', canonical);
  }

  #verifier(canonical: string, secret: string): string {
    return this.#hmac('password', `${canonical}\0${secret}`);
  }

  #hmac(use: string, text: string): string {
    return createHmac('sha256', this.#hmacKey).update(`${use}\0${text}`).digest('hex');
  }
}

function nameContext(canonical: string, device: string): string {
  return `device:${canonical}:${device}:name`;
}

function checkRoom({ devices }: DeviceRecord): void {
  if (devices.length < maxDevices) return;
  throw new GatewayError('DEVICE_LIMIT', { max: String(maxDevices) });
}

function checkedName(name: string): string {
  // Longer text is not even normalised.
  const called = name
    .slice(0, 8 * maxDeviceNameLetters)
    .normalize('NFC')
    .trim();
  const letters = Array.from(called).length;
  if (letters < 1 || letters > maxDeviceNameLetters || /[\p{Cc}\p{Cs}]/u.test(called)) {
    throw new GatewayError('DEVICE_NAME', { max: String(maxDeviceNameLetters) });
  }
  return called;
}

function checkedProtocols(protocols: readonly MailProtocol[]): MailProtocol[] {
  const allowed = (['imap', 'submission'] as const).filter((one) => protocols.includes(one));
  if (allowed.length === 0) throw new GatewayError('DEVICE_PROTOCOLS');
  return allowed;
}
