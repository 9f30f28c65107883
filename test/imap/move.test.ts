import { playInInbox } from './selected-script.ts';
import { letter, startImap } from './support.ts';

const as = 'aigerim@example.kz';

describe('MOVE', () => {
  it('tells COPYUID before EXPUNGE', async () => {
    const server = await startImap({
      as,
      mailboxes: { INBOX: [letter(), letter({}, ['\\Seen']), letter()], Backup: [] },
    });
    await playInInbox(
      server.port,
      `
      C1: a1 MOVE 1:2 Backup
      S1: * OK [COPYUID ... 1:2 1:2] ...
      S1: * 2 EXPUNGE
      S1: * 1 EXPUNGE
      S1: a1 OK MOVE completed
      C2: b1 NOOP
      S2: * 2 EXPUNGE
      S2: * 1 EXPUNGE
      S2: b1 OK ...
      C1: a2 SELECT Backup
      S1: ...
      S1: a2 OK ...
      C1: a3 FETCH 1:* FLAGS
      S1: * 1 FETCH (FLAGS ())
      S1: * 2 FETCH (FLAGS (\\Seen))
      S1: a3 OK ...
    `,
    );
  });

  it('with QRESYNC tells VANISHED and [HIGHESTMODSEQ]', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter(), letter()], Backup: [] } });
    await playInInbox(
      server.port,
      `
      C1: a1 UID MOVE 1 Backup
      S1: * OK [COPYUID ... 1 1] ...
      S1: * VANISHED 1
      S1: a1 OK [HIGHESTMODSEQ ...] MOVE completed
    `,
      { enable: 'QRESYNC' },
    );
  });

  it('without anything to move is OK, without COPYUID', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter()], Backup: [] } });
    await playInInbox(
      server.port,
      `
      C1: a1 UID MOVE 7:9 Backup
      S1: a1 OK MOVE completed
      C1: a2 MOVE 1 Missing
      S1: a2 NO [TRYCREATE] ...
      C1: a3 MOVE 2 Backup
      S1: a3 BAD ...
      C1: a4 EXAMINE INBOX
      S1: ...
      S1: a4 OK ...
      C1: a5 MOVE 1 Backup
      S1: a5 NO [NOPERM] ...
    `,
    );
  });

  it('moves within the same mailbox', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter(), letter()] } });
    await playInInbox(
      server.port,
      `
      C1: a1 MOVE 1 INBOX
      S1: * OK [COPYUID ... 1 3] ...
      S1: * 1 EXPUNGE
      S1: * 2 EXISTS
      S1: a1 OK ...
      C1: a2 FETCH 1:* UID
      S1: * 1 FETCH (UID 2)
      S1: * 2 FETCH (UID 3)
      S1: a2 OK ...
    `,
    );
  });

  it('of a message that another session moved is no error', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter(), letter()], Backup: [] } });
    await playInInbox(
      server.port,
      `
      C2: b0 NOOP
      S2: b0 OK ...
      C1: a1 MOVE 1 Backup
      S1: ...
      S1: a1 OK ...
      C2: b1 UID MOVE 1 Backup
      S2: * 1 EXPUNGE
      S2: b1 OK MOVE completed
    `,
    );
  });
});
