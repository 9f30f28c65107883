import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { explainFailure } from '../../scripts/command-failure.ts';
import { program } from '../../scripts/program.ts';
import { Place, type Ran, Served, zhashik } from './support.ts';

describe('zhashik, the command', function () {
  this.timeout(60_000);

  describe('in general', () => {
    it('prints its exit codes', async () => {
      const { code, stdout } = await zhashik(['help', 'exit-codes']);
      expect(code).to.equal(0);
      for (const row of [
        '64  the command line',
        '65 ',
        '67  there is no such account',
        '73 ',
        '78 ',
      ]) {
        expect(stdout).to.include(row);
      }
    });

    it('has help for each command', async () => {
      let said = '';
      const output = { writeOut: (text: string) => (said += text) };
      await program(output).parseAsync(['help', 'account', 'import'], { from: 'user' });
      expect(said)
        .to.match(/^Usage: zhashik account import/)
        .and.to.include('quotaBytes');
      expect((await zhashik(['--version'])).stdout).to.match(/^\d+\.\d+\.\d+\n$/);
    });

    for (const args of [
      [],
      ['nothing'],
      ['account'],
      ['account', 'create'],
      ['account', 'list', '--status', 'gone'],
      ['account', 'list', '--nothing'],
      ['account', 'list', 'too', 'many'],
      ['quota', 'set', 'aigerim', '--bytes', 'much'],
      ['quota', 'set', 'aigerim', '--messages', '-1'],
      ['serve', '--log', 'loud'],
      ['config', 'check', '--config', 'a', '--development'],
      ['help', 'nothing'],
    ]) {
      it(`takes for wrong: zhashik ${args.join(' ')}`, async () => {
        const silent = { writeOut: () => undefined, writeErr: () => undefined };
        const error: unknown = await program(silent)
          .parseAsync(args, { from: 'user' })
          .catch((e: unknown) => e);
        expect(explainFailure(error)).to.deep.equal({ code: 64, text: '' });
      });
    }

    it('ends with 64 then, and says so without a stack', async () => {
      const { code, stdout, stderr } = await zhashik(['account', 'list', '--nothing']);
      expect({ code, stdout }).to.deep.equal({ code: 64, stdout: '' });
      expect(stderr).to.equal("error: unknown option '--nothing'\n(add --help for help)\n");
    });
  });

  describe('config', () => {
    const place = new Place();
    after(() => {
      place.remove();
    });

    it('check says that a file is good, and prints it without secrets', async () => {
      place.write({ relay: '{ host: r.example.kz, user: u, password: { env: RELAY } }' });
      const env = { RELAY: 'hunter2' };
      expect(await zhashik(['config', 'check', '-c', place.config], { env })).to.deep.equal({
        code: 0,
        stdout: `${place.config}: good\n`,
        stderr: '',
      });
      const { stdout } = await zhashik(['config', 'check', '--json'], {
        env: { ...env, ZHASHIK_CONFIG: place.config },
      });
      expect(JSON.parse(stdout)).to.have.nested.property('relay.password', '[secret]');
      expect(stdout).not.to.include('hunter2');
    });

    it('check names what is wrong, and ends with 78', async () => {
      place.write({ limits: '{ recipients: 5, recipient: 7 }' });
      const { code, stderr } = await zhashik(['config', 'check', '--config', place.config]);
      expect(code).to.equal(78);
      expect(stderr).to.match(/zhashik\.yaml:\d+: limits\.recipients: /);
      expect(stderr).to.match(/zhashik\.yaml:\d+: limits\.recipient: no such setting/);
      expect((await zhashik(['serve', '--config', place.config])).code).to.equal(78);
      expect((await zhashik(['config', 'check', '-c', '/nowhere.yaml'])).code).to.equal(78);
    });

    it('describe prints the reference', async () => {
      expect((await zhashik(['config', 'describe'])).stdout).to.include('listeners.imap.port  (');
      const { stdout } = await zhashik(['config', 'describe', '--markdown']);
      expect(stdout).to.include('| `listeners.imap.port` | number 0 to 65535 | `2143` |');
      expect(JSON.parse((await zhashik(['config', 'describe', '--json'])).stdout)).to.be.an(
        'array',
      );
    });
  });

  for (const running of [false, true]) {
    describe(`accounts, ${running ? 'while the server runs' : 'without a server'}`, () => {
      let place: Place;
      let server: Served | undefined;
      before(async () => {
        place = new Place();
        if (!running) return;
        server = new Served(place.config);
        await server.event('started');
      });
      after(async () => {
        server?.signal('SIGTERM');
        if (server !== undefined) expect(await server.ended()).to.equal(0);
        place.remove();
      });

      const run = (args: readonly string[], input = ''): Promise<Ran> =>
        zhashik([...args, '--config', place.config], { input });

      it('are made, shown, and found missing or taken', async () => {
        const create = ['account', 'create', 'Aigerim@example.kz', '--quota-bytes', '10MiB'];
        const dry = await run(create, 'correct horse\n');
        expect(dry).to.deep.equal({
          code: 0,
          stdout: '-\tAigerim@example.kz\n',
          stderr: 'dry run: nothing was written; add --apply\n',
        });
        expect((await run(['account', 'show', 'aigerim'])).code).to.equal(67);

        const made = await run([...create, '--apply', '--json'], 'correct horse\n');
        expect(made.stderr).to.equal('');
        expect(JSON.parse(made.stdout)).to.deep.include({ applied: true, quotaBytes: 10_485_760 });
        const again = await run([...create, '--apply'], 'correct horse\n');
        expect(again).to.deep.include({ code: 73, stdout: '' });
        expect(again.stderr).to.include('aigerim@example.kz is taken');
        const shown = await run(['account', 'show', 'aigerim', '--json']);
        const { audit } = JSON.parse(shown.stdout) as { audit: { actor: string }[] };
        expect(audit[0]?.actor).to.match(/^cli:./);
      });

      if (running) {
        it('live until they are closed', async () => {
          const passwd = ['account', 'passwd', 'aigerim', '--apply'];
          expect((await run(passwd, 'short\n')).code).to.equal(65);
          expect((await run(passwd)).code).to.equal(64);
          expect((await run(passwd, 'battery staple')).code).to.equal(0);

          const suspend = ['account', 'suspend', 'aigerim', '--reason', 'asked', '--apply'];
          expect((await run(suspend)).stdout).to.equal('aigerim@example.kz\tactive -> suspended\n');
          expect((await run(['account', 'resume', 'aigerim', '--apply'])).code).to.equal(0);

          const limits = ['--bytes', 'none', '--messages', '5'];
          await run(['quota', 'set', 'aigerim', ...limits, '--apply']);
          const quota = JSON.parse((await run(['quota', 'aigerim', '--json'])).stdout) as unknown;
          expect(quota).to.deep.include({ quotaBytes: null, quotaMessages: 5 });
          expect((await run(['quota', 'set', 'aigerim', '--apply'])).code).to.equal(64);

          const mailboxes = await run(['mailbox', 'list', 'aigerim']);
          expect(mailboxes.stdout).to.match(/^NAME +USE.*\n(?:.*\n)*INBOX +- +0 +0 +0 B +yes\n/);

          expect((await run(['account', 'close', 'aigerim', '--apply'])).code).to.equal(0);
          expect((await run(['account', 'resume', 'aigerim', '--apply'])).code).to.equal(65);
          const shown = await run(['account', 'show', 'aigerim']);
          expect(shown.stdout).to.match(/^status +closed$/m);
          expect(shown.stdout).to.match(/^messages +0 of 5$/m);
          expect(shown.stdout).to.match(
            /^\S+Z {2}cli:\S+ {2}account\.suspend {2}\{"reason":"asked"\}$/m,
          );
        });
      }

      it('are imported by the hundred', async () => {
        const rows = Array.from({ length: 200 }, (_, i) => `user${i}@example.kz,correct horse\n`);
        const file = place.path('accounts.csv');
        writeFileSync(file, `address,password\n${rows.join('')}`);
        const dry = await run(['account', 'import', file]);
        expect(dry.stdout).to.equal('200 of 200 accounts can be made\n');
        const real = await run(['account', 'import', file, '--apply']);
        expect(real).to.deep.equal({ code: 0, stdout: '200 of 200 accounts made\n', stderr: '' });

        const piped = await run(
          ['account', 'import', '-', '--apply'],
          'address\nuser7@example.kz\nnew@example.kz\nnew@example.com\n',
        );
        expect(piped.code).to.equal(65);
        expect(piped.stdout).to.equal('1 of 3 accounts made\n');
        expect(piped.stderr).to.match(
          /line 2: user7@example\.kz: .*\nline 4: new@example\.com: .*\n/,
        );

        const list = await run(['account', 'list', '--status', 'active']);
        expect(list.stdout.trim().split('\n').length).to.equal(running ? 201 : 202);
        expect((await run(['account', 'import', place.path('none.csv')])).code).to.equal(66);
        expect((await run(['account', 'import', '-'], 'login\nx\n')).code).to.equal(65);
      });
    });
  }

  it('says that the data folder is in use when its owner does not answer', async () => {
    const place = new Place();
    const server = new Served(place.config);
    try {
      await server.event('started');
      place.write({ data: `{ folder: data, controlSocket: ${place.path('other.sock')} }` });
      const { code, stderr } = await zhashik(['account', 'list', '--config', place.config]);
      expect(code).to.equal(69);
      expect(stderr).to.include('in use by another process');
      const second = new Served(place.config);
      expect(await second.ended()).to.equal(69);
    } finally {
      server.signal('SIGTERM');
      await server.ended();
      place.remove();
    }
  });
});
