import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';
import ts from 'typescript';

/*
 * Who may import whom: the table of ARCHITECTURE.md, as data. A row holds for a folder and, unless they have rows of
 * their own, for the folders in it. An entry is a folder with all in it, or a file. Everyone may use `core` and its
 * own folder, and a folder that has a row below another's may be used by that one.
 */
const contracts = ['store/api.ts', 'store/mailbox-view.ts'];
const protocol = ['mail', ...contracts, 'bus/api.ts', 'account/api.ts', 'account/address.ts'];
const gateway = [
  ...contracts,
  'store/records.ts',
  ...['api.ts', 'gateway-error.ts', 'texts', 'identifiers', 'vault'].map((one) => `gateway/${one}`),
];
/** Those that act on mailboxes and their owners. */
const parts = [
  'access',
  'agreement/acceptance-needed.ts',
  'applications',
  'counter',
  'letters',
  'limits.ts',
  'lives',
  'profiles',
  'records',
  'state/state-unavailable.ts',
  'subjects',
].map((one) => `gateway/${one}`);
const bus = ['bus/api.ts', 'bus/failure-delay.ts', 'bus/hint-listeners.ts'];
const table: Readonly<Record<string, readonly string[]>> = {
  core: [],
  mail: [],
  config: [],
  tls: [],
  metrics: [],
  workers: ['metrics'],
  store: ['mail'],
  'store/embedded': ['mail', ...contracts, 'store/records.ts', 'store/common'],
  'store/common': ['mail', ...contracts, 'store/records.ts'],
  'store/mongo': ['mail', ...contracts, 'store/records.ts', 'store/common', 'bus/api.ts'],
  bus: [],
  'bus/local': [...bus],
  'bus/redis': [...bus],
  account: [...contracts, 'bus/api.ts'],
  delivery: ['mail', ...contracts, 'account/address.ts'],
  outbound: ['mail', ...contracts, 'bus/api.ts', 'delivery/api.ts'],
  smtp: [...protocol, 'delivery/api.ts'],
  'smtp/hooks': [...protocol, 'delivery/api.ts', 'smtp'],
  imap: protocol,
  'imap/wire': [],
  'imap/commands': [...protocol, 'imap'],
  eds: [],
  'eds/crypto': [],
  'eds/pool': ['eds/crypto'],
  'gateway/challenges': [...gateway, 'gateway/records'],
  'gateway/signatures': [...gateway, 'eds'],
  'gateway/state': [...gateway, 'gateway/records'],
  'gateway/vault': ['gateway/api.ts', 'gateway/records', 'store/records.ts'],
  archive: [...contracts, 'store/records.ts', 'account/address.ts'],
  gateway: [...gateway, 'account/address.ts', 'account/credentials.ts', ...parts],
  'gateway/letters': gateway,
  'gateway/subjects': [...gateway, 'gateway/records'],
  'gateway/applications': [...gateway, ...parts],
  'gateway/counter': [...gateway, ...parts],
  'gateway/profiles': [...gateway, ...parts],
  'gateway/lives': [...gateway, ...parts],
  'gateway/registrations': [...gateway, ...parts, 'gateway/confirmation', 'eds'],
  'gateway/access': [...gateway, 'account/credentials.ts', ...parts],
  'gateway/identifiers': ['gateway/gateway-error.ts'],
  'gateway/agreement': [...gateway, 'account/address.ts'],
  'gateway/confirmation': [...gateway, 'eds'],
  'gateway/devices': [...gateway, 'account/api.ts', 'gateway/records'],
  'gateway/logins': [...gateway, 'account/address.ts'],
  'gateway/passwords': [...gateway, 'account/prepare-password.ts'],
  'gateway/records': ['store/records.ts', 'gateway/limits.ts'],
  'gateway/registry': [...gateway, 'gateway/records'],
  'gateway/agencies': [...gateway, 'gateway/records'],
  'gateway/employees': [...gateway, 'gateway/records'],
  'gateway/resolver': [...gateway, 'gateway/records', 'gateway/activity', 'gateway/agencies'],
  http: [
    ...gateway,
    ...['records', 'agencies', 'employees', 'resolver', 'applications/state-check.ts'].map(
      (one) => `gateway/${one}`,
    ),
    'bus/api.ts',
  ],
  transfer: ['mail', ...contracts],
  admin: [...contracts, 'account', 'archive', 'transfer', 'eds', 'gateway'],
  development: ['admin', 'config', 'eds', 'gateway/state'],
};

