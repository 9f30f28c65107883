import { play } from '../support/play.ts';
import { letter, startImap } from './support.ts';

const as = 'aigerim@example.kz';

describe('CREATE', () => {
  it('makes mailboxes with their superiors, and says their MAILBOXID', async () => {
    const server = await startImap({ as });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 CREATE Work/2026/March
      S: a1 OK [MAILBOXID (F...)] ...
      C: a2 LIST "" Work*
      S: * LIST (\\HasChildren) "/" Work
      S: * LIST (\\HasChildren) "/" Work/2026
      S: * LIST (\\HasNoChildren) "/" Work/2026/March
      S: a2 OK ...
      C: a3 CREATE Work/2026/March
      S: a3 NO [ALREADYEXISTS] ...
      C: a4 CREATE iNbOx
      S: a4 NO [ALREADYEXISTS] ...
      # the delimiter at the end is no part of the name
      C: a5 CREATE Bills/
      S: a5 OK ...
      C: a6 STATUS Bills (MESSAGES)
      S: * STATUS Bills (MESSAGES 0)
      S: a6 OK ...
    `,
    );
  });

  it('refuses names that are none', async () => {
    const server = await startImap({ as });
    const names = [
      '""',
      '/',
      'a//b',
      '/a',
      'A&B',
      '"&AAc-"',
      'x'.repeat(256),
      Array(33).fill('x').join('/'),
      Array(5).fill('x'.repeat(250)).join('/'),
    ];
    const tries = names.map((name, i) => `C: b${i} CREATE ${name}\nS: b${i} NO [CANNOT] ...`);
    await play(server.port, `S: * PREAUTH ...\n${tries.join('\n')}`);
  });

  it('gives special uses, each to one mailbox', async () => {
    const server = await startImap({ as });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 CREATE Basket (USE (\\Trash))
      S: a1 NO [USEATTR] ...
      C: a2 DELETE Trash
      S: a2 OK ...
      C: a3 CREATE Basket (USE (\\tRASH))
      S: a3 OK [MAILBOXID ...
      C: a4 LIST "" Basket
      S: * LIST (\\HasNoChildren \\Trash) "/" Basket
      S: a4 OK ...
      C: a5 CREATE Everything (USE (\\All))
      S: a5 NO [USEATTR] ...
      C: a6 CREATE Both (USE (\\Archive \\Junk))
      S: a6 NO [USEATTR] ...
      C: a7 CREATE Odd (USE (\\Hairy))
      S: a7 NO [USEATTR] ...
      C: a8 CREATE Plain (USE ())
      S: a8 OK ...
      C: a9 CREATE Bad (HAIRY)
      S: a9 BAD ...
      C: a10 CREATE Bad (USE (Trash))
      S: a10 BAD ...
    `,
    );
  });
});

