import type { MailStore, OpenMailbox } from '../../src/store/api.ts';
import { play } from '../support/play.ts';
import { playInInbox } from './selected-script.ts';
import { letter, startImap } from './support.ts';

const as = 'aigerim@example.kz';
const deleted = letter({}, ['\\Deleted']);

describe('QRESYNC', () => {
  it('VANISHED takes the place of EXPUNGE, and the tagged response tells how far the client is', async () => {
    const server = await startImap({
      as,
      mailboxes: { INBOX: [letter(), deleted, deleted, letter(), deleted] },
    });
    await playInInbox(
      server.port,
      `
      C1: a1 EXPUNGE
      S1: * VANISHED 2:3,5
      S1: a1 OK [HIGHESTMODSEQ 7] EXPUNGE completed
      C1: a2 EXPUNGE
      S1: a2 OK EXPUNGE completed
      C2: b1 NOOP
      S2: * VANISHED 2:3,5
      S2: * OK [HIGHESTMODSEQ 7] ...
      S2: b1 OK ...
    `,
      { enable: 'QRESYNC' },
    );
  });

  it('does not let the client believe a MODSEQ above a VANISHED that waits', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter(), deleted, letter()] } });
    await playInInbox(
      server.port,
      `
      C1: a0 NOOP
      S1: a0 OK ...
      C2: b1 UID EXPUNGE 2
      S2: * VANISHED 2
      S2: b1 OK [HIGHESTMODSEQ 5] ...
      C1: a1 STORE 1 +FLAGS.SILENT (\\Seen)
      S1: * 1 FETCH (UID 1 MODSEQ (6))
      S1: * OK [HIGHESTMODSEQ 4] ...
      S1: a1 OK ...
      C1: a2 NOOP
      S1: * VANISHED 2
      S1: * OK [HIGHESTMODSEQ 6] ...
      S1: a2 OK ...
    `,
      { enable: 'QRESYNC' },
    );
  });

  it('UID FETCH (CHANGEDSINCE n VANISHED) tells what is gone, then what changed', async () => {
    const server = await startImap({
      as,
      mailboxes: { INBOX: [letter(), deleted, letter(), deleted] },
    });
    await playInInbox(
      server.port,
      `
      C1: a1 EXPUNGE
      S1: ...
      S1: a1 OK ...
      C1: a2 STORE 2 +FLAGS.SILENT (\\Seen)
      S1: ...
      S1: a2 OK ...
      C1: a3 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 5 VANISHED)
      S1: * VANISHED (EARLIER) 2,4
      S1: * 2 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (7))
      S1: a3 OK ...
      C1: a4 UID FETCH 1:3 (FLAGS) (VANISHED CHANGEDSINCE 5)
      S1: * VANISHED (EARLIER) 2
      S1: * 2 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (7))
      S1: a4 OK ...
      C1: a5 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 7 VANISHED)
      S1: a5 OK ...
    `,
      { enable: 'QRESYNC' },
    );
  });

  it('an expunge that is still to be told is told apart from the earlier ones', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [deleted, letter(), letter()] } });
    await playInInbox(
      server.port,
      `
      C1: a1 EXPUNGE
      S1: ...
      S1: a1 OK ...
      C2: b0 NOOP
      S2: ...
      S2: b0 OK ...
      C1: a2 STORE 1 +FLAGS.SILENT (\\Deleted)
      S1: ...
      S1: a2 OK ...
      C1: a3 EXPUNGE
      S1: * VANISHED 2
      S1: a3 OK ...
      C2: b1 UID FETCH 1:* (UID) (CHANGEDSINCE 1 VANISHED)
      S2: * VANISHED (EARLIER) 1
      S2: * 1 FETCH (UID 2 MODSEQ (...))
      S2: * 2 FETCH (UID 3 MODSEQ (...))
      S2: * VANISHED 2
      S2: ...
      S2: b1 OK ...
    `,
      { enable: 'QRESYNC' },
    );
  });

  it('VANISHED is for UID FETCH with CHANGEDSINCE and QRESYNC only', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter()] } });
    await playInInbox(
      server.port,
      `
      C1: a1 UID FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)
      S1: a1 BAD ...
      C1: a2 ENABLE QRESYNC
      S1: ...
      S1: a2 OK ...
      C1: a3 FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)
      S1: a3 BAD ...
      C1: a4 UID FETCH 1 (FLAGS) (VANISHED)
      S1: a4 BAD ...
      C1: a5 UID FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)
      S1: * 1 FETCH (UID 1 FLAGS () MODSEQ (2))
      S1: a5 OK ...
    `,
    );
  });

  it('names a keyword that came while SELECT looked for what has vanished', async () => {
    const server = await startImap({
      as,
      mailboxes: { INBOX: [letter(), letter()] },
      around: labelledMeanwhile,
    });
    const inbox = await server.store.findMailbox(server.account.id, 'INBOX' as never);
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 ENABLE QRESYNC
      S: ...
      S: a1 OK ...
      C: a2 SELECT INBOX (QRESYNC (${inbox?.uidValidity} 1))
      S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)
      S: ...
      S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft Late)
      S: * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft Late \\*)] ...
      S: * 1 FETCH (UID 1 FLAGS (Late) MODSEQ (4))
      S: * 2 FETCH (UID 2 FLAGS () MODSEQ (3))
      S: * 1 FETCH (UID 1 FLAGS (Late) MODSEQ (4))
      S: a2 OK ...
      `,
    );
  });
});

/** A store in which somebody labels message 1 with a new keyword whenever it is asked what has vanished. */
function labelledMeanwhile(store: MailStore): MailStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'open') {
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      }
      return async (...args: Parameters<MailStore['open']>): Promise<OpenMailbox> => {
        const open = await target.open(...args);
        const [account, mailbox] = args;
        return {
          ...open,
          async vanishedSince(since) {
            const vanished = await open.vanishedSince(since);
            const flags = { system: 0, keywords: ['Late'] };
            await target.storeFlags(account, mailbox, [1, 1], { mode: 'add', flags });
            return vanished;
          },
        };
      };
    },
  });
}