/** Implementations, which only the composition picks. */
const stores = ['store/embedded', 'store/mongo'];
const buses = ['bus/local', 'bus/redis'];

/** Files directly in `src`: the start, and what only the start needs. */
const start: Readonly<Record<string, readonly string[] | 'everything'>> = {
  'main.ts': [
    'admin/exit-codes.ts',
    'backend-error.ts',
    'compose.ts',
    'config',
    'development',
    'open-files.ts',
    'serve-workers.ts',
    'signals.ts',
    'tls',
    'workers',
  ],
  'serve-workers.ts': ['config', 'listener-error.ts', 'metrics', 'signals.ts', 'workers'],
  'signals.ts': ['admin/exit-codes.ts'],
  'compose.ts': 'everything',
  'compose-gateway.ts': 'everything',
  'compose-admin.ts': [
    'account',
    'admin',
    'config',
    'gateway',
    ...contracts,
    'open-bus.ts',
    'open-store.ts',
    'open-unified-base.ts',
  ],
  'compose-stores.ts': ['archive', 'config', ...contracts, 'open-store.ts', ...stores],
  'compose-eds.ts': ['admin', 'config', 'eds', 'open-answers.ts'],
  'open-answers.ts': ['config', 'eds', 'open-store.ts', ...stores],
  'open-store.ts': ['account', 'backend-error.ts', ...contracts, ...bus, 'config', ...stores],
  'open-identity-vault.ts': ['config', 'gateway/vault', ...contracts],
  'open-unified-base.ts': ['config', 'gateway', ...contracts, 'open-identity-vault.ts'],
  'open-bus.ts': ['backend-error.ts', ...bus, 'config', ...buses],
  'open-operator-key.ts': ['config', 'eds'],
  'open-state.ts': ['config', 'eds', 'gateway/state'],
  'backend-error.ts': [],
  'listener-error.ts': [],
  'open-files.ts': ['config'],
  'upkeep.ts': [],
};

/** What the commands use. */
const scripts = [
  'workers/limits.ts',
  'admin',
  'backend-error.ts',
  'config',
  'compose-admin.ts',
  'compose-eds.ts',
  'compose-stores.ts',
  'main.ts',
];

/** Which packages a folder may use; each has its reason in the decision records. */
const packages: Readonly<Record<string, readonly string[]>> = {
  core: ['pino', 'pino-pretty'],
  config: ['yaml', 'zod'],
  mail: ['iconv-lite'],
  metrics: ['prom-client'],
  'store/embedded': ['better-sqlite3'],
  'store/mongo': ['mongodb'],
  'bus/redis': ['redis'],
  outbound: ['nodemailer'],
  transfer: ['imapflow'],
  admin: ['zod'],
  development: ['node-forge', 'zod'],
  http: ['fastify', 'zod'],
  'gateway/state': ['saxes', 'zod'],
  'gateway/vault': ['zod'],
  eds: ['node-forge'],
  gateway: ['zod'],
  'gateway/agreement': ['yaml', 'zod'],
  'gateway/confirmation': ['pdfkit', 'qrcode-generator', 'zod'],
  'gateway/devices': ['zod'],
  'gateway/challenges': ['zod'],
  'gateway/passwords': ['@zxcvbn-ts/language-common'],
  'gateway/records': ['zod'],
  'gateway/applications': ['zod'],
  'gateway/counter': ['zod'],
  'gateway/letters': ['nodemailer'],
  'gateway/profiles': ['zod'],
  'gateway/subjects': ['zod'],
  'gateway/registry': ['zod'],
  'gateway/agencies': ['zod'],
  'gateway/employees': ['zod'],
  'gateway/resolver': ['zod'],
  scripts: ['commander'],
};

/** Bytes in, values out: no socket, no file, no clock. */
const pure = [
  'mail',
  'imap/wire',
  ...['algorithms', 'asn1', 'cms', 'crypto', 'timestamp', 'verify', 'x509'].map(
    (one) => `eds/${one}`,
  ),
];
const impureModules =
  /^node:(?:net|tls|fs|fs\/promises|http|https|dns|child_process|worker_threads|timers)$/;

interface Import {
  readonly file: string;
  /** Relative to `src`, or the name of a package. */
  readonly target: string;
  readonly kind: 'own' | 'node' | 'package';
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replaceAll('\\', '/'));
}

