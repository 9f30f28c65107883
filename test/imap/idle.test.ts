import { play } from '../support/play.ts';
import { letter, startImap } from './support.ts';

const as = 'aigerim@example.kz';

describe('IDLE', () => {
  it('tells deliveries, flags and expunges of others as they happen', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter(), letter()] } });
    await play(
      server.port,
      `
      S1: * PREAUTH ...
      C1: a1 SELECT INBOX
      S1: ...
      S1: a1 OK ...
      C1: a2 IDLE
      S1: + idling
      S2: * PREAUTH ...
      C2: b1 SELECT INBOX
      S2: ...
      S2: b1 OK ...
      C2: b2 STORE 1 +FLAGS (\\Deleted)
      S1: * 1 FETCH (...FLAGS (\\Deleted))
      S2: ...
      S2: b2 OK ...
      C2: b3 EXPUNGE
      S1: * 1 EXPUNGE
      S2: ...
      S2: b3 OK ...
      C2: b4 APPEND INBOX {3+}
      C2: x
      C2:
      S1: * 2 EXISTS
      C1: DONE
      S1: a2 OK ...
    `,
    );
  });

  it('begins with what is new already', async () => {
    const server = await startImap({ as });
    await play(
      server.port,
      `
      S1: * PREAUTH ...
      C1: a1 SELECT INBOX
      S1: ...
      S1: a1 OK ...
      S2: * PREAUTH ...
      C2: b1 APPEND INBOX {3+}
      C2: x
      C2:
      S2: b1 OK ...
      C1: a2 IDLE
      S1: + idling
      S1: * 1 EXISTS
      C1: done
      S1: a2 OK ...
    `,
    );
  });

  it('takes DONE with commands behind it in one packet', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter()] } });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 SELECT INBOX
      C: a2 IDLE
      C: DONE
      C: a3 FETCH 1 UID
      C: a4 IDLE
      S: ...
      S: a1 OK ...
      S: + idling
      S: a2 OK ...
      S: * 1 FETCH (UID 1)
      S: a3 OK ...
      S: + idling
      C: DONE
      C: a5 NOOP
      S: a4 OK ...
      S: a5 OK ...
    `,
    );
  });

  it('works without a selected mailbox, and ends at anything but DONE', async () => {
    const server = await startImap({ as });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 IDLE
      S: + idling
      C: DONE
      S: a1 OK ...
      C: a2 IDLE
      S: + idling
      C: a3 NOOP
      S: a2 BAD ...
      C: a4 IDLE
      S: + idling
      C: ${'x'.repeat(70)}
      S: * BYE Line is too long
      S: (closed)
    `,
    );
  });

  it('says that it is still here', async () => {
    const server = await startImap({ as, options: { timeouts: { idleKeepAliveMs: 20 } } });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 IDLE
      S: + idling
      S: * OK Still here
      S: * OK Still here
      C: DONE
      S: ...
      S: a1 OK ...
      C: a2 NOOP
      S: a2 OK ...
    `,
    );
  });
});
