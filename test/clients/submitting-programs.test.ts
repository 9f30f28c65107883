import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { letterText, OnlineClient } from './online-client.ts';
import {
  addressOf,
  type ClientsServer,
  latinPassword,
  mustRun,
  needs,
  runProgram,
  sharedServer,
} from './support.ts';

async function received(server: ClientsServer, address: string): Promise<string[]> {
  const online = await OnlineClient.connect(server, address, latinPassword);
  const letters = await online.letters('INBOX');
  await online.close();
  return letters.map(({ source }) => source);
}

describe('swaks', function () {
  this.timeout(120_000);

  before(function () {
    needs(this, 'swaks');
  });

  it('submits by each mechanism it has, by STARTTLS and TLS, and delivers by SMTP and LMTP', async () => {
    const server = await sharedServer();
    const { smtp, submission, submissions, lmtp } = server.ports;
    const address = addressOf('swaks');
    const login = ['--auth-user', address, '--auth-password', latinPassword];
    const swaks = async (subject: string, ...options: string[]): Promise<void> => {
      const tls = ['--tls-verify', '--tls-ca-path', server.authorityFile];
      const letter = ['--from', address, '--to', address, '--header', `Subject: ${subject}`];
      await mustRun('swaks', ['--server', 'localhost', ...letter, ...tls, ...options]);
    };
    await swaks('plain', '--port', `${submission}`, '--tls', '--auth', 'PLAIN', ...login);
    await swaks(
      'login',
      '--port',
      `${submissions}`,
      '--tls-on-connect',
      '--auth',
      'LOGIN',
      ...login,
    );
    await swaks('smtp', '--port', `${smtp}`, '--pipeline', '--from', 'a@agency.example');
    await swaks('lmtp', '--port', `${lmtp}`, '--protocol', 'LMTP', '--from', '<>');
    const refused = await runProgram('swaks', [
      ...['--server', 'localhost', '--port', `${submission}`, '--from', address, '--to', address],
    ]);
    expect(refused.code, 'without a login').to.not.equal(0);
    const subjects = (await received(server, address)).map(
      (source) => /^Subject: (.*)\r$/m.exec(source)?.[1],
    );
    expect(subjects).to.deep.equal(['plain', 'login', 'smtp', 'lmtp']);
  });
});

describe('msmtp', function () {
  this.timeout(120_000);

  before(function () {
    needs(this, 'msmtp');
  });

  it('submits a letter unchanged, and says who was refused', async () => {
    const server = await sharedServer();
    const address = addressOf('msmtp');
    const config = join(server.folderFor('msmtp'), 'msmtprc');
    writeFileSync(
      config,
      [
        ...['account default', 'host localhost', `port ${server.ports.submission}`, 'tls on'],
        ...['tls_starttls on', `tls_trust_file ${server.authorityFile}`, 'auth on'],
        ...[`user ${address}`, `from ${address}`, `password ${latinPassword}`, ''],
      ].join('\n'),
      { mode: 0o600 },
    );
    const letter = letterText('msmtp', address, address);
    await mustRun('msmtp', ['--file', config, address], letter.replaceAll('\r\n', '\n'));
    const [source] = await received(server, address);
    expect(source?.endsWith(letter), source).to.equal(true);

    const refused = await runProgram('msmtp', ['--file', config, 'nobody@example.kz'], letter);
    expect(refused.code).to.not.equal(0);
    expect(refused.stderr).to.include('nobody@example.kz');
  });
});

describe('mailutils', function () {
  this.timeout(120_000);

  before(function () {
    needs(this, 'mail.mailutils');
  });

  it('submits, lists the mailbox over IMAP, reads and deletes', async () => {
    const server = await sharedServer();
    const address = addressOf('mailutils');
    const config = join(server.folderFor('mailutils'), 'mailutils.conf');
    writeFileSync(config, `tls { ssl-ca-file "${server.authorityFile}"; };\n`);
    const login = `${encodeURIComponent(address)}:${encodeURIComponent(latinPassword)}`;
    const run = async (args: readonly string[], input: string): Promise<string> =>
      mustRun('mail.mailutils', ['--norc', `--config-file=${config}`, ...args], input);
    const url = `smtps://${login};auth=PLAIN@localhost:${server.ports.submissions}`;
    for (const subject of ['first', 'second']) {
      await run(
        ['--exec', `set sendmail="${url}"`, '-r', address, '-s', subject, address],
        'Salem!\n',
      );
    }
    const box = `imaps://${login}@localhost:${server.ports.imaps}/INBOX`;
    const read = await run(['--file', box], 'headers\nprint 1\ndelete 1\nquit\n');
    expect(read).to.include('second').and.include('Salem!');
    const left = (await received(server, address)).map(
      (source) => /^Subject: (.*)\r$/m.exec(source)?.[1],
    );
    expect(left).to.deep.equal(['second']);
  });
});
