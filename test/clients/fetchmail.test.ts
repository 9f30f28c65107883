import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { letterText, OnlineClient } from './online-client.ts';
import { addressOf, latinPassword, needs, runProgram, sharedServer } from './support.ts';

describe('fetchmail', function () {
  this.timeout(120_000);

  before(function () {
    needs(this, 'fetchmail');
  });

  it('takes the unseen letters once, by STARTTLS and by TLS, and leaves or deletes them', async () => {
    const server = await sharedServer();
    const folder = server.folderFor('fetchmail');
    const user = addressOf('fetchmail');
    const online = await OnlineClient.connect(server, user, latinPassword);
    for (const name of ['one', 'two']) await online.append('INBOX', letterText(name));
    await online.append('INBOX', letterText('seen'), ['\\Seen']);

    const taken = join(folder, 'taken');
    writeFileSync(taken, '');
    const fetchmail = async (tls: 'ssl' | 'starttls', ...options: string[]): Promise<number> => {
      const port = tls === 'ssl' ? server.ports.imaps : server.ports.imap;
      const config = join(folder, 'fetchmailrc');
      const secure = tls === 'ssl' ? 'ssl' : 'sslproto tls1.2+';
      writeFileSync(
        config,
        `poll localhost service ${port} protocol imap\n` +
          `  user "${user}" password "${latinPassword}" ${secure} ` +
          `sslcertck sslcertfile "${server.authorityFile}" mda "cat >> ${taken}"\n`,
        { mode: 0o600 },
      );
      const { code, stdout, stderr } = await runProgram(
        'fetchmail',
        ['--fetchmailrc', config, '--nosyslog', '--pidfile', join(folder, 'pid'), ...options],
        '',
        { ...process.env, HOME: folder, FETCHMAILHOME: folder },
      );
      expect(code, `${stdout}${stderr}`).to.be.oneOf([0, 1]);
      return code;
    };
    const subjects = (): string[] =>
      [...readFileSync(taken, 'utf8').matchAll(/^Subject: (.*)$/gm)].map((it) => it[1] as string);

    expect(await fetchmail('starttls', '--keep')).to.equal(0);
    expect(subjects()).to.deep.equal(['one', 'two']);
    expect(await online.summary('INBOX')).to.deep.equal([
      'one \\Seen',
      'seen \\Seen',
      'two \\Seen',
    ]);
    // 1: there was nothing new.
    expect(await fetchmail('ssl', '--keep')).to.equal(1);
    await online.append('INBOX', letterText('three'));
    expect(await fetchmail('ssl', '--nokeep')).to.equal(0);
    expect(subjects()).to.deep.equal(['one', 'two', 'three']);
    expect(await online.summary('INBOX')).to.deep.equal([
      'one \\Seen',
      'seen \\Seen',
      'two \\Seen',
    ]);
    expect(await fetchmail('ssl', '--nokeep', '--all')).to.equal(0);
    expect(subjects()).to.have.lengthOf(6);
    expect(await online.summary('INBOX')).to.deep.equal([]);
    await online.close();
  });
});
