import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Authenticator, LoginResult } from '../../src/account/api.ts';
import { loginExchange } from '../../src/account/sasl/login.ts';
import { plainExchange } from '../../src/account/sasl/plain.ts';
import { scramExchange } from '../../src/account/sasl/scram-sha-256.ts';
import { scramKeys } from '../../src/account/scram.ts';
import { LocalSessionCount } from '../../src/bus/local/session-count.ts';
import { systemClock, type Clock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { inboxId } from '../../src/core/values.ts';
import { StoreDeliveryAgent } from '../../src/delivery/delivery-agent.ts';
import type { SmtpListener, SmtpListenerOptions, SmtpParts } from '../../src/smtp/options.ts';
import { startSmtpListener } from '../../src/smtp/server.ts';
import type { Account, MailStore, QuotaLimits } from '../../src/store/api.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { testTls } from './certificate.ts';

export const hostname = 'mx.example.kz';

/** A store with accounts, and listeners in front of it. Close it in the end. */
export interface MailHouse {
  readonly store: MailStore;
  readonly agent: StoreDeliveryAgent;
  account(name: string, quota?: Partial<QuotaLimits>): Promise<Account>;
  listen(options?: Partial<SmtpListenerOptions>, parts?: Partial<SmtpParts>): Promise<SmtpListener>;
  /** The INBOX of an account, whole messages in order of UID. */
  inbox(account: Account): Promise<string[]>;
  close(): Promise<void>;
}

export interface MailHouseOptions {
  readonly clock?: Clock;
  readonly postmaster?: string;
}

export async function openMailHouse(options: MailHouseOptions = {}): Promise<MailHouse> {
  const { clock = systemClock } = options;
  const folder = await mkdtemp(join(tmpdir(), 'zhashik-smtp-'));
  const store = await openEmbeddedStore({ folder, clock, shards: 2, writers: 1, readers: 1 });
  const agent = new StoreDeliveryAgent(
    {
      localDomains: ['example.kz'],
      ...(options.postmaster !== undefined && { postmaster: options.postmaster }),
    },
    { accounts: store.accounts, messages: store, quotas: store, clock },
  );
  const listeners: SmtpListener[] = [];
  return {
    store,
    agent,
    account: (name, quota) =>
      store.accounts.create(
        {
          address: `${name}@example.kz`,
          canonical: `${name.toLowerCase()}@example.kz`,
          skeleton: `${name.toLowerCase()}@example.kz`,
          credentials: { hash: undefined, scram: undefined },
          quota: { bytes: undefined, messages: undefined, ...quota },
        },
        { actor: 'test', action: 'account.create' },
      ),
    async listen(some = {}, parts = {}) {
      const listener = await startSmtpListener(
        { name: 'smtp', host: '127.0.0.1', port: 0, profile: 'mx', tls: 'none', hostname, ...some },
        {
          delivery: agent,
          content: store,
          sessions: new LocalSessionCount(),
          clock,
          log: silentLog,
          tls: testTls(),
          ...parts,
        },
      );
      listeners.push(listener);
      return listener;
    },
    async inbox(account) {
      const open = await store.open(account.id, inboxId);
      try {
        const letters: string[] = [];
        for (let i = 0; i < open.view.count; i++) {
          const content = await store.content(account.id, open.view.emailAt(i));
          if (content === undefined) throw new Error('a message without content');
          const octets = await content.read(0, content.sizeBytes);
          letters.push(Buffer.from(octets).toString('utf8'));
        }
        return letters;
      } finally {
        open.close();
      }
    },
    async close() {
      await Promise.all(listeners.map((listener) => listener.close()));
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Knows one password for each account, `secret`, and is asked for one of a device when it is `main`. The exchanges are the
 * real ones.
 */
export async function testAuthenticator(accounts: readonly Account[]): Promise<Authenticator> {
  const keys = await scramKeys('secret', 4096);
  const decide = (account: Account | undefined): LoginResult =>
    account === undefined
      ? { status: 'refused', reason: 'credentials' }
      : account.status === 'active'
        ? { status: 'accepted', account, credentialId: 'password' }
        : { status: 'refused', reason: 'suspended' };
  const find = (login: string): Account | undefined =>
    accounts.find((one) => one.canonical === login.toLowerCase());
  const check = (login: string, password: string): Promise<LoginResult> =>
    Promise.resolve(
      password === 'main'
        ? { status: 'refused', reason: 'device-password' }
        : decide(password === 'secret' ? find(login) : undefined),
    );
  return {
    mechanisms: ['SCRAM-SHA-256', 'PLAIN', 'LOGIN'],
    password: check,
    mechanism(name) {
      if (name === 'PLAIN') return plainExchange((_, login, password) => check(login, password));
      if (name === 'LOGIN') return loginExchange((_, login, password) => check(login, password));
      if (name !== 'SCRAM-SHA-256') return undefined;
      let account: Account | undefined;
      return scramExchange({
        nonce: () => 'serverNonce',
        keysFor: (_, login) => {
          account = find(login);
          return Promise.resolve(keys);
        },
        finish: (right) => Promise.resolve(decide(right ? account : undefined)),
      });
    },
  };
}

/** The message without the trace fields that we put in front. */
export function withoutTrace(letter: string): string {
  return letter.replace(/^Return-Path: .*\r\n(?:Received: .*\r\n(?:\t.*\r\n)*)/, '');
}
