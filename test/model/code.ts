import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { accountData } from '../store/support.ts';
import type * as accountsModule from '../../src/store/mongo/accounts.ts';
import type * as collectorModule from '../../src/store/mongo/collector.ts';
import type * as contentModule from '../../src/store/mongo/content.ts';
import type * as errorsModule from '../../src/core/errors.ts';
import type * as lettersModule from '../../src/store/mongo/letters.ts';
import type * as logModule from '../../src/store/mongo/account-log.ts';
import type * as recordsModule from '../../src/store/mongo/records.ts';
import type * as opsModule from '../../src/store/mongo/ops/message-ops.ts';
import type { Code } from './explorer.ts';

/** A change of the source: what stands there, once, and what comes in its place. */
interface Replacement {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}
export interface Mutation extends Replacement {
  readonly what: string;
  readonly also?: Replacement;
  /** The test that shows it, where it takes a moment that the explorer does not come upon. */
  readonly test?: string;
}

/** Bounds so small that a few changes go past all of them. */
const smallLimits: readonly (readonly [string, string])[] = [
  ['pageUids = 256', 'pageUids = 3'],
  ['tailKept = 128', 'tailKept = 2'],
  ['changesKept = 16', 'changesKept = 3'],
  ['tailUnprojected = 32', 'tailUnprojected = 1'],
  ['tailFull = 96', 'tailFull = 2'],
  ['entryBytes = 16 * 1024', 'entryBytes = 300'],
  ['mergedOperations = 64', 'mergedOperations = 2'],
  ['racesLost = 3', 'racesLost = 1'],
  ['turnAttempts = 8', 'turnAttempts = 2'],
];

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Loads the store's code with small or other bounds, and with a mutation if there is one; `remove` when it is done. */
export async function loadCode(
  mutation?: Mutation,
  limits = smallLimits,
): Promise<{ readonly code: Code; readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'zhashik-model-'));
  await cp(join(root, 'src'), join(folder, 'src'), { recursive: true });
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  await cp(join(root, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const store = join(folder, 'src/store/mongo');
  for (const [from, to] of limits) await replace(join(store, 'limits.ts'), from, to);
  for (const each of [mutation, mutation?.also]) {
    if (each !== undefined) await replace(join(store, each.file), each.from, each.to);
  }
  const load = async <T>(file: string): Promise<T> =>
    (await import(pathToFileURL(join(store, file)).href)) as T;
  const [log, accounts, collector, content, letters, messageOps, records, errors] =
    await Promise.all([
      load<typeof logModule>('account-log.ts'),
      load<typeof accountsModule>('accounts.ts'),
      load<typeof collectorModule>('collector.ts'),
      load<typeof contentModule>('content.ts'),
      load<typeof lettersModule>('letters.ts'),
      load<typeof opsModule>('ops/message-ops.ts'),
      load<typeof recordsModule>('records.ts'),
      load<typeof errorsModule>('../../core/errors.ts'),
    ]);
  return {
    code: {
      AccountLog: log.AccountLog,
      MongoContent: content.MongoContent,
      PendingLetter: letters.PendingLetter,
      MailError: errors.MailError,
      messageOps,
      collectGarbage: collector.collectGarbage,
      MongoRecords: records.MongoRecords,
      newHead(a) {
        const head = accounts.newHead(accountData(), a, 1_790_000_000_000, {
          _id: 1,
          at: 0,
          account: a,
          actor: 'test',
          action: 'create',
          detail: null,
        });
        return { ...head, who: { ...head.who, status: 'active' } };
      },
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

async function replace(file: string, from: string, to: string): Promise<void> {
  const source = await readFile(file, 'utf8');
  const parts = source.split(from);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${from}`);
  await writeFile(file, parts.join(to));
}
