import { playInInbox } from './selected-script.ts';
import { letter, startImap } from './support.ts';

const as = 'aigerim@example.kz';
const deleted = letter({}, ['\\Deleted']);

describe('EXPUNGE', () => {
  it('removes what has \\Deleted, and tells both sessions', async () => {
    const server = await startImap({
      as,
      mailboxes: { INBOX: [letter(), deleted, letter(), deleted, deleted] },
    });
    await playInInbox(
      server.port,
      `
      C1: a1 EXPUNGE
      S1: * 5 EXPUNGE
      S1: * 4 EXPUNGE
      S1: * 2 EXPUNGE
      S1: a1 OK EXPUNGE completed
      C2: b1 NOOP
      S2: * 5 EXPUNGE
      S2: * 4 EXPUNGE
      S2: * 2 EXPUNGE
      S2: b1 OK ...
      C1: a2 FETCH 1:* UID
      S1: * 1 FETCH (UID 1)
      S1: * 2 FETCH (UID 3)
      S1: a2 OK ...
    `,
    );
  });

  it('of nothing says nothing: an EXISTS here makes Apple Mail fetch everything again', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter()], Empty: [] } });
    await playInInbox(
      server.port,
      `
      C1: a1 EXPUNGE
      S1: a1 OK EXPUNGE completed
      C1: a2 SELECT Empty
      S1: ...
      S1: a2 OK ...
      C1: a3 EXPUNGE
      S1: a3 OK EXPUNGE completed
    `,
    );
  });

  it('UID EXPUNGE removes only those of the set', async () => {
    const server = await startImap({
      as,
      mailboxes: { INBOX: [deleted, deleted, letter(), deleted] },
    });
    await playInInbox(
      server.port,
      `
      C1: a1 UID EXPUNGE 2:3,9
      S1: * 2 EXPUNGE
      S1: a1 OK EXPUNGE completed
      C1: a2 UID EXPUNGE 50
      S1: a2 OK EXPUNGE completed
      C1: a3 EXPUNGE 1
      S1: a3 BAD ...
      C1: a4 UID EXPUNGE
      S1: a4 BAD ...
      C1: a5 EXAMINE INBOX
      S1: ...
      S1: a5 OK ...
      C1: a6 EXPUNGE
      S1: a6 NO [NOPERM] ...
    `,
    );
  });

  it('is held back during FETCH, STORE and SEARCH, and told with the next command that allows it', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter(), deleted, letter()] } });
    await playInInbox(
      server.port,
      `
      C1: a0 NOOP
      S1: a0 OK ...
      C2: b1 EXPUNGE
      S2: * 2 EXPUNGE
      S2: b1 OK ...
      C1: a1 FETCH 3 UID
      S1: * 3 FETCH (UID 3)
      S1: a1 OK ...
      C1: a2 STORE 3 +FLAGS.SILENT (\\Seen)
      S1: a2 OK ...
      C1: a3 SEARCH ALL
      S1: * SEARCH 1 2 3
      S1: a3 OK ...
      # UID SEARCH may tell, but not when sequence numbers are in it.
      C1: a4 UID SEARCH 1:3
      S1: * SEARCH 1 2 3
      S1: a4 OK ...
      # Another session's copy grows the mailbox; the ghost still counts.
      C2: b2 COPY 1 INBOX
      S2: * 2 FETCH (UID 3 FLAGS (\\Seen))
      S2: * 3 EXISTS
      S2: b2 OK ...
      C1: a5 FETCH 3 UID
      S1: * 4 EXISTS
      S1: * 3 FETCH (UID 3)
      S1: a5 OK ...
      C1: a6 UID SEARCH UID 3:*
      S1: * SEARCH 3 4
      S1: * 2 EXPUNGE
      S1: a6 OK ...
      C1: a7 FETCH 3 UID
      S1: * 3 FETCH (UID 4)
      S1: a7 OK ...
    `,
    );
  });
});
