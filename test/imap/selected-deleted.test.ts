import { playInInbox } from './selected-script.ts';
import { letter, startImap } from './support.ts';

const as = 'aigerim@example.kz';

describe('a selected mailbox that another session deletes', () => {
  it('ends the session that looks at it, with a reason', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [], Project: [letter()] } });
    await playInInbox(
      server.port,
      `
      C2: b1 SELECT Project
      S2: ...
      S2: b1 OK ...
      C1: a1 DELETE Project
      S1: a1 OK ...
      C2: b2 NOOP
      S2: b2 OK ...
      S2: * BYE ...
      S2: (closed)
    `,
    );
  });

  it('answers what is asked of it until then without a fault', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [], Project: [letter(), letter()] } });
    for (const [command, answer] of [
      ['FETCH 1:2 (UID FLAGS)', 'OK'],
      ['UID STORE 1 +FLAGS (\\Seen)', 'NO [NONEXISTENT]'],
      ['UID COPY 1 INBOX', 'NO [NONEXISTENT]'],
      ['UID SEARCH ALL', 'OK'],
      ['EXPUNGE', 'NO [NONEXISTENT]'],
    ] as const) {
      await playInInbox(
        server.port,
        `
        C1: a0 CREATE Again
        S1: a0 OK ...
        C1: a1 UID COPY 1:* Again
        S1: a1 OK ...
        C2: b1 SELECT Again
        S2: ...
        S2: b1 OK ...
        C1: a2 DELETE Again
        S1: a2 OK ...
        C2: b2 ${command}
        S2: ...
        S2: b2 ${answer} ...
        S2: * BYE ...
        S2: (closed)
      `,
        { select: 'SELECT Project' },
      );
    }
  });
});
