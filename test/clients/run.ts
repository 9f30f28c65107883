import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * npm run test:clients: every real program against the server. As root it installs Debian's packages first; otherwise
 * it names those that are missing. Prints what ran, in which version, and how it ended.
 */
interface Row {
  readonly program: string;
  /** Debian's package; undefined for what comes with the project. */
  readonly debian?: string;
  readonly suite: string;
}

const rows: readonly Row[] = [
  { program: 'curl', debian: 'curl', suite: 'curl' },
  { program: 'mbsync', debian: 'isync', suite: 'mbsync' },
  { program: 'offlineimap', debian: 'offlineimap3', suite: 'offlineimap' },
  { program: 'neomutt', debian: 'neomutt', suite: 'neomutt' },
  { program: 'fetchmail', debian: 'fetchmail', suite: 'fetchmail' },
  { program: 'getmail', debian: 'getmail6', suite: 'getmail' },
  { program: 'imapfilter', debian: 'imapfilter', suite: 'imapfilter' },
  { program: 'swaks', debian: 'swaks', suite: 'swaks' },
  { program: 'msmtp', debian: 'msmtp', suite: 'msmtp' },
  { program: 'mailutils', debian: 'mailutils', suite: 'mailutils' },
  { program: 'imaplib', debian: 'python3', suite: 'python3 smtplib and imaplib' },
  { program: 'imapflow', suite: 'nodemailer and imapflow' },
  { program: 'nodemailer', suite: 'nodemailer and imapflow' },
];
/** What swaks needs for TLS and for the mechanisms it asks for. */
const alsoNeeded = ['libnet-ssleay-perl', 'libauthen-sasl-perl', 'ca-certificates'];

interface MochaReport {
  readonly passes: readonly { readonly fullTitle: string }[];
  readonly failures: readonly { readonly fullTitle: string; readonly err: { stack?: string } }[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));

function versionOf({ program, debian }: Row): string | undefined {
  if (debian === undefined) {
    const file = join(root, 'node_modules', program, 'package.json');
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  }
  const format = ['-W', '-f', '${db:Status-Abbrev} ${Version}', debian];
  const [status = '', version] = spawnSync('dpkg-query', format).stdout.toString().split(/\s+/);
  return status === 'ii' ? version : undefined;
}

function install(): void {
  const packages = [...rows.flatMap(({ debian }) => debian ?? []), ...alsoNeeded];
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', ...packages]]) {
    const { status } = spawnSync('apt-get', ['--quiet=2', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: environment,
    });
    if (status !== 0) process.stderr.write(`apt-get ${args[0]} failed: testing what is here\n`);
  }
}

function runTests(): MochaReport {
  const folder = mkdtempSync(join(tmpdir(), 'zhashik-clients-report-'));
  const file = join(folder, 'report.json');
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const reporter = ['--reporter', 'json', '--reporter-option', `output=${file}`];
  try {
    spawnSync(process.execPath, [mocha, ...reporter, 'test/clients/*.test.ts'], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return JSON.parse(readFileSync(file, 'utf8')) as MochaReport;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.getuid?.() === 0) install();
else {
  const missing = rows.filter((row) => versionOf(row) === undefined);
  if (missing.length > 0) {
    process.stdout.write(`Missing: ${missing.map(({ debian }) => debian).join(' ')}\n`);
  }
}
const report = runTests();
for (const row of rows) {
  const ofSuite = ({ fullTitle }: { readonly fullTitle: string }): boolean =>
    fullTitle.startsWith(`${row.suite} `);
  const passed = report.passes.filter(ofSuite).length;
  const failed = report.failures.filter(ofSuite).length;
  const outcome =
    failed > 0 ? `${failed} FAILED` : passed > 0 ? `${passed} passed` : 'skipped: not installed';
  process.stdout.write(
    `${row.program.padEnd(12)}${(versionOf(row) ?? '-').padEnd(40)}${outcome}\n`,
  );
}
for (const { fullTitle, err } of report.failures) {
  process.stderr.write(`\n${fullTitle}\n${err.stack ?? ''}\n`);
}
process.exitCode = report.failures.length > 0 ? 1 : 0;
