import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Authenticator, LoginResult } from '../../src/account/api.ts';
import { loginExchange } from '../../src/account/sasl/login.ts';
import { plainExchange } from '../../src/account/sasl/plain.ts';
import { scramExchange } from '../../src/account/sasl/scram-sha-256.ts';
import { scramKeys } from '../../src/account/scram.ts';
import { LocalSessionCount } from '../../src/bus/local/session-count.ts';
import { type Log, type LogFields, silentLog } from '../../src/core/log.ts';
import type { TlsSource } from '../../src/core/tls.ts';
import { flagBits, type MailboxName, type SpecialUse } from '../../src/core/values.ts';
import type { ImapListener, ImapListenerOptions, ImapParts } from '../../src/imap/options.ts';
import { startImapListener } from '../../src/imap/server.ts';
import type { Account, FlagSet, MailStore, QuotaLimits } from '../../src/store/api.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';

/** A message to be there from the start. */
export interface Letter {
  readonly text: string;
  readonly flags?: readonly string[];
  readonly internalDate?: number;
}

export interface ImapSetup {
  /** Who is logged in by the connection alone: the greeting is PREAUTH. */
  readonly as?: string;
  /** Accounts with their passwords; `as` need not be among them. */
  readonly accounts?: Readonly<Record<string, string>>;
  /** Messages by mailbox, of the first account; missing mailboxes are made. */
  readonly mailboxes?: Readonly<Record<string, readonly Letter[]>>;
  readonly specialUses?: Readonly<Record<string, SpecialUse>>;
  readonly quota?: QuotaLimits;
  readonly options?: Partial<ImapListenerOptions>;
  readonly tls?: TlsSource;
  /** Something to put between the protocol and the store. */
  readonly around?: (store: MailStore) => MailStore;
  readonly parts?: Partial<ImapParts>;
  /** A store that nobody used before, for tests that know its ids. */
  readonly ownStore?: boolean;
}

export interface ImapServer {
  readonly port: number;
  readonly store: MailStore;
  /** The first account. */
  readonly account: Account;
  readonly clock: { nowMs: number; now(): number };
  /** Events that were logged as warnings or errors. */
  readonly troubles: readonly string[];
  readonly listener: ImapListener;
  close(): Promise<void>;
}

/** What `C1: a LOGIN …` says for the first account in tests that log in. */
export const password = 'kapusta';

/** The time in tests: 2026-03-22 09:00 UTC. */
export const startOfTime = Date.UTC(2026, 2, 22, 9);

const running = new Set<ImapServer>();

/** One store for all tests of a run, which starts in a second: each test has accounts of its own in it. */
let shared: Promise<OpenedStore> | undefined;
let accountsMade = 0;

interface OpenedStore {
  readonly folder: string;
  readonly clock: { nowMs: number; now(): number };
  readonly store: MailStore;
}

async function openStore(): Promise<OpenedStore> {
  const folder = await mkdtemp(join(tmpdir(), 'zhashik-imap-'));
  const clock = { nowMs: startOfTime, now: () => clock.nowMs };
  const store = await openEmbeddedStore({ folder, clock, shards: 1, writers: 1, readers: 1 });
  return { folder, clock, store };
}

/** A server with accounts of its own, closed after the test. */
export async function startImap(setup: ImapSetup = {}): Promise<ImapServer> {
  const opened = await (setup.ownStore === true ? openStore() : (shared ??= openStore()));
  const { clock, store } = opened;
  clock.nowMs = startOfTime;
  const passwords = {
    ...(setup.as === undefined ? {} : { [setup.as]: password }),
    ...setup.accounts,
  };
  const accounts = new Map<string, Account>();
  for (const address of Object.keys(passwords)) {
    accounts.set(address, await createAccount(store, address, setup.quota));
  }
  const account = accounts.values().next().value;
  if (account === undefined) throw new Error('startImap needs `as` or `accounts`');
  await fill(store, account, setup);

  const troubles: string[] = [];
  const listener = await startImapListener(
    {
      name: 'imap',
      host: '127.0.0.1',
      port: 0,
      tls: setup.tls === undefined ? 'none' : 'starttls',
      hostname: 'mail.example.kz',
      cleartextLoginNetworks: ['127.0.0.1'],
      ...setup.options,
    },
    {
      store: setup.around?.(store) ?? store,
      authenticator: fakeAuthenticator(passwords, accounts),
      sessions: new LocalSessionCount(),
      clock,
      log: troubleLog(troubles),
      ...(setup.tls === undefined ? {} : { tls: setup.tls }),
      ...(setup.as === undefined ? {} : { preauthenticate: () => Promise.resolve(account) }),
      ...setup.parts,
    },
  );
  const server: ImapServer = {
    port: listener.port,
    store,
    account,
    clock,
    troubles,
    listener,
    async close() {
      if (!running.delete(server)) return;
      await listener.close();
      if (setup.ownStore === true) await closeStore(opened);
    },
  };
  running.add(server);
  return server;
}

