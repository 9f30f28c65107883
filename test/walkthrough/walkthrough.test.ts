import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { buildServer, repositoryRoot } from '../support/server-process.ts';
import { DevelopmentServer } from './development-server.ts';
import { isAsShown, stepsOf } from './steps-of.ts';

const steps = stepsOf(readFileSync(join(repositoryRoot, 'docs/walkthrough.md'), 'utf8'));
const missing = ['bash', 'curl', 'openssl'].filter(
  (program) => spawnSync(program, ['--version']).error !== undefined,
);
const reason = missing.length === 0 ? '' : ` (skipped: no ${missing.join(', ')})`;

// Before any test, whose time it would take.
if (missing.length === 0) buildServer();

describe(`docs/walkthrough.md, by curl and openssl${reason}`, function () {
  this.timeout(600_000);
  let server: DevelopmentServer | undefined;
  /** What each step that ended printed, and what the one after them said. */
  let printed: readonly string[];
  let failure = '';

  before(async function () {
    if (missing.length > 0) this.skip();
    server = await DevelopmentServer.make();
    await server.start();
    ({ printed, failure } = await walk(server));
  });
  after(() => server?.remove());

  function check(section: string): void {
    const own = steps.map((step, i) => ({ ...step, i })).filter((one) => one.section === section);
    expect(own, 'steps of the section').not.to.deep.equal([]);
    for (const { script, shown, i } of own) {
      const text = printed[i];
      if (text === undefined) throw new Error(`the walk ended before:\n${script}\n${failure}`);
      if (shown === undefined || isAsShown(text, shown)) continue;
      expect.fail(`${script}\nprints\n${text}\nand the page shows\n${shown}`);
    }
  }

  it('every step of the page is in a section that a test looks at', () => {
    expect([...new Set(steps.map(({ section }) => section))]).to.deep.equal([
      '1. Where everything is',
      '2. Sign in',
      '3. Apply for a mailbox',
      '4. The confirmation',
      '5. Confirm the data',
      '6. A mail program',
      '7. Who looked for me',
      '8. The unified base',
      '9. A forgotten password',
    ]);
  });

  it('the test authority has given a key to who has no mailbox', () => {
    check('1. Where everything is');
  });

  it('R-6.2 a signature over a challenge signs in, once', () => {
    check('2. Sign in');
  });

  it('R-2.7 R-6.1 R-7.1 R-11.1 an application leads to a mailbox that a mail program reads', () => {
    check('3. Apply for a mailbox');
  });

  it('R-6.2 the confirmation is valid for us and for openssl', () => {
    check('4. The confirmation');
  });

  it('R-12.1 who confirms the data with an EDS is official', () => {
    check('5. Confirm the data');
  });

  it('R-2.7 a device password reads the mailbox', () => {
    check('6. A mail program');
  });

  it('R-4.1 who was looked up sees by whom, also when it was refused', () => {
    check('7. Who looked for me');
  });

  it('R-13.1 the unified base has the mailbox and its history, and is whole', () => {
    check('8. The unified base');
  });

  it('R-11.1 a new password needs the EDS alone, and ends the old one', () => {
    check('9. A forgotten password');
  });

  it('a second start finds the mailboxes, and ends in order', async () => {
    expect(await server?.stop()).to.equal(0);
    await server?.start();
    const text = server?.printed.at(-1);
    expect(text).to.match(/^A citizen has a mailbox: aigerim\.ulgi$/m);
    expect(text).to.match(/^A company has a mailbox: ulgi$/m);
    expect(text).not.to.contain('the level is official');
  });
});

/** One bash runs all steps, and ends at the first that fails. */
async function walk(
  server: DevelopmentServer,
): Promise<{ readonly printed: readonly string[]; readonly failure: string }> {
  const end = '=== end of the step ===\n';
  const told = `trap '[ $? = 0 ] || cat "$(ls -t "$WALK"/*.json | sed -n 1p)" >&2' EXIT\n`;
  const script = steps.map((step) => `${step.script}printf '${end.trimEnd()}\\n'\n`).join('');
  const { ports, folder } = server;
  const env = {
    ...process.env,
    SITE: `https://localhost:${ports.http}`,
    IMAPS: `imaps://localhost:${ports.imaps}`,
    TMPDIR: folder,
  };
  try {
    const ran = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', told + script], {
      cwd: folder,
      env,
    });
    return { printed: ran.stdout.split(end).slice(0, -1), failure: '' };
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    const parts = stdout.split(end);
    return { printed: parts.slice(0, -1), failure: `${parts.at(-1)}\n${stderr}` };
  }
}
