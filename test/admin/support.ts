import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScryptHasher } from '../../src/account/password.ts';
import type { AdminContext } from '../../src/admin/admin-context.ts';
import { LocalAdmin } from '../../src/admin/local-admin.ts';
import type {
  AdminPort,
  InputOf,
  OperationName,
  ProgressOf,
  ResultOf,
} from '../../src/admin/operations.ts';
import { systemClock } from '../../src/core/clock.ts';
import { MailError } from '../../src/core/errors.ts';
import { Turns } from '../../src/core/turns.ts';
import { buildUnifiedBase } from '../../src/gateway/build-unified-base.ts';
import { IdentityVault } from '../../src/gateway/vault/identity-vault.ts';
import { VaultSecret } from '../../src/gateway/vault/vault-secret.ts';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';

/** A store in a temporary folder, and an operator who works with it. */
export interface Office {
  readonly folder: string;
  readonly store: EmbeddedStore;
  readonly context: AdminContext;
  readonly admin: AdminPort;
  /** Accounts whose sessions were to end. */
  readonly ended: number[];
  close(): Promise<void>;
}

export async function openOffice(): Promise<Office> {
  const folder = mkdtempSync(join(tmpdir(), 'zhashik-admin-'));
  const store = await openEmbeddedStore({ folder, shards: 1, writers: 1, readers: 1 });
  const ended: number[] = [];
  const base = buildUnifiedBase({
    store,
    vault: new IdentityVault([new VaultSecret(Buffer.alloc(32, 7))]),
    testIdentifiers: new Set(),
    clock: systemClock,
    mailDomain: 'example.kz',
  });
  const context: AdminContext = {
    accounts: store.accounts,
    mailboxes: store,
    mail: store,
    maxMessageBytes: () => 1_000_000,
    audit: store.audit,
    maker: {
      hasher: new ScryptHasher({ cost: { N: 2, r: 1, p: 1 }, concurrency: 4, maxWaiting: 1000 }),
      scramIterations: 4096,
    },
    localDomains: ['example.kz'],
    defaultDomain: 'example.kz',
    defaultQuota: () => ({ bytes: 1000, messages: undefined }),
    credentialTurns: new Turns(),
    actor: 'cli:test',
    unifiedBase: () => Promise.resolve(base),
    endSessions: (account) => ended.push(account),
  };
  return {
    folder,
    store,
    context,
    admin: new LocalAdmin(context, () => Promise.resolve()),
    ended,
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The result of a call and what it told on its way. */
export async function run<Name extends OperationName>(
  admin: AdminPort,
  name: Name,
  input: InputOf<Name>,
  items?: readonly unknown[],
): Promise<{ progress: ProgressOf<Name>[]; result: ResultOf<Name> }> {
  const progress: ProgressOf<Name>[] = [];
  const call = admin.call(name, input, items && from(items));
  for (;;) {
    const step = await call.next();
    if (step.done === true) return { progress, result: step.value };
    progress.push(step.value);
  }
}

/** The failure of a call, or undefined. */
export async function failureOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof MailError) return error.failure;
    throw error;
  }
}

async function* from(items: readonly unknown[]): AsyncGenerator<unknown, void, void> {
  for (const item of items) yield await Promise.resolve(item);
}
