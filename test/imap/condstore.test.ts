import { expect } from 'chai';
import { playInInbox } from './selected-script.ts';
import { letter, startImap } from './support.ts';

const as = 'aigerim@example.kz';

/** The number behind MODSEQ or HIGHESTMODSEQ in the line that contains the text. */
function modSeqIn(lines: readonly string[], text: string): number {
  const line = lines.find((one) => one.includes(text)) ?? '';
  return Number(/MODSEQ \(?(\d+)/.exec(line)?.[1]);
}

describe('CONDSTORE', () => {
  const setup = () =>
    startImap({ as, mailboxes: { INBOX: [letter(), letter(), letter({}, ['\\Flagged'])] } });

  for (const [what, command] of [
    ['FETCH MODSEQ', 'FETCH 1 MODSEQ'],
    ['FETCH CHANGEDSINCE', 'FETCH 1 FLAGS (CHANGEDSINCE 1)'],
    ['STORE UNCHANGEDSINCE', 'UID STORE 99 (UNCHANGEDSINCE 5) FLAGS ()'],
    ['SEARCH MODSEQ', 'SEARCH MODSEQ 5000'],
  ] as const) {
    it(`is turned on by ${what}, which tells where the client stands`, async () => {
      const server = await setup();
      await playInInbox(
        server.port,
        `
        C1: a1 ${command}
        S1: * OK [HIGHESTMODSEQ 4] ...
        S1: ...
        S1: a1 OK ...
        # From now on flags come with MODSEQ, unasked too.
        C2: b1 STORE 2 +FLAGS (\\Seen)
        S2: ...
        S2: b1 OK ...
        C1: a2 NOOP
        S1: * 2 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (5))
        S1: a2 OK ...
        C1: a3 FETCH 2 FLAGS
        S1: * 2 FETCH (FLAGS (\\Seen) MODSEQ (5))
        S1: a3 OK ...
        C1: a4 ${command}
        S1: ...
        S1: a4 OK ...
      `,
      );
    });
  }

  it('gives one MODSEQ to all messages of a STORE, and none to those it did not change', async () => {
    const server = await setup();
    const lines = await playInInbox(
      server.port,
      `
      C1: a1 STORE 1:3 +FLAGS.SILENT (\\Flagged)
      S1: * 1 FETCH (UID 1 MODSEQ (...))
      S1: * 2 FETCH (UID 2 MODSEQ (...))
      S1: * 3 FETCH (UID 3 MODSEQ (...))
      S1: a1 OK ...
      C1: a2 NOOP
      S1: a2 OK ...
    `,
      { select: 'SELECT INBOX (CONDSTORE)' },
    );
    expect(modSeqIn(lines, '* 1 FETCH')).to.equal(modSeqIn(lines, '* 2 FETCH'));
    expect(modSeqIn(lines, '* 3 FETCH')).to.be.lessThan(modSeqIn(lines, '* 1 FETCH'));
  });

  it('CHANGEDSINCE answers what changed later; iPhones begin with 0', async () => {
    const server = await setup();
    await playInInbox(
      server.port,
      `
      C1: a1 STORE 2 +FLAGS (\\Seen)
      S1: * 2 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (5))
      S1: a1 OK ...
      C1: a2 FETCH 1:* (FLAGS) (CHANGEDSINCE 4)
      S1: * 2 FETCH (FLAGS (\\Seen) MODSEQ (5))
      S1: a2 OK ...
      C1: a3 UID FETCH 1:* (UID) (CHANGEDSINCE 3)
      S1: * 2 FETCH (UID 2 MODSEQ (5))
      S1: * 3 FETCH (UID 3 MODSEQ (4))
      S1: a3 OK ...
      C1: a4 UID FETCH 1:* (UID) (CHANGEDSINCE 0)
      S1: * 1 FETCH (UID 1 MODSEQ (2))
      S1: * 2 FETCH (UID 2 MODSEQ (5))
      S1: * 3 FETCH (UID 3 MODSEQ (4))
      S1: a4 OK ...
      C1: a5 UID FETCH 1:* (UID) (CHANGEDSINCE 9223372036854775807)
      S1: a5 OK ...
      C1: a6 UID FETCH 1:* (UID) (CHANGEDSINCE 9223372036854775808)
      S1: a6 BAD ...
      # reading marks as seen: those that had not changed before are not read, and so not marked
      C1: a7 FETCH 1:* (BODY[TEXT]) (CHANGEDSINCE 4)
      S1: * 2 FETCH (MODSEQ (5) BODY[TEXT] {8}
      S1: ...
      S1: a7 OK ...
      C1: a8 FETCH 1 (BODY[TEXT])
      S1: * 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (6) BODY[TEXT] {8}
      S1: ...
      S1: a8 OK ...
    `,
      { select: 'SELECT INBOX (CONDSTORE)' },
    );
  });

  it('UNCHANGEDSINCE leaves alone what somebody changed, names it, and tells what it is now', async () => {
    const server = await setup();
    await playInInbox(
      server.port,
      `
      C2: b1 UID STORE 2 +FLAGS (\\Answered)
      S2: * 2 FETCH (UID 2 FLAGS (\\Answered) MODSEQ (5))
      S2: b1 OK ...
      C1: a1 STORE 1:3 (UNCHANGEDSINCE 4) +FLAGS.SILENT (\\Seen)
      S1: * 1 FETCH (UID 1 MODSEQ (6))
      S1: * 2 FETCH (UID 2 FLAGS (\\Answered) MODSEQ (5))
      S1: * 3 FETCH (UID 3 MODSEQ (6))
      S1: a1 OK [MODIFIED 2] ...
      C1: a2 UID STORE 1:3 (UNCHANGEDSINCE 0) +FLAGS (\\Seen)
      S1: ...
      S1: a2 OK [MODIFIED 1:3] ...
      C1: a3 STORE 2 (UNCHANGEDSINCE 5) +FLAGS (\\Seen)
      S1: * 2 FETCH (UID 2 FLAGS (\\Answered \\Seen) MODSEQ (7))
      S1: a3 OK STORE completed
      # a message named twice is not changed by somebody else in between
      C1: a4 STORE 2,1:3 (UNCHANGEDSINCE 7) FLAGS.SILENT ()
      S1: ...
      S1: a4 OK STORE completed
    `,
      { select: 'SELECT INBOX (CONDSTORE)' },
    );
  });

  it('MODIFIED counts as the command does, with gaps in the UIDs', async () => {
    const server = await startImap({
      as,
      mailboxes: { INBOX: [letter({}, ['\\Deleted']), letter(), letter(), letter()] },
    });
    await playInInbox(
      server.port,
      `
      C1: a1 EXPUNGE
      S1: ...
      S1: a1 OK ...
      C1: a2 STORE 1,3 (UNCHANGEDSINCE 1) +FLAGS (\\Seen)
      S1: ...
      S1: a2 OK [MODIFIED 1,3] ...
      C1: a3 UID STORE 2:4 (UNCHANGEDSINCE 3) +FLAGS (\\Seen)
      S1: ...
      S1: a3 OK [MODIFIED 3:4] ...
    `,
    );
  });

  it('SEARCH MODSEQ tells the highest of what it found', async () => {
    const server = await setup();
    await playInInbox(
      server.port,
      `
      C1: a1 SEARCH MODSEQ 3
      S1: * OK [HIGHESTMODSEQ 4] ...
      S1: * SEARCH 2 3 (MODSEQ 4)
      S1: a1 OK ...
      C1: a2 SEARCH MODSEQ "/flags/\\\\draft" all 3 1:2
      S1: * SEARCH 2 (MODSEQ 3)
      S1: a2 OK ...
      C1: a3 SEARCH MODSEQ 500
      S1: * SEARCH
      S1: a3 OK ...
      C1: a4 SEARCH RETURN (ALL) MODSEQ 2
      S1: * ESEARCH (TAG "a4") ALL 1:3 MODSEQ 4
      S1: a4 OK ...
      C1: a5 SEARCH RETURN (MIN) MODSEQ 2
      S1: * ESEARCH (TAG "a5") MIN 1 MODSEQ 2
      S1: a5 OK ...
      C1: a6 SEARCH RETURN (MIN COUNT) MODSEQ 2
      S1: * ESEARCH (TAG "a6") MIN 1 COUNT 3 MODSEQ 4
      S1: a6 OK ...
      C1: a7 SEARCH RETURN (COUNT) MODSEQ 500
      S1: * ESEARCH (TAG "a7") COUNT 0
      S1: a7 OK ...
    `,
    );
  });
});
