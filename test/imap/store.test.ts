import { expect } from 'chai';
import { keywordLimit } from '../../src/store/mailbox-view.ts';
import { playInInbox } from './selected-script.ts';
import { deliver, type ImapServer, letter, startImap } from './support.ts';

const as = 'aigerim@example.kz';

describe('STORE', () => {
  let server: ImapServer;

  beforeEach(async () => {
    server = await startImap({
      as,
      mailboxes: { INBOX: [letter(), letter({}, ['\\Flagged']), letter({}, ['$Junk'])] },
    });
  });

  it('replaces, adds and removes flags, and answers with what they are', async () => {
    await playInInbox(
      server.port,
      `
      C1: a1 STORE 1:2 +FLAGS (\\Seen)
      S1: * 1 FETCH (FLAGS (\\Seen))
      S1: * 2 FETCH (FLAGS (\\Flagged \\Seen))
      S1: a1 OK ...
      C1: a2 STORE 2 -FLAGS \\Flagged \\Answered
      S1: * 2 FETCH (FLAGS (\\Seen))
      S1: a2 OK ...
      C1: a3 STORE 1:3 FLAGS (\\Draft $junk)
      S1: * 1 FETCH (FLAGS (\\Draft $Junk))
      S1: * 2 FETCH (FLAGS (\\Draft $Junk))
      S1: * 3 FETCH (FLAGS (\\Draft $Junk))
      S1: a3 OK ...
      C1: a4 STORE 3 FLAGS ()
      S1: * 3 FETCH (FLAGS ())
      S1: a4 OK ...
      C1: a5 UID STORE 2:3,77 +flags.Silent \\Deleted
      S1: a5 OK ...
      C1: a6 UID STORE 2:3,77 +FLAGS \\Seen
      S1: * 2 FETCH (UID 2 FLAGS (\\Deleted \\Seen \\Draft $Junk))
      S1: * 3 FETCH (UID 3 FLAGS (\\Deleted \\Seen))
      S1: a6 OK ...
      # Nothing is told twice.
      C1: a7 NOOP
      S1: a7 OK ...
    `,
    );
  });

  it('tells the keywords of a mailbox before it uses a new one', async () => {
    await playInInbox(
      server.port,
      `
      C1: a1 STORE 1 +FLAGS ($Forwarded)
      S1: * FLAGS (... $Junk $Forwarded)
      S1: * OK [PERMANENTFLAGS (... $Junk $Forwarded \\*)] ...
      S1: * 1 FETCH (FLAGS ($Forwarded))
      S1: a1 OK ...
      C2: b1 FETCH 1 FLAGS
      S2: * FLAGS (... $Junk $Forwarded)
      S2: * OK [PERMANENTFLAGS (... $Junk $Forwarded \\*)] ...
      S2: * 1 FETCH (FLAGS ($Forwarded))
      S2: b1 OK ...
    `,
    );
  });

  it('is told to other sessions, and to the own one where it could not know', async () => {
    await playInInbox(
      server.port,
      `
      C1: a1 STORE 1 +FLAGS.SILENT (\\Seen)
      S1: a1 OK ...
      C2: b1 NOOP
      S2: * 1 FETCH (UID 1 FLAGS (\\Seen))
      S2: b1 OK ...
      # S1 adds to a flag that it was not told of: now it must learn of both.
      C2: b2 STORE 1 +FLAGS (\\Answered)
      S2: * 1 FETCH (FLAGS (\\Answered \\Seen))
      S2: b2 OK ...
      C1: a2 STORE 1 +FLAGS.SILENT (\\Flagged)
      S1: * 1 FETCH (FLAGS (\\Answered \\Flagged \\Seen))
      S1: a2 OK ...
      C1: a3 STORE 1 -FLAGS.SILENT (\\Answered)
      S1: a3 OK ...
      C1: a4 FETCH 1 FLAGS
      S1: * 1 FETCH (FLAGS (\\Flagged \\Seen))
      S1: a4 OK ...
    `,
    );
  });

  it('stores what is left when another session expunged some, and says so', async () => {
    await playInInbox(
      server.port,
      `
      C1: a0 NOOP
      S1: a0 OK ...
      C2: b1 STORE 2 +FLAGS.SILENT \\Deleted
      S2: b1 OK ...
      C2: b2 EXPUNGE
      S2: * 2 EXPUNGE
      S2: b2 OK ...
      C1: a1 STORE 1:3 +FLAGS (\\Seen)
      S1: * 1 FETCH (FLAGS (\\Seen))
      S1: * 3 FETCH (FLAGS (\\Seen $Junk))
      S1: a1 OK [EXPUNGEISSUED] ...
      C1: a2 UID STORE 1:3 +FLAGS.SILENT (\\Flagged)
      S1: * 2 EXPUNGE
      S1: a2 OK STORE completed
      C1: a3 STORE 2 FLAGS (\\Answered)
      S1: * 2 FETCH (FLAGS (\\Answered))
      S1: a3 OK ...
    `,
    );
  });

  it('refuses a read-only mailbox, \\Recent, unknown flags and numbers that are not there', async () => {
    await playInInbox(
      server.port,
      `
      C1: a1 STORE 1 +FLAGS (\\Recent)
      S1: a1 BAD ...
      C1: a2 STORE 1 +FLAGS (\\Own)
      S1: a2 BAD ...
      C1: a3 STORE 4 +FLAGS (\\Seen)
      S1: a3 BAD ...
      C1: a4 STORE 1 FLAG (\\Seen)
      S1: a4 BAD ...
      C1: a5 STORE 1 +FLAGS.LOUD (\\Seen)
      S1: a5 BAD ...
      C1: a6 UID STORE 99 +FLAGS (\\Seen)
      S1: a6 OK ...
      C1: a7 EXAMINE INBOX
      S1: ...
      S1: a7 OK ...
      C1: a8 STORE 1 +FLAGS (\\Seen)
      S1: a8 NO [NOPERM] ...
    `,
    );
  });

  it('has room for so many keywords in a mailbox and no more', async () => {
    const names = Array.from({ length: keywordLimit - 1 }, (_, i) => `word${i}`);
    await playInInbox(
      server.port,
      `
      C1: a1 STORE 1 +FLAGS.SILENT (${names.join(' ')})
      S1: * FLAGS (...word${keywordLimit - 2})
      S1: * OK [PERMANENTFLAGS (...word${keywordLimit - 2})] ...
      S1: a1 OK ...
      C1: a2 STORE 2 +FLAGS (one-more)
      S1: a2 NO [LIMIT] ...
      C1: a3 FETCH 1:2 FLAGS
      S1: * 1 FETCH (FLAGS (${names.join(' ')}))
      S1: * 2 FETCH (FLAGS (\\Flagged))
      S1: a3 OK ...
      # Keywords past the 27th live in bits of their own.
      C1: a4 STORE 1 -FLAGS (${names.slice(2).join(' ')})
      S1: * 1 FETCH (FLAGS (word0 word1))
      S1: a4 OK ...
      C1: a5 SEARCH KEYWORD word1 UNKEYWORD word${keywordLimit - 2}
      S1: * SEARCH 1
      S1: a5 OK ...
    `,
    );
  });

  it('changes ten thousand messages at once', async () => {
    for (let i = 0; i < 7; i++) await deliver(server.store, server.account, 'INBOX', letter());
    const copies = Array.from(
      { length: 10 },
      (_, i) => `C1: c${i} COPY 1:* INBOX\nS1: ...\nS1: c${i} OK ...\n`,
    ).join('');
    const lines = await playInInbox(
      server.port,
      `${copies}
      C1: a1 STORE 1:* +FLAGS.SILENT (\\Seen)
      S1: a1 OK ...
      C1: a2 STORE 1:* +FLAGS (\\Answered)
      S1: ...
      S1: a2 OK ...
      C1: a3 NOOP
      S1: a3 OK ...
    `,
    );
    expect(lines.filter((line) => line.includes('FETCH (FLAGS'))).to.have.length(10_240);
  }).timeout(60_000);
});
