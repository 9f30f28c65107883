import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { letterText, OnlineClient } from './online-client.ts';
import { addressOf, latinPassword, mustRun, needs, sharedServer } from './support.ts';

describe('imapfilter', function () {
  this.timeout(120_000);

  before(function () {
    needs(this, 'imapfilter');
  });

  it('finds, flags, copies, moves and deletes, and makes a mailbox', async () => {
    const server = await sharedServer();
    const folder = server.folderFor('imapfilter');
    const user = addressOf('imapfilter');
    const online = await OnlineClient.connect(server, user, latinPassword);
    for (const name of ['bill-1', 'bill-2', 'news', 'spam', 'friend']) {
      await online.append('INBOX', letterText(name, `${name}@agency.example`));
    }
    const config = join(folder, 'config.lua');
    writeFileSync(
      config,
      `
      options.timeout = 30
      options.subscribe = true
      options.create = true
      account = IMAP {
        server = 'localhost', port = ${server.ports.imaps}, ssl = 'auto',
        username = '${user}', password = '${latinPassword}',
      }
      inbox = account.INBOX
      bills = inbox:contain_subject('BILL')
      assert(#bills == 2, 'bills: ' .. #bills)
      bills:mark_flagged()
      bills:move_messages(account['Bills/2026'])
      inbox:contain_from('news@'):copy_messages(account['Archive'])
      inbox:contain_body('beginning of a line'):mark_seen()
      spam = inbox:contain_subject('spam') * inbox:is_seen()
      spam:delete_messages()
      assert(#(inbox:is_unseen()) == 0)
      assert(#(account['Bills/2026']:is_flagged()) == 2)
      `,
    );
    await mustRun('imapfilter', ['-t', server.authorityFile, '-c', config], '', {
      ...process.env,
      HOME: folder,
      IMAPFILTER_HOME: folder,
    });
    expect(await online.summary('INBOX')).to.deep.equal(['friend \\Seen', 'news \\Seen']);
    expect(await online.summary('Archive')).to.deep.equal(['news']);
    expect(await online.summary('Bills/2026')).to.deep.equal([
      'bill-1 \\Flagged',
      'bill-2 \\Flagged',
    ]);
    await online.close();
  });
});
