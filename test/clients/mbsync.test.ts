import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Maildir } from './maildir.ts';
import { OnlineClient } from './online-client.ts';
import { addressOf, latinPassword, mustRun, needs, sharedServer } from './support.ts';
import { syncBothWays } from './two-way-sync.ts';

describe('mbsync', function () {
  this.timeout(120_000);

  before(function () {
    needs(this, 'mbsync');
  });

  it('keeps Maildirs and mailboxes alike, both ways', async () => {
    const server = await sharedServer();
    const folder = server.folderFor('mbsync');
    const inbox = new Maildir(join(folder, 'INBOX')).make();
    const archive = new Maildir(join(folder, 'Archive')).make();
    const config = join(folder, 'mbsyncrc');
    writeFileSync(
      config,
      [
        'IMAPAccount zhashik',
        'Host localhost',
        `Port ${server.ports.imaps}`,
        `User ${addressOf('mbsync')}`,
        `Pass "${latinPassword}"`,
        'SSLType IMAPS',
        `CertificateFile ${server.authorityFile}`,
        '',
        'IMAPStore far',
        'Account zhashik',
        '',
        'MaildirStore near',
        `Path ${folder}/`,
        `Inbox ${inbox.folder}`,
        'SubFolders Verbatim',
        '',
        'Channel all',
        'Far :far:',
        'Near :near:',
        'Patterns INBOX Archive',
        'Create Both',
        'Expunge Both',
        'SyncState *',
        '',
      ].join('\n'),
    );
    const online = await OnlineClient.connect(server, addressOf('mbsync'), latinPassword);
    const sync = async (): Promise<void> => {
      await mustRun('mbsync', ['--config', config, '--all']);
    };
    await syncBothWays({ online, inbox, archive, sync });
    await online.close();
  });
});
