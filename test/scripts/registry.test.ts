import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { SubjectKey } from '../../src/gateway/api.ts';
import type { Bin, Iin } from '../../src/gateway/identifiers/values.ts';
import { JournalRegistry } from '../../src/gateway/registry/journal-registry.ts';
import { openVault } from '../../src/gateway/vault/open-vault.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { event } from '../gateway/registry/support.ts';
import { freePorts } from '../support/free-ports.ts';
import { WireClient } from '../support/wire-client.ts';
import { listeners, Place, Served, zhashik } from './support.ts';

/** A synthetic person; the number has a right check digit and belongs to nobody. */
const iin = '850101399113';
const clerk = '000229599116';

describe('zhashik registry, agency, employee and resolve', function () {
  this.timeout(180_000);
  let place: Place;
  let subject: SubjectKey;

  /** One mailbox that somebody applied for. */
  before(async () => {
    place = new Place();
    const folder = place.path('data');
    const store = await openEmbeddedStore({ folder, shards: 1 });
    const vault = await openVault({
      keyFile: join(folder, 'identity.key'),
      make: true,
      records: store.records,
    });
    subject = vault.key({ type: 'individual', iin: iin as Iin });
    const address = 'aigerim@example.kz';
    await store.accounts.create(
      {
        address,
        canonical: address,
        skeleton: address,
        credentials: { hash: undefined, scram: undefined },
        quota: { bytes: undefined, messages: undefined },
        owner: { subject, level: 'official' },
      },
      { actor: 'test', action: 'account.create' },
    );
    await new JournalRegistry(store.records).enter(event('created', 1, { subject, address }));
    expect(vault.key({ type: 'legalEntity', bin: '050140990113' as Bin })).not.to.equal(subject);
    await store.close();
  });
  after(() => {
    place.remove();
  });

  async function run(
    args: readonly string[],
    options: { input?: string; as?: string } = {},
  ): Promise<{ code: number | null; lines: Record<string, unknown>[]; stderr: string }> {
    const { input = '', as = 'aigerim' } = options;
    const ran = await zhashik([...args, '--config', place.config, '--json'], {
      input,
      env: { SUDO_USER: as },
    });
    const lines = ran.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    return { code: ran.code, lines, stderr: ran.stderr };
  }

  const agency = [
    ...['agency', 'add', 'ministry', '--bin', '050140990113', '--agreement', '2026/1'],
    ...['--name-kk', 'Сынақ', '--name-ru', 'Проверка', '--name-en', 'Test'],
    ...['--domain', 'ministry.example', '--network', '127.0.0.0/8'],
    ...['--purpose', 'court-notice', 'official-letter'],
  ];

  it('R-13.1 show a mailbox by its address and by the number of its owner', async () => {
    const byAddress = await run(['registry', 'show', 'aigerim']);
    expect(byAddress.lines[0]).to.deep.include({ subject, level: 'official', status: 'active' });
    const byNumber = await run(['registry', 'show', '--iin'], { input: `${iin}\n` });
    expect(byNumber.lines).to.deep.equal(byAddress.lines);
    const history = await run(['registry', 'history', '--iin'], { input: `${iin}\n` });
    expect(history.lines.map(({ number, kind }) => [number, kind])).to.deep.equal([[1, 'created']]);
    const text = await zhashik(['registry', 'show', 'aigerim', '--config', place.config]);
    expect(text.stdout).to.match(/^address {2}aigerim@example\.kz\n/);
    expect(text.stdout).not.to.contain(iin);
  });

  for (const [title, args, input, code, says] of [
    ['a number with a slip', ['registry', 'show', '--iin'], '850101399114', 65, 'IIN_CHECK'],
    ['nobody', ['registry', 'show', '--bin'], '050140990113', 67, 'no such mailbox'],
    ['an address and a number', ['registry', 'show', 'a', '--iin'], iin, 64, 'say whose'],
    ['neither', ['registry', 'history'], '', 64, 'say whose'],
    ['an empty input', ['registry', 'show', '--iin'], '', 64, 'standard input'],
    ['an unknown state body', ['agency', 'show', 'x'], '', 67, 'no such state body'],
    ['an unknown employee', ['employee', 'dismiss', 'x'], '', 67, 'no such employee'],
  ] as const) {
    it(`end with ${code} for ${title}, and do not repeat the number`, async () => {
      const ran = await run(args, { input });
      expect(ran.code).to.equal(code);
      expect(ran.stderr).to.contain(says);
      expect(ran.stderr).not.to.match(/\d{12}/);
    });
  }

  it('R-10.1 verify, export and head agree', async () => {
    const head = (await run(['registry', 'head'])).lines[0];
    const verified = await run(['registry', 'verify']);
    expect(verified.code).to.equal(0);
    expect(verified.lines).to.deep.equal([
      { entries: 1, head, mailboxes: 1, withoutOwner: 0, findings: 0 },
    ]);
    const exported = await run(['registry', 'export']);
    expect(exported.lines.map(({ number }) => number)).to.deep.equal([1]);
    expect(exported.stderr).to.contain(head?.['digest']);
  });

  it('R-13.1 verify finds an account that has no entry, with code 2', async () => {
    const folder = place.path('data');
    const store = await openEmbeddedStore({ folder, shards: 1 });
    const address = 'lost@example.kz';
    const account = await store.accounts.create(
      {
        address,
        canonical: address,
        skeleton: address,
        credentials: { hash: undefined, scram: undefined },
        quota: { bytes: undefined, messages: undefined },
        owner: { subject: 'b'.repeat(64), level: 'basic' },
      },
      { actor: 'test', action: 'account.create' },
    );
    await store.close();
    const verified = await run(['registry', 'verify']);
    expect(verified.code).to.equal(2);
    expect(verified.lines[0]).to.deep.equal({
      part: 'mailbox',
      text: `account ${account.id} is in no entry`,
    });
  });

  it('R-13.4 agency: a dry run writes nothing, two persons bring it into production', async () => {
    const input = 'Омаров Ә., +7 700 000 00 00\n';
    const dry = await run(agency, { input });
    expect(dry).to.deep.include({ code: 0 });
    expect(dry.stderr).to.contain('dry run');
    expect((await run(['agency', 'list'])).lines).to.deep.equal([]);
    await run([...agency, '--apply'], { input });
    const shown = await run(['agency', 'show', 'ministry']);
    expect(shown.lines[0]).to.deep.include({ state: 'test', responsible: [input.trim()] });
    const promote = ['agency', 'promote', 'ministry', '--apply'];
    expect((await run(promote)).lines[0]?.['agency']).to.deep.include({ state: 'test' });
    expect((await run(promote)).code).to.equal(77);
    const second = await run(promote, { as: 'berik' });
    expect(second.lines[0]?.['agency']).to.deep.include({ state: 'production' });
    const secret = await run(['agency', 'secret', 'ministry', '--apply']);
    expect(secret.lines[0]?.['secret']).to.match(/^ministry\.[\w-]{43}$/);
    const digest = 'AB:'.repeat(31) + 'AB';
    const certificate = await run(['agency', 'certificate', 'ministry', digest, '--apply']);
    expect(certificate.lines[0]?.['agency']).to.deep.include({ certificates: ['ab'.repeat(32)] });
  });

  it('employee: add, change, list and dismiss, with the IIN from standard input', async () => {
    const facility = ['employee', 'facility', '010000', '--name-kk', 'Пошта', '--name-ru', 'Почта'];
    await run([...facility, '--apply']);
    const add = ['employee', 'add', '--facility', '010000', '--apply'];
    const added = await run(add, { input: `${clerk}\nҒазизова\nҮміт\n` });
    const employee = added.lines[0]?.['employee'] as { key: string };
    expect(employee).to.deep.include({
      name: { surname: 'Ғазизова', given: 'Үміт' },
      roles: ['employee'],
      status: 'active',
    });
    const change = ['employee', 'change', employee.key, '--role', 'employee', 'supervisor'];
    await run([...change, '--apply']);
    await run(['employee', 'dismiss', employee.key]);
    expect((await run(['employee', 'list'])).lines).to.have.length(1);
    expect((await run(['employee', 'list'])).lines[0]).to.deep.include({
      roles: ['employee', 'supervisor'],
      status: 'active',
    });
    await run(['employee', 'dismiss', employee.key, '--apply']);
    expect((await run(['employee', 'list'])).lines[0]?.['status']).to.equal('dismissed');
    expect((await run(['employee', 'facilities'])).lines).to.have.length(1);
    expect((await run(add, { input: clerk })).code).to.equal(64);
  });

  describe('with a running server', () => {
    let served: Served;
    let smtp: number;

    before(async () => {
      [smtp] = (await freePorts(1)) as [number];
      place.write({ listeners: listeners({ smtp }) });
      served = new Served(place.config);
      await served.event('started');
    });
    after(async () => {
      served.signal('SIGTERM');
      await served.ended();
    });

    /** The reply to RCPT of a letter with that reverse-path. */
    async function rcpt(reversePath: string, address: string): Promise<string> {
      const client = await WireClient.connect(smtp);
      await client.line();
      client.write('HELO client.example\r\n');
      await client.line();
      client.write(`MAIL FROM:<${reversePath}>\r\n`);
      await client.line();
      client.write(`RCPT TO:<${address}>\r\n`);
      const reply = await client.line();
      client.destroy();
      return reply;
    }

    it('R-4.1 a token address takes letters of the state body, and of nobody else, until it is ended', async () => {
      const resolve = ['resolve', 'for', 'ministry', '--purpose', 'court-notice', '--iin'];
      const found = await run(resolve, { input: iin });
      expect(found.lines[0]).to.deep.include({ level: 'official', dormant: true });
      const address = found.lines[0]?.['address'] as string;
      expect(await rcpt('letters@ministry.example', address)).to.match(/^250 /);
      expect(await rcpt('letters@other.example', address)).to.match(/^550 5\.1\.1 /);
      expect(await rcpt('', address)).to.match(/^550 5\.1\.1 /);
      expect(await rcpt('letters@ministry.example', `x${address}`)).to.match(/^550 5\.1\.1 /);

      const refused = await run([...resolve.slice(0, 4), 'tax-notice', '--iin'], { input: iin });
      expect(refused.code).to.equal(65);
      const lookUps = await run(['resolve', 'look-ups', 'aigerim']);
      expect(lookUps.lines.map(({ outcome }) => outcome)).to.deep.equal(['not-allowed', 'found']);

      expect((await run(['resolve', 'revoke', address])).code).to.equal(0);
      expect(await rcpt('letters@ministry.example', address)).to.match(/^250 /);
      await run(['resolve', 'revoke', address, '--apply']);
      expect(await rcpt('letters@ministry.example', address)).to.match(/^550 5\.1\.1 /);
      await run(['agency', 'suspend', 'ministry', '--reason', 'test', '--apply']);
      expect((await run(resolve, { input: iin })).stderr).to.contain('NOT_FOUND_OR_NOT_ALLOWED');
    });

    it('R-10.1 no IIN is in the log or in a file of the data folder', () => {
      const log = JSON.stringify(served.lines) + served.stderr;
      expect(log).not.to.contain(iin);
      const directory = readFileSync(join(place.path('data'), 'directory.sqlite'));
      const latest = readFileSync(join(place.path('data'), 'directory.sqlite-wal'));
      for (const octets of [directory, latest]) {
        for (const number of [iin, clerk]) expect(octets.includes(number)).to.equal(false);
        expect(octets.includes('Ғазизова')).to.equal(false);
      }
    });
  });
});
