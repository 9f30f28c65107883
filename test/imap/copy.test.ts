import { playInInbox } from './selected-script.ts';
import { letter, startImap } from './support.ts';

const as = 'aigerim@example.kz';

describe('COPY', () => {
  it('tells a second client, and offers TRYCREATE for a missing target', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter()], Backup: [] } });
    await playInInbox(
      server.port,
      `
      # the second client looks at the target
      C2: b1 SELECT Backup
      S2: ...
      S2: b1 OK ...
      C1: a1 COPY 1 Backup
      S1: a1 OK [COPYUID ... 1 1] ...
      C2: b2 NOOP
      S2: * 1 EXISTS
      S2: b2 OK ...
      C1: a2 COPY 1 Missing
      S1: a2 NO [TRYCREATE] ...
    `,
    );
  });

  it('keeps flags, keywords and INTERNALDATE, and answers UIDs in the order of the source', async () => {
    const server = await startImap({
      ownStore: true,
      as,
      mailboxes: {
        INBOX: [
          letter({}, ['\\Seen', '$Forwarded']),
          letter({}, ['\\Deleted']),
          { ...letter(), internalDate: 981_173_106_000 },
        ],
        Backup: [letter()],
      },
    });
    await playInInbox(
      server.port,
      `
      C1: a1 UID COPY 3,1:2,99 Backup
      S1: a1 OK [COPYUID ... 1:3 2:4] ...
      C1: a2 SELECT Backup
      S1: ...
      S1: a2 OK ...
      C1: a3 FETCH 2:4 (UID FLAGS)
      S1: * 2 FETCH (UID 2 FLAGS (\\Seen $Forwarded))
      S1: * 3 FETCH (UID 3 FLAGS (\\Deleted))
      S1: * 4 FETCH (UID 4 FLAGS ())
      S1: a3 OK ...
      C1: a4 FETCH 4 INTERNALDATE
      S1: * 4 FETCH (INTERNALDATE " 3-Feb-2001 04:05:06 +0000")
      S1: a4 OK ...
      # the same octets have the same EMAILID wherever they are
      C1: a5 UID SEARCH EMAILID E${server.account.id}-1
      S1: * SEARCH 1 2 3 4
      S1: a5 OK ...
    `,
    );
  });

  it('copies into the selected mailbox itself', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter(), letter()] } });
    await playInInbox(
      server.port,
      `
      C1: a1 COPY 1:* INBOX
      S1: * 4 EXISTS
      S1: a1 OK [COPYUID ... 1:2 3:4] ...
    `,
    );
  });

  it('without anything to copy is OK and has no COPYUID', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter()], Backup: [] } });
    await playInInbox(
      server.port,
      `
      C1: a1 UID COPY 50:60 Backup
      S1: a1 OK COPY completed
      C1: a2 COPY 2 Backup
      S1: a2 BAD ...
      C1: a3 UID COPY 50 Missing
      S1: a3 OK COPY completed
    `,
    );
  });

  it('skips what another session expunged', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter(), letter()], Backup: [] } });
    await playInInbox(
      server.port,
      `
      C2: b1 STORE 1 +FLAGS.SILENT \\Deleted
      S2: b1 OK ...
      C2: b2 EXPUNGE
      S2: * 1 EXPUNGE
      S2: b2 OK ...
      C1: a1 FETCH 1:2 UID
      S1: * 1 FETCH (UID 1)
      S1: * 2 FETCH (UID 2)
      S1: ...
      S1: a1 OK ...
      C1: a2 UID COPY 1 Backup
      S1: * 1 EXPUNGE
      S1: a2 OK COPY completed
      C1: a3 COPY 1 Backup
      S1: a3 OK [COPYUID ... 2 1] ...
    `,
    );
  });

  it('is all or nothing when the quota ends', async () => {
    const server = await startImap({
      as,
      quota: { bytes: undefined, messages: 3 },
      mailboxes: { INBOX: [letter(), letter()], Backup: [] },
    });
    await playInInbox(
      server.port,
      `
      C1: a1 COPY 1:2 Backup
      S1: a1 NO [OVERQUOTA] ...
      C1: a2 STATUS Backup (MESSAGES)
      S1: * STATUS Backup (MESSAGES 0)
      S1: a2 OK ...
      C1: a3 COPY 2 Backup
      S1: a3 OK [COPYUID ...] ...
    `,
    );
  });
});