function importsOf(root: string, file: string): Import[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'));
  return importedFiles.map(({ fileName }): Import => {
    if (fileName.startsWith('node:')) return { file, target: fileName, kind: 'node' };
    if (fileName.startsWith('.')) {
      return { file, target: normalize(join(dirname(file), fileName)), kind: 'own' };
    }
    const [scope = '', name = ''] = fileName.split('/');
    return { file, target: scope.startsWith('@') ? `${scope}/${name}` : scope, kind: 'package' };
  });
}

/** The row of the table that holds for a file: that of the nearest folder. */
function rowOf(file: string): string | undefined {
  for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) {
    if (folder in table) return folder;
  }
  return undefined;
}

function isWithin(target: string, entry: string): boolean {
  return target === entry || target.startsWith(`${entry}/`);
}

function mayImport(file: string, target: string): boolean {
  const row = rowOf(file);
  if (row === undefined) {
    const allowed = start[file];
    if (allowed === undefined) return false;
    return (
      allowed === 'everything' || ['core', ...allowed].some((entry) => isWithin(target, entry))
    );
  }
  return ['core', row, ...(table[row] ?? [])].some((entry) => isWithin(target, entry));
}

describe('architecture', () => {
  const sources = filesUnder('src');
  const imports = sources.flatMap((file) => importsOf('src', file));

  it('has a row for every file', () => {
    const without = sources.filter((file) => rowOf(file) === undefined && !(file in start));
    expect(without).to.deep.equal([]);
  });

  it('has no row without files', () => {
    for (const folder of Object.keys(table)) {
      expect(
        sources.some((file) => rowOf(file) === folder),
        folder,
      ).to.equal(true);
    }
    for (const file of Object.keys(start)) expect(sources, file).to.include(file);
  });

  it('holds: no file imports what its folder may not', () => {
    const wrong = imports.filter(
      ({ file, target, kind }) => kind === 'own' && !mayImport(file, target),
    );
    expect(wrong.map(({ file, target }) => `${file} -> ${target}`)).to.deep.equal([]);
  });

  it('lets only the composition pick implementations', () => {
    const implementations = [...stores, ...buses];
    const composition = [
      'compose.ts',
      'compose-stores.ts',
      'open-store.ts',
      'open-bus.ts',
      'open-answers.ts',
    ];
    const wrong = imports.filter(
      ({ file, target }) =>
        !composition.includes(file) &&
        implementations.some((entry) => isWithin(target, entry) && !isWithin(file, entry)),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('keeps each package to the folders that have a reason for it', () => {
    const wrong = imports.filter(({ file, target, kind }) => {
      if (kind !== 'package') return false;
      const row = rowOf(file);
      return row === undefined || !(packages[row] ?? []).includes(target);
    });
    expect(wrong.map(({ file, target }) => `${file} -> ${target}`)).to.deep.equal([]);
  });

  it('keeps mail, wire and cryptography pure', () => {
    const wrong = imports.filter(
      ({ file, target }) =>
        pure.some((folder) => isWithin(file, folder)) && impureModules.test(target),
    );
    expect(wrong.map(({ file, target }) => `${file} -> ${target}`)).to.deep.equal([]);
  });

  it('keeps the scripts thin: admin, config and the start only', () => {
    const wrong = filesUnder('scripts')
      .flatMap((file) => importsOf('scripts', file))
      .filter(({ target, kind }) => {
        if (kind === 'package') return !(packages['scripts'] ?? []).includes(target);
        if (kind === 'node' || !target.startsWith('../')) return false;
        const inSource = target.replace('../src/', '');
        return !['core', ...scripts].some((entry) => isWithin(inSource, entry));
      });
    expect(wrong.map(({ file, target }) => `${file} -> ${target}`)).to.deep.equal([]);
  });

  it('has one class or function to a file name: no utils, no helpers', () => {
    const vague = sources.filter((file) =>
      /(?:^|\/)(?:utils?|helpers?|common|misc)\.ts$/.test(file),
    );
    expect(vague).to.deep.equal([]);
    expect(sources.filter((file) => !/^[a-z0-9/-]+\.ts$/.test(file))).to.deep.equal([]);
  });

  it('exports by name', () => {
    const wrong = sources.filter((file) =>
      /^export default /m.test(readFileSync(join('src', file), 'utf8')),
    );
    expect(wrong).to.deep.equal([]);
  });
});
