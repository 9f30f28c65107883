// Brings a clone into a state that can run. Plain Node without packages, since it runs before there are any:
//   node scripts/prepare.mjs modules    installs what package-lock.json names, unless it is there
//   node scripts/prepare.mjs build      the same, then compiles into dist/, unless that is up to date
// Says nothing and changes nothing when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const dist = join(root, 'dist');

function digest(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function filesUnder(folder, ending) {
  return readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, name))
    .filter((name) => name.endsWith(ending))
    .sort();
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(`\n${text}`);
  process.exit(1);
}

// ---------------------------------------------------------------- modules

const installedStamp = join(modules, '.zhashik-installed');

/** What an installation belongs to: the lock file, and the Node that native modules were made for. */
function wantedInstallation() {
  const { arch, platform, versions } = process;
  return `${digest(['package-lock.json'])} ${platform} ${arch} ${versions.modules}\n`;
}

function isInstalled() {
  const stamp = readIfThere(installedStamp);
  if (stamp !== undefined) return stamp === wantedInstallation() && nativeModulesLoad();
  // Installed by hand: npm writes its own copy of the lock file last.
  const npmStamp = join(modules, '.package-lock.json');
  if (!existsSync(npmStamp) || !existsSync(join(modules, 'typescript', 'bin', 'tsc'))) return false;
  const lock = statSync(join(root, 'package-lock.json'));
  return statSync(npmStamp).mtimeMs >= lock.mtimeMs && nativeModulesLoad();
}

/** better-sqlite3 is compiled or downloaded by an install script, which npm may have been told not to run. */
function nativeModulesLoad() {
  try {
    const Database = createRequire(join(root, 'package.json'))('better-sqlite3');
    new Database(':memory:').close();
    return true;
  } catch {
    return false;
  }
}

function npm(...args) {
  // Under `npm start` this is npm's own file; otherwise the one of the path.
  const cli = process.env.npm_execpath;
  const [command, first] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
  const env = { ...process.env, npm_config_cache: usableCache() };
  // npm hands its own settings down: --dry-run, --ignore-scripts or --omit=dev would spoil what is installed here.
  for (const name of ['dry_run', 'ignore_scripts', 'omit', 'production', 'only', 'global']) {
    delete env[`npm_config_${name}`];
  }
  const options = { cwd: root, env, stdio: ['ignore', 2, 2] };
  const { status, error } = spawnSync(command, [...first, ...args], options);
  if (error !== undefined) fail(`npm could not be run: ${error.message}`);
  return status === 0;
}

/** A cache that can be written to, for a user without a home. Under `npm start` npm has named the one it would take. */
function usableCache() {
  try {
    const cache = process.env.npm_config_cache ?? join(homedir(), '.npm');
    mkdirSync(cache, { recursive: true });
    accessSync(cache, constants.W_OK);
    return cache;
  } catch {
    return join(tmpdir(), `npm-cache-${process.getuid?.() ?? 'user'}`);
  }
}

function installModules() {
  if (isInstalled()) return;
  say('Installing packages (once) ...');
  // Development packages too, whatever NODE_ENV says: the compiler is one of them.
  const flags = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  if (!npm('ci', ...flags)) fail('npm ci failed; its messages are above.');
  if (!nativeModulesLoad()) {
    say('Building better-sqlite3 ...');
    npm('rebuild', 'better-sqlite3', '--foreground-scripts', '--loglevel=error');
  }
  if (!nativeModulesLoadAfresh()) {
    fail(
      'better-sqlite3 has no library for this machine. It is downloaded for common ones; otherwise it is\n' +
        'compiled, which takes python3, make and a C++ compiler (Debian: apt install build-essential python3).',
    );
  }
  writeFileSync(installedStamp, wantedInstallation());
}

/** In a process of its own: this one may remember that the file was not there. */
function nativeModulesLoadAfresh() {
  const test = "new (require('better-sqlite3'))(':memory:').close()";
  return spawnSync(process.execPath, ['-e', test], { cwd: root }).status === 0;
}

// ---------------------------------------------------------------- build

function build() {
  const sources = [...filesUnder('src', '.ts'), ...filesUnder('scripts', '.ts')];
  const wanted = digest([...sources, 'tsconfig.json', 'package-lock.json']);
  const stamp = join(dist, '.built-from');
  if (readIfThere(stamp)?.trim() === wanted) return;
  say('Compiling ...');
  // The stamp goes first and comes last: what was interrupted is not taken for whole.
  rmSync(dist, { recursive: true, force: true });
  const compiler = join(modules, 'typescript', 'bin', 'tsc');
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  const { status } = spawnSync(process.execPath, [compiler, '-p', root, '--outDir', dist], options);
  if (status !== 0) fail('The sources do not compile; the messages are above.');
  chmodSync(join(dist, 'scripts', 'zhashik.js'), 0o755);
  writeFileSync(stamp, `${wanted}\n`);
}

// ---------------------------------------------------------------- start

const [task] = process.argv.slice(2);
if (task !== 'modules' && task !== 'build') {
  say('usage: node scripts/prepare.mjs modules|build');
  process.exit(64);
}
installModules();
if (task === 'build') build();
