import { expect } from 'chai';
import { letterText, type OnlineClient } from './online-client.ts';
import type { Maildir } from './maildir.ts';

/** A program that keeps Maildirs like the mailboxes of the same names. */
export interface Synchronizer {
  readonly online: OnlineClient;
  readonly inbox: Maildir;
  readonly archive: Maildir;
  sync(): Promise<void>;
}

const summary = (...lines: string[]): string[] => lines.sort();

/** Flags, new letters, moves and deletions both ways, and a sync that changes nothing. */
export async function syncBothWays(program: Synchronizer): Promise<void> {
  const { online, inbox, archive } = program;
  const sync = (): Promise<void> => program.sync();
  for (const name of ['one', 'two', 'three', 'four', 'five', 'six']) {
    await online.append('INBOX', letterText(name), name === 'two' ? ['\\Seen', '\\Answered'] : []);
  }
  await online.append('Archive', letterText('old'), ['\\Seen']);
  await sync();
  expect(inbox.summary()).to.deep.equal(
    summary('five', 'four', 'one', 'six', 'three', 'two RS'),
    'the first sync',
  );
  expect(archive.summary()).to.deep.equal(['old S']);
  const fetched = inbox.letters().get('one')?.text.replaceAll(/\r?\n/g, '\r\n') ?? '';
  expect(withoutOwnFields(fetched)).to.equal(letterText('one'));

  // Both sides at once.
  await online.addFlags('INBOX', 'one', ['\\Flagged', '\\Seen']);
  await online.remove('INBOX', 'three');
  await online.move('INBOX', 'five', 'Archive');
  await online.append('INBOX', letterText('seven'));
  inbox.setFlags('two', 'FRS');
  inbox.setFlags('six', 'S');
  inbox.remove('four');
  inbox.add('written', letterText('written here'), 'S');
  await sync();
  // A program that tells the flags one way at a time is done with the second.
  await sync();
  expect(await online.summary('INBOX'), 'online, after the second sync').to.deep.equal(
    summary(
      'one \\Flagged \\Seen',
      'seven',
      'six \\Seen',
      'two \\Answered \\Flagged \\Seen',
      'written here \\Seen',
    ),
  );
  expect(await online.summary('Archive')).to.deep.equal(summary('five', 'old \\Seen'));
  expect(inbox.summary()).to.deep.equal(
    summary('one FS', 'seven', 'six S', 'two FRS', 'written here S'),
  );
  expect(archive.summary()).to.deep.equal(summary('five', 'old S'));

  // A move on disk is a new letter and one that is gone.
  inbox.moveTo(archive, 'six');
  await sync();
  expect(await online.summary('INBOX')).to.not.include('six \\Seen');
  expect(await online.summary('Archive')).to.deep.equal(
    summary('five', 'old \\Seen', 'six \\Seen'),
  );

  const uids = (await online.letters('INBOX')).map(({ uid }) => uid);
  const modSeq = await online.highestModSeq('INBOX');
  const files = [...inbox.letters()].map(([, { file }]) => file).sort();
  await sync();
  expect((await online.letters('INBOX')).map(({ uid }) => uid)).to.deep.equal(uids);
  expect(await online.highestModSeq('INBOX'), 'nothing changed').to.equal(modSeq);
  expect([...inbox.letters()].map(([, { file }]) => file).sort()).to.deep.equal(files);
}

/** A program may mark what it carries, to find it again. */
function withoutOwnFields(text: string): string {
  return text.replaceAll(/^(?:X-TUID|X-OfflineIMAP)[^\r]*\r\n/gm, '');
}
