import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import { ClientsServer, isInstalled, latinPassword, runProgram, timur, zarina } from './support.ts';

describe('python3 smtplib and imaplib', function () {
  this.timeout(120_000);
  let server: ClientsServer;

  before(async function () {
    if (!isInstalled('python3')) {
      console.log('      python3 is not installed: skipped');
      this.skip();
    }
    server = await ClientsServer.start();
  });
  after(async () => {
    await server.stop();
  });

  it('send and read over STARTTLS and TLS, copy, and expunge', async () => {
    const { submission, submissions, imap, imaps } = server.ports;
    const { code, stdout, stderr } = await runProgram(
      'python3',
      [
        fileURLToPath(new URL('python-round-trip.py', import.meta.url)),
        ...[submission, submissions, imap, imaps].map(String),
        server.authorityFile,
        timur,
        zarina,
      ],
      latinPassword,
    );
    expect(code, stderr).to.equal(0);
    expect(stdout.trim()).to.equal('fine');
  });
});
