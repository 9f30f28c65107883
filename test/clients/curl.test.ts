import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aigerim, ClientsServer, daulet, isInstalled, password, runProgram } from './support.ts';

describe('curl', function () {
  this.timeout(120_000);
  let server: ClientsServer;

  before(async function () {
    if (!isInstalled('curl')) {
      console.log('      curl is not installed: skipped');
      this.skip();
    }
    server = await ClientsServer.start();
  });
  after(async () => {
    await server.stop();
  });

  const letter = (subject: string): string =>
    [
      `From: ${aigerim}`,
      `To: ${daulet}`,
      `Subject: ${subject}`,
      'Date: Mon, 23 Nov 2026 10:00:00 +0500',
      `Message-ID: <${subject}@example.kz>`,
      '',
      '.a line that begins with a dot',
      'the end',
      '',
    ].join('\r\n');

  async function curl(
    ...args: string[]
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    return runProgram('curl', [
      '--silent',
      '--show-error',
      '--cacert',
      server.authorityFile,
      ...args,
    ]);
  }

  async function send(url: string, subject: string, ...more: string[]): Promise<void> {
    const { code, stderr } = await runProgram(
      'curl',
      [
        ...['--silent', '--show-error', '--cacert', server.authorityFile, '--ssl-reqd'],
        ...['--mail-from', aigerim, '--mail-rcpt', daulet, '--upload-file', '-'],
        ...more,
        url,
      ],
      letter(subject),
    );
    expect(code, stderr).to.equal(0);
  }

  it('submits with TLS from the first octet, and by STARTTLS, and reads both over IMAP', async () => {
    const login = ['--user', `${aigerim}:${password}`];
    await send(`smtps://localhost:${server.ports.submissions}`, 'implicit', ...login);
    await send(`smtp://localhost:${server.ports.submission}`, 'starttls', ...login);
    const reader = ['--user', `${daulet}:${password}`];
    for (const url of [
      `imaps://localhost:${server.ports.imaps}`,
      `imap://localhost:${server.ports.imap}`,
    ]) {
      const search = await curl(...reader, '--ssl-reqd', `${url}/INBOX?SUBJECT%20starttls`);
      expect(search.stdout, search.stderr).to.match(/SEARCH.* 2/);
      const fetched = await curl(...reader, '--ssl-reqd', `${url}/INBOX;MAILINDEX=2`);
      expect(fetched.stdout.endsWith(letter('starttls')), fetched.stdout).to.equal(true);
    }
  });

  it('uploads into a mailbox, and lists mailboxes', async () => {
    const url = `imaps://localhost:${server.ports.imaps}`;
    const reader = ['--user', `${daulet}:${password}`];
    // curl must know the size before it sends APPEND, so it gets a file.
    const file = join(server.folder, 'letter.eml');
    writeFileSync(file, letter('uploaded'));
    const { code, stderr } = await curl(...reader, '--upload-file', file, `${url}/Archive`);
    expect(code, stderr).to.equal(0);
    const fetched = await curl(...reader, `${url}/Archive;MAILINDEX=1`);
    expect(fetched.stdout).to.equal(letter('uploaded'));
    const { stdout } = await curl(...reader, url);
    expect(stdout).to.include('"/" INBOX').and.include('\\Sent');
  });

  it('is refused with a wrong password, and without one', async () => {
    const wrong = await curl(
      '--user',
      `${daulet}:wrong`,
      `imaps://localhost:${server.ports.imaps}`,
    );
    expect(wrong.code).to.equal(67);
    const { code } = await runProgram(
      'curl',
      [
        ...['--silent', '--cacert', server.authorityFile, '--mail-from', aigerim],
        ...['--mail-rcpt', daulet, '--upload-file', '-'],
        `smtps://localhost:${server.ports.submissions}`,
      ],
      letter('anonymous'),
    );
    expect(code).to.not.equal(0);
  });
});
