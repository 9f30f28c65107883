import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { letterText, OnlineClient } from './online-client.ts';
import { addressOf, latinPassword, mustRun, needs, sharedServer } from './support.ts';

describe('getmail', function () {
  this.timeout(120_000);

  before(function () {
    needs(this, 'getmail');
  });

  it('takes each letter once, whole, and moves it away on the server', async () => {
    const server = await sharedServer();
    const folder = server.folderFor('getmail');
    const user = addressOf('getmail');
    const taken = join(folder, 'taken');
    writeFileSync(taken, '');
    const subjects = (): string[] =>
      [...readFileSync(taken, 'utf8').matchAll(/^Subject: (.*?)\r?$/gm)].map(
        (it) => it[1] as string,
      );
    const online = await OnlineClient.connect(server, user, latinPassword);
    for (const name of ['one', 'two']) await online.append('INBOX', letterText(name));

    const config = join(folder, 'getmailrc');
    const run = async (...more: string[]): Promise<void> => {
      writeFileSync(
        config,
        [
          '[retriever]',
          'type = SimpleIMAPSSLRetriever',
          'server = localhost',
          `port = ${server.ports.imaps}`,
          `username = ${user}`,
          `password = ${latinPassword}`,
          `ca_certs = ${server.authorityFile}`,
          'mailboxes = ("INBOX",)',
          ...more.filter((line) => line.startsWith('move')),
          '[destination]',
          // Its own Maildir writer refuses to run as root.
          'type = MDA_external',
          'path = /usr/bin/tee',
          `arguments = ("-a", "${taken}")`,
          'allow_root_commands = true',
          '[options]',
          'read_all = false',
          'delivered_to = false',
          'received = false',
          ...more.filter((line) => line.startsWith('delete')),
          '',
        ].join('\n'),
      );
      await mustRun('getmail', ['--getmaildir', folder, '--rcfile', config]);
    };
    await run();
    expect(subjects()).to.deep.equal(['one', 'two']);
    const text = readFileSync(taken, 'utf8').replaceAll(/\r?\n/g, '\r\n');
    expect(text.match(/^Message-ID: <(?:one|two)@example\.kz>\r$/gm)).to.have.lengthOf(2);
    expect(
      text.match(/^Salem!\r\n>?From the beginning of a line\r\n\.a dot\r$/gm),
    ).to.have.lengthOf(2);
    // It knows letters by UIDVALIDITY and UID: nothing is taken twice.
    await run();
    await online.append('INBOX', letterText('three'));
    await run('move_on_delete = Archive', 'delete = true');
    expect(subjects()).to.deep.equal(['one', 'two', 'three']);
    expect(await online.summary('INBOX')).to.deep.equal([]);
    expect((await online.letters('Archive')).map(({ subject }) => subject).sort()).to.deep.equal([
      'one',
      'three',
      'two',
    ]);
    await online.close();
  });
});
