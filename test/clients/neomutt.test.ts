import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { letterText, OnlineClient } from './online-client.ts';
import { addressOf, latinPassword, mustRun, needs, sharedServer } from './support.ts';

describe('neomutt', function () {
  this.timeout(120_000);

  before(function () {
    needs(this, 'neomutt');
    // It wants a terminal.
    needs(this, 'script');
  });

  for (const qresync of [false, true]) {
    it(`reads, flags, moves and deletes, and replies${qresync ? ', with QRESYNC' : ''}`, async () => {
      const server = await sharedServer();
      const folder = server.folderFor('neomutt');
      const user = addressOf('neomutt');
      const online = await OnlineClient.connect(server, user, latinPassword);
      for (const { subject } of await online.letters('INBOX'))
        await online.remove('INBOX', subject);
      for (const name of ['ask', 'flag', 'move', 'drop']) {
        await online.append('INBOX', letterText(`${name}-${qresync}`, user, user));
      }
      const config = join(folder, 'neomuttrc');
      const address = encodeURIComponent(user);
      writeFileSync(
        config,
        [
          `set imap_user = "${user}"`,
          `set imap_pass = "${latinPassword}"`,
          `set folder = "imaps://localhost:${server.ports.imaps}/"`,
          'set spoolfile = "+INBOX"',
          'set record = "+Sent"',
          `set certificate_file = "${server.authorityFile}"`,
          'set ssl_usesystemcerts = no',
          `set smtp_url = "smtps://${address}@localhost:${server.ports.submissions}/"`,
          `set smtp_pass = "${latinPassword}"`,
          `set from = "${user}"`,
          `set header_cache = "${folder}/cache"`,
          `set message_cachedir = "${folder}/bodies"`,
          'set imap_condstore = yes',
          `set imap_qresync = ${qresync ? 'yes' : 'no'}`,
          'set sort = mailbox-order',
          'set editor = "true"',
          'set fast_reply = yes',
          'set include = yes',
          'set quit = yes',
          'set delete = yes',
          'set confirmappend = no',
          'set abort_unmodified = no',
          'set wait_key = no',
          'set mark_old = no',
          '',
        ].join('\n'),
      );
      const neomutt = async (keys: string): Promise<void> => {
        const command = `neomutt -n -F ${config} -e 'push "${keys}"'`;
        await mustRun('script', ['-q', '-e', '-c', command, '/dev/null'], '', {
          ...process.env,
          TERM: 'xterm',
          HOME: folder,
        });
      };
      await neomutt(
        '<search>~s flag<enter><flag-message>' +
          '<search>~s move<enter><save-message>=Archive<enter>' +
          '<search>~s drop<enter><delete-message>' +
          '<sync-mailbox><exit>',
      );
      expect(
        (await online.summary('INBOX')).filter((line) => !line.startsWith('ask')),
      ).to.deep.equal([`flag-${qresync} \\Flagged`]);
      expect(await online.summary('Archive')).to.include(`move-${qresync}`);

      await neomutt('<search>~s ask<enter><reply><send-message><sync-mailbox><exit>');
      const letters = await online.letters('INBOX');
      const subjects = letters.map(({ subject }) => subject).sort();
      expect(subjects).to.deep.equal([`Re: ask-${qresync}`, `ask-${qresync}`, `flag-${qresync}`]);
      const asked = letters.find(({ subject }) => subject === `ask-${qresync}`);
      expect(asked?.flags).to.include('\\Answered');
      expect((await online.summary('Sent')).join()).to.include(`Re: ask-${qresync}`);

      // Coming back with a cache changes nothing.
      const before = await online.summary('INBOX');
      const modSeq = await online.highestModSeq('INBOX');
      await neomutt('<sync-mailbox><exit>');
      expect(await online.summary('INBOX')).to.deep.equal(before);
      expect(await online.highestModSeq('INBOX')).to.equal(modSeq);
      await online.close();
    });
  }
});