describe('DELETE', () => {
  it('leaves a name that has mailboxes below it, and refuses INBOX', async () => {
    const server = await startImap({ as });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 CREATE Work/2026
      S: a1 OK ...
      C: a2 DELETE Work
      S: a2 OK ...
      C: a3 LIST "" Work*
      S: * LIST (\\Noselect \\HasChildren) "/" Work
      S: * LIST (\\HasNoChildren) "/" Work/2026
      S: a3 OK ...
      C: a4 SELECT Work
      S: a4 NO [CANNOT] ...
      C: a5 STATUS Work (MESSAGES)
      S: a5 NO [CANNOT] ...
      C: a6 DELETE Work
      S: a6 NO [HASCHILDREN] ...
      C: a7 DELETE inbox
      S: a7 NO [CANNOT] ...
      C: a8 DELETE Missing
      S: a8 NO [NONEXISTENT] ...
      C: a9 CREATE Work
      S: a9 OK ...
    `,
    );
  });

  it('keeps the subscription, and gives a new mailbox of the name a higher UIDVALIDITY', async () => {
    const server = await startImap({ as });
    const first = await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 CREATE Work
      S: a1 OK ...
      C: a2 SUBSCRIBE Work
      S: a2 OK ...
      C: a3 STATUS Work (UIDVALIDITY)
      S: * STATUS ...
      S: a3 OK ...
      C: a4 DELETE Work
      S: a4 OK ...
      C: a5 LIST (SUBSCRIBED) "" Work
      S: * LIST (\\NonExistent \\Noselect \\HasNoChildren \\Subscribed) "/" Work
      S: a5 OK ...
      C: a6 CREATE Work
      S: a6 OK ...
      C: a7 STATUS Work (UIDVALIDITY)
      S: * STATUS ...
      S: a7 OK ...
    `,
    );
    const validities = first
      .map((line) => /UIDVALIDITY (\d+)/.exec(line)?.[1])
      .filter((it) => it !== undefined)
      .map(Number);
    if (validities.length !== 2 || validities[1]! <= validities[0]!) {
      throw new Error(`UIDVALIDITY did not grow: ${validities.join(', ')}`);
    }
  });

  it('closes it for the own session, and sends others away', async () => {
    const server = await startImap({ as, mailboxes: { Work: [letter()] } });
    await play(
      server.port,
      `
      S1: * PREAUTH ...
      C1: a1 SELECT Work
      S1: ...
      S1: a1 OK ...
      S2: * PREAUTH ...
      C2: b1 SELECT Work
      S2: ...
      S2: b1 OK ...
      S3: * PREAUTH ...
      C3: c1 SELECT Work
      S3: ...
      S3: c1 OK ...
      C3: c2 IDLE
      S3: + idling
      C1: a2 DELETE Work
      S1: * OK [CLOSED] ...
      S1: a2 OK ...
      C1: a3 FETCH 1 FLAGS
      S1: a3 BAD Select a mailbox first
      C2: b2 NOOP
      S2: b2 OK ...
      S2: * BYE The selected mailbox was deleted
      S2: (closed)
      S3: * BYE The selected mailbox was deleted
      S3: (closed)
    `,
    );
  });

  it('lets other sessions leave the mailbox in peace', async () => {
    const server = await startImap({ as, mailboxes: { Work: [letter()] } });
    await play(
      server.port,
      `
      S1: * PREAUTH ...
      C1: a1 SELECT Work
      S1: ...
      S1: a1 OK ...
      S2: * PREAUTH ...
      C2: b1 DELETE Work
      S2: b1 OK ...
      C1: a2 CLOSE
      S1: a2 OK ...
      C1: a3 SELECT INBOX
      S1: ...
      S1: a3 OK ...
    `,
    );
  });
});

