import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Maildir } from './maildir.ts';
import { OnlineClient } from './online-client.ts';
import { addressOf, latinPassword, mustRun, needs, sharedServer } from './support.ts';
import { syncBothWays } from './two-way-sync.ts';

describe('offlineimap', function () {
  this.timeout(180_000);

  before(function () {
    needs(this, 'offlineimap');
  });

  it('keeps Maildirs and mailboxes alike, both ways', async () => {
    const server = await sharedServer();
    const folder = server.folderFor('offlineimap');
    const inbox = new Maildir(join(folder, 'mail', 'INBOX')).make();
    const archive = new Maildir(join(folder, 'mail', 'Archive')).make();
    const config = join(folder, 'offlineimaprc');
    writeFileSync(
      config,
      [
        '[general]',
        'accounts = zhashik',
        `metadata = ${join(folder, 'state')}`,
        'ui = quiet',
        '',
        '[Account zhashik]',
        'localrepository = near',
        'remoterepository = far',
        '',
        '[Repository near]',
        'type = Maildir',
        `localfolders = ${join(folder, 'mail')}`,
        '',
        '[Repository far]',
        'type = IMAP',
        'remotehost = localhost',
        `remoteport = ${server.ports.imaps}`,
        `remoteuser = ${addressOf('offlineimap')}`,
        `remotepass = ${latinPassword}`,
        'ssl = yes',
        `sslcacertfile = ${server.authorityFile}`,
        "folderfilter = lambda name: name in ['INBOX', 'Archive']",
        'expunge = yes',
        'auth_mechanisms = PLAIN, LOGIN',
        '',
      ].join('\n'),
    );
    const online = await OnlineClient.connect(server, addressOf('offlineimap'), latinPassword);
    const sync = async (): Promise<void> => {
      await mustRun('offlineimap', ['-c', config, '-o']);
    };
    await syncBothWays({ online, inbox, archive, sync });
    await online.close();
  });
});