afterEach(async () => {
  for (const server of running) await server.close();
});

after(async () => {
  if (shared === undefined) return;
  await closeStore(await shared);
  shared = undefined;
});

async function closeStore({ folder, store }: OpenedStore): Promise<void> {
  await store.close();
  await rm(folder, { recursive: true, force: true });
}

/** A small message with CRLF line ends; header fields by name, `body` aside. */
export function letter(
  fields: Readonly<Record<string, string>> & { readonly body?: string } = {},
  flags: readonly string[] = [],
): Letter {
  const { body = 'Salem!\r\n', ...rest } = fields;
  const header = {
    From: 'Aigerim <aigerim@example.kz>',
    To: 'dana@example.kz',
    Subject: 'Salem',
    Date: 'Sun, 22 Mar 2026 14:00:00 +0500',
    'Message-ID': '<1@example.kz>',
    ...rest,
  };
  const lines = Object.entries(header).map(([name, value]) => `${name}: ${value}\r\n`);
  return { text: `${lines.join('')}\r\n${body}`, flags };
}

/** Puts a message into a mailbox, as another session or a delivery would. */
export async function deliver(
  store: MailStore,
  account: Account,
  mailbox: string,
  { text, flags = [], internalDate = startOfTime }: Letter,
): Promise<void> {
  const found = await store.findMailbox(account.id, mailbox as MailboxName);
  if (found === undefined) throw new Error(`No mailbox ${mailbox}`);
  const writer = store.receive();
  await writer.write(Buffer.from(text, 'utf8'));
  const content = await writer.finish();
  try {
    const message = { content, flags: flagSet(flags), internalDate };
    await store.append(account.id, found.id, [message]);
  } finally {
    await content.release();
  }
}

export function flagSet(flags: readonly string[]): FlagSet {
  let system = 0;
  for (const flag of flags) {
    if (flag.startsWith('\\')) system |= flagBits[flag as keyof typeof flagBits];
  }
  return { system, keywords: flags.filter((flag) => !flag.startsWith('\\')) };
}

async function createAccount(
  store: MailStore,
  address: string,
  quota: QuotaLimits = { bytes: undefined, messages: undefined },
): Promise<Account> {
  // The same address in every test, and an account of its own each time.
  const canonical = `${++accountsMade}.${address.toLowerCase()}`;
  return store.accounts.create(
    {
      address,
      canonical,
      skeleton: canonical,
      credentials: { hash: undefined, scram: undefined },
      quota,
    },
    { actor: 'test', action: 'create' },
  );
}

async function fill(store: MailStore, account: Account, setup: ImapSetup): Promise<void> {
  for (const [name, letters] of Object.entries(setup.mailboxes ?? {})) {
    if ((await store.findMailbox(account.id, name as MailboxName)) === undefined) {
      const specialUse = setup.specialUses?.[name];
      const options = specialUse === undefined ? {} : { specialUse };
      await store.createMailbox(account.id, name as MailboxName, options);
    }
    for (const one of letters) await deliver(store, account, name, one);
  }
}

/** Compares passwords as they are: what the real one does is tested at its own place. */
function fakeAuthenticator(
  passwords: Readonly<Record<string, string>>,
  accounts: ReadonlyMap<string, Account>,
): Authenticator {
  const check = (login: string, given: string): Promise<LoginResult> => {
    const account = accounts.get(login);
    if (login === 'suspended@example.kz') {
      return Promise.resolve({ status: 'refused', reason: 'suspended' });
    }
    if (login === 'devices@example.kz') {
      return Promise.resolve({ status: 'refused', reason: 'device-password' });
    }
    if (login === 'throttled@example.kz') {
      return Promise.resolve({ status: 'refused', reason: 'throttled' });
    }
    return Promise.resolve(
      account !== undefined && passwords[login] === given
        ? { status: 'accepted', account, credentialId: 'password' }
        : { status: 'refused', reason: 'credentials' },
    );
  };
  return {
    mechanisms: ['SCRAM-SHA-256', 'PLAIN', 'LOGIN'],
    password: check,
    mechanism(name) {
      if (name === 'PLAIN') return plainExchange((_, login, given) => check(login, given));
      if (name === 'LOGIN') return loginExchange((_, login, given) => check(login, given));
      if (name !== 'SCRAM-SHA-256') return undefined;
      let who = '';
      return scramExchange({
        nonce: () => 'server-nonce',
        keysFor: (_, login) => {
          who = login;
          return scramKeys(passwords[login] ?? '', 4096, Buffer.from('salt'));
        },
        finish: (right) => check(who, right ? (passwords[who] ?? '') : '\0'),
      });
    },
  };
}

function troubleLog(troubles: string[]): Log {
  const note = (event: string, fields?: LogFields): void => {
    const err = fields?.['err'];
    troubles.push(err instanceof Error ? `${event}: ${err.stack ?? err.message}` : event);
  };
  const log: Log = { ...silentLog, warn: note, error: note, with: () => log };
  return log;
}