describe('RENAME', () => {
  it('moves children, keeps UIDVALIDITY and MAILBOXID, and goes nowhere impossible', async () => {
    const server = await startImap({ as, mailboxes: { 'Work/2026': [letter()] } });
    const lines = await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 STATUS Work/2026 (UIDVALIDITY MAILBOXID MESSAGES)
      S: * STATUS ...
      S: a1 OK ...
      C: a2 RENAME Work Archive/Work
      S: a2 OK ...
      C: a3 STATUS Archive/Work/2026 (UIDVALIDITY MAILBOXID MESSAGES)
      S: * STATUS ...
      S: a3 OK ...
      C: a4 STATUS Work/2026 (MESSAGES)
      S: a4 NO [NONEXISTENT] ...
      C: a5 RENAME Archive/Work Archive/Work/Below
      S: a5 NO [CANNOT] ...
      C: a6 RENAME Missing Found
      S: a6 NO [NONEXISTENT] ...
      C: a7 RENAME Archive/Work INBOX
      S: a7 NO [ALREADYEXISTS] ...
      C: a8 RENAME Archive/Work ""
      S: a8 NO [CANNOT] ...
    `,
    );
    const [before, after] = lines
      .filter((line) => line.startsWith('* STATUS'))
      .map((line) => line.slice(line.indexOf('(')));
    if (before === undefined || before !== after) throw new Error(`${before} became ${after}`);
  });

  it('takes the messages out of INBOX, which stays', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter(), letter()] } });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 RENAME INBOX Old
      S: a1 OK ...
      C: a2 LIST "" (INBOX Old) RETURN (STATUS (MESSAGES))
      S: * LIST (\\HasNoChildren) "/" INBOX
      S: * STATUS INBOX (MESSAGES 0)
      S: * LIST (\\HasNoChildren) "/" Old
      S: * STATUS Old (MESSAGES 2)
      S: a2 OK ...
    `,
    );
  });

  it('tells the old name to a client of revision 2', async () => {
    const server = await startImap({ as, mailboxes: { Work: [] } });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 ENABLE IMAP4rev2
      S: ...
      S: a1 OK ...
      C: a2 RENAME Work "Жұмыс"
      S: * LIST (\\HasNoChildren) "/" "Жұмыс" ("OLDNAME" (Work))
      S: a2 OK ...
    `,
    );
  });
});

describe('quota commands', () => {
  it('tell limits and use, in units of 1024 octets', async () => {
    const quota = { bytes: 10_240, messages: 100 };
    const server = await startImap({ as, quota, mailboxes: { INBOX: [letter(), letter()] } });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 GETQUOTAROOT inbox
      S: * QUOTAROOT INBOX ""
      S: * QUOTA "" (STORAGE 1 10 MESSAGE 2 100)
      S: a1 OK ...
      C: a2 GETQUOTA ""
      S: * QUOTA "" (STORAGE 1 10 MESSAGE 2 100)
      S: a2 OK ...
      C: a3 GETQUOTA other
      S: a3 NO [NONEXISTENT] ...
      C: a4 SETQUOTA "" (STORAGE 1000000)
      S: a4 NO [NOPERM] ...
      C: a5 GETQUOTAROOT Missing
      S: a5 NO [NONEXISTENT] ...
    `,
    );
  });

  it('name no resource that has no limit', async () => {
    const server = await startImap({ as });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 GETQUOTAROOT INBOX
      S: * QUOTAROOT INBOX
      S: a1 OK ...
      C: a2 GETQUOTA ""
      S: * QUOTA "" ()
      S: a2 OK ...
    `,
    );
  });
});

describe('ENABLE, ID, NAMESPACE', () => {
  it('answer', async () => {
    const server = await startImap({ as, options: { disabledCapabilities: ['qresync'] } });
    await play(
      server.port,
      `
      S: * PREAUTH [CAPABILITY ...] ...
      C: a1 ENABLE CONDSTORE X-HAIRY utf8=accept
      S: * ENABLED CONDSTORE UTF8=ACCEPT
      S: a1 OK ...
      C: a2 ENABLE X-HAIRY QRESYNC
      S: * ENABLED
      S: a2 OK ...
      C: a3 ENABLE
      S: a3 BAD ...
      C: a4 NAMESPACE
      S: * NAMESPACE (("" "/")) NIL NIL
      S: a4 OK ...
      C: a5 ID NIL
      S: * ID ("name" "Zhashik")
      S: a5 OK ...
      C: a6 ID ("name" "Thunderbird" "version" NIL "os" {5+}
      C: Linux)
      S: * ID ("name" "Zhashik")
      S: a6 OK ...
      C: a7 ID ("name")
      S: a7 BAD ...
      C: a8 ID ("${'n'.repeat(31)}" "x")
      S: a8 BAD ...
      C: a9 ID (${Array.from({ length: 31 }, (_, i) => `"n${i}" "x"`).join(' ')})
      S: a9 BAD ...
      C: a10 ID ("name" "${'x'.repeat(1025)}")
      S: a10 BAD ...
    `,
    );
  });
});
