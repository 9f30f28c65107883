import { expect } from 'chai';
import fc from 'fast-check';
import { playInInbox } from './selected-script.ts';
import { deliver, type ImapServer, type Letter, letter, startImap } from './support.ts';

const as = 'aigerim@example.kz';

function day(text: string): number {
  return Date.parse(`${text}T10:00:00Z`);
}

/** A letter made of lines as they are. */
function raw(...lines: string[]): Letter {
  return { text: lines.join('\r\n') };
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

const letters: readonly Letter[] = [
  // 1
  { ...letter({ Subject: 'Kundelik' }, ['\\Seen', '\\Answered']), internalDate: day('2026-01-10') },
  // 2: a subject split in the middle of a letter over two encoded words, a base64 body in Kazakh
  {
    ...raw(
      'From: =?utf-8?B?' + base64('Әсел Қайратқызы') + '?= <asel@example.kz>',
      'To: team@example.kz',
      'Subject: =?utf-8?Q?=D2=9A=D2=B1=D0=B6=D0?= =?utf-8?Q?=B0=D1=82?=',
      // the day as written is the 1st, in UTC it is the 2nd
      'Date: Sun, 1 Feb 2026 23:30:00 -0500',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: base64',
      '',
      base64('Құрметті әріптестер! ЕСЕП дайын.'),
      '',
    ),
    flags: ['\\Flagged'],
    internalDate: day('2026-02-02'),
  },
  // 3: KOI8-R, quoted-printable, an attachment with text, and one without
  {
    ...raw(
      'From: Boris <boris@example.com>',
      'Cc: Carol <carol@example.com>',
      'Bcc: secret@example.com',
      'Subject: report',
      'Date: Tue, 3 Mar 2026 10:00:00 +0000',
      'X-Empty:',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain; charset=koi8-r',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      // "Приветствую" in KOI8-R, cut by a soft line break
      '=F0=D2=C9=D7=C5=D4=D3=\r\n=D4=D7=D5=C0',
      '--b',
      'Content-Type: text/plain; name=notes.txt',
      'Content-Disposition: attachment; filename=notes.txt',
      '',
      'attached words',
      '--b',
      'Content-Type: application/octet-stream',
      'Content-Transfer-Encoding: base64',
      '',
      base64('binary words'),
      '--b--',
      '',
    ),
    flags: ['$Junk'],
    internalDate: day('2026-03-03'),
  },
  // 4: no Date, HTML
  {
    ...raw(
      'From: dana@example.kz',
      'Subject: html',
      'Content-Type: text/html; charset=utf-8',
      '',
      '<p class="hidden">Shown <b>te</b>xt</p>',
      '',
    ),
    internalDate: day('2026-03-04'),
  },
  // 5: large
  {
    ...letter({ Subject: 'long', body: `${'x'.repeat(70)}\r\n`.repeat(3000) + 'needle\r\n' }),
    flags: ['\\Draft', '\\Deleted'],
    internalDate: day('2026-03-05'),
  },
];

describe('SEARCH', () => {
  let server: ImapServer;

  beforeEach(async () => {
    server = await startImap({ as, mailboxes: { INBOX: letters } });
  });

  const rows: readonly (readonly [keys: string, want: string])[] = [
    ['ALL', '1 2 3 4 5'],
    ['SEEN', '1'],
    ['UNSEEN', '2 3 4 5'],
    ['ANSWERED', '1'],
    ['UNANSWERED', '2 3 4 5'],
    ['FLAGGED', '2'],
    ['UNFLAGGED UNSEEN', '3 4 5'],
    ['DELETED', '5'],
    ['UNDELETED', '1 2 3 4'],
    ['DRAFT', '5'],
    ['UNDRAFT 4:5', '4'],
    ['KEYWORD $junk', '3'],
    ['UNKEYWORD $Junk', '1 2 4 5'],
    ['KEYWORD never-used', ''],
    ['UNKEYWORD never-used', '1 2 3 4 5'],
    ['NEW', ''],
    ['RECENT', ''],
    ['OLD', '1 2 3 4 5'],
    ['2:3', '2 3'],
    ['4:99', '4 5'],
    ['99', ''],
    ['UID 2,4:*', '2 4 5'],
    ['UID 99:*', '5'],
    ['NOT 2:4', '1 5'],
    ['LARGER 200000', '5'],
    ['SMALLER 200000', '1 2 3 4'],
    ['SMALLER 0', ''],
    ['BEFORE 2-Feb-2026', '1'],
    ['ON 2-Feb-2026', '2'],
    ['SINCE 2-Feb-2026', '2 3 4 5'],
    // RFC 9051 §6.4.4: the day of the Date field as it is written, not that of a letter without one
    ['SENTON 1-Feb-2026', '2'],
    ['SENTON 2-Feb-2026', ''],
    ['SENTBEFORE 2-Feb-2026', '2'],
    ['SENTSINCE 2-Feb-2026', '1 3 5'],
    ['NOT SENTSINCE 1-Jan-1990', '4'],
    ['FROM boris', '3'],
    ['FROM example.kz', '1 2 4 5'],
    ['TO TEAM@', '2'],
    ['CC carol', '3'],
    ['BCC secret', '3'],
    ['SUBJECT KUNDE', '1'],
    ['HEADER X-Empty ""', '3'],
    ['HEADER x-missing ""', ''],
    ['HEADER Message-ID 1@example', '1 5'],
    ['BODY "attached words"', '3'],
    ['BODY "binary words"', ''],
    ['BODY "shown text"', '4'],
    ['BODY hidden', ''],
    ['BODY needle', '5'],
    ['BODY report', ''],
    ['TEXT report', '3'],
    ['TEXT NEEDLE', '5'],
    ['TEXT notes.txt', '3'],
    ['BODY ""', '1 2 3 4 5'],
    ['OR SEEN FLAGGED', '1 2'],
    ['OR (SEEN ANSWERED) (FLAGGED DRAFT)', '1'],
    ['NOT OR SEEN NOT FLAGGED', '2'],
    ['OR BODY needle FROM boris', '3 5'],
    ['NOT BODY needle', '1 2 3 4'],
    ['UNSEEN NOT (OR SUBJECT html BODY needle)', '2 3'],
    ['SENTSINCE 1-Jan-2026 SMALLER 200000 NOT TEXT report', '1 2'],
  ];
  it('finds by every key', async () => {
    const script = rows.map(
      ([keys, want], i) =>
        `C1: r${i} SEARCH ${keys}\nS1: * SEARCH${want === '' ? '' : ` ${want}`}\nS1: r${i} OK ...\n`,
    );
    await playInInbox(server.port, script.join(''));
  });

  it('finds by any combination of keys, whatever each of them costs', async () => {
    const all = new Set([1, 2, 3, 4, 5]);
    interface Combined {
      readonly keys: string;
      readonly want: ReadonlySet<number>;
    }
    const atom = fc.constantFrom(...rows).map(([keys, want]): Combined => {
      const found = want === '' ? [] : want.split(' ').map(Number);
      return { keys: `(${keys})`, want: new Set(found) };
    });
    const { tree } = fc.letrec<{ tree: Combined; node: Combined }>((tie) => ({
      tree: fc.oneof({ maxDepth: 5 }, atom, tie('node')),
      node: fc
        .tuple(fc.constantFrom('and', 'or', 'not'), tie('tree'), tie('tree'))
        .map(([operator, a, b]) => {
          const both = [...all].filter((n) => a.want.has(n) && b.want.has(n));
          if (operator === 'and') return { keys: `(${a.keys} ${b.keys})`, want: new Set(both) };
          if (operator === 'or') {
            return { keys: `OR ${a.keys} ${b.keys}`, want: new Set([...a.want, ...b.want]) };
          }
          return { keys: `NOT ${a.keys}`, want: new Set([...all].filter((n) => !a.want.has(n))) };
        }),
    }));
    const seed = 20260730;
    const script = fc.sample(tree, { seed, numRuns: 200 }).map(({ keys, want }, i) => {
      const found = [...want].sort((a, b) => a - b).map((n) => ` ${n}`);
      return `C1: r${i} SEARCH ${keys}\nS1: * SEARCH${found.join('')}\nS1: r${i} OK ...\n`;
    });
    await playInInbox(server.port, script.join(''));
  });

  describe('in words of any script', () => {
    const words: readonly (readonly [keys: string, text: string, want: string])[] = [
      ['SUBJECT', 'құжат', '2'],
      ['SUBJECT', 'ҚҰЖАТ', '2'],
      ['FROM', 'әсел қайрат', '2'],
      ['BODY', 'ҚҰРМЕТТІ', '2'],
      ['BODY', 'есеп', '2'],
      ['TEXT', 'Әріптес', '2'],
      ['BODY', 'приветству', '3'],
      ['TEXT', 'ПРИВЕТ', '3'],
      ['BODY', 'прощай', ''],
    ];
    it('folds case after decoding', async () => {
      const script = words.map(([key, text, want], i) => {
        const bytes = Buffer.byteLength(text);
        const found = want === '' ? '' : ` ${want}`;
        return `C1: r${i} SEARCH CHARSET UTF-8 ${key} {${bytes}+}\nC1: ${text}\nS1: * SEARCH${found}\nS1: r${i} OK ...\n`;
      });
      await playInInbox(server.port, script.join(''));
    });

    it('reads quoted UTF-8 too, where it was enabled', async () => {
      await playInInbox(
        server.port,
        `
        C1: a1 SEARCH SUBJECT "құжат"
        S1: * SEARCH 2
        S1: a1 OK ...
        C1: a2 SEARCH CHARSET UTF-8 SUBJECT "құжат"
        S1: * SEARCH 2
        S1: a2 OK ...
        C1: a3 SEARCH CHARSET KOI8-R SUBJECT "x"
        S1: a3 BAD ...
      `,
        { enable: 'UTF8=ACCEPT' },
      );
    });
  });

  it('knows the charsets of mail, and says which when it does not', async () => {
    await playInInbox(
      server.port,
      `
      C1: a1 SEARCH CHARSET x-klingon SUBJECT a
      S1: a1 NO [BADCHARSET (US-ASCII UTF-8)] ...
      C1: a2 SEARCH CHARSET us-ascii SUBJECT html
      S1: * SEARCH 4
      S1: a2 OK ...
      C1: a3 SEARCH CHARSET "windows-1251" SUBJECT html
      S1: * SEARCH 4
      S1: a3 OK ...
      C1: a4 SEARCH FROM
      S1: a4 BAD ...
      C1: a5 SEARCH
      S1: a5 BAD ...
    `,
    );
  });

  it('RETURN answers ESEARCH, with what was asked for', async () => {
    await playInInbox(
      server.port,
      `
      C1: a1 SEARCH RETURN (MIN MAX COUNT ALL) UNSEEN
      S1: * ESEARCH (TAG "a1") MIN 2 MAX 5 COUNT 4 ALL 2:5
      S1: a1 OK ...
      C1: a2 UID SEARCH RETURN () NOT 3
      S1: * ESEARCH (TAG "a2") UID ALL 1:2,4:5
      S1: a2 OK ...
      C1: a3 SEARCH RETURN (MIN ALL COUNT) KEYWORD nothing
      S1: * ESEARCH (TAG "a3") COUNT 0
      S1: a3 OK ...
      C1: a4 SEARCH RETURN (ALL) KEYWORD nothing
      S1: * ESEARCH (TAG "a4")
      S1: a4 OK ...
      C1: a5 UID SEARCH RETURN (MAX) CHARSET UTF-8 ALL
      S1: * ESEARCH (TAG "a5") UID MAX 5
      S1: a5 OK ...
      C1: a6 SEARCH RETURN (MEDIAN) ALL
      S1: a6 BAD ...
      C1: a7 SEARCH RETURN MIN ALL
      S1: a7 BAD ...
    `,
    );
  });

  it('revision 2 knows ESEARCH alone', async () => {
    await playInInbox(
      server.port,
      `
      C1: a1 SEARCH SEEN
      S1: * ESEARCH (TAG "a1") ALL 1
      S1: a1 OK ...
      C1: a2 UID SEARCH KEYWORD nothing
      S1: * ESEARCH (TAG "a2") UID
      S1: a2 OK ...
    `,
      { enable: 'IMAP4rev2' },
    );
  });

  it('"$" is what SAVE found, less what was expunged since', async () => {
    await playInInbox(
      server.port,
      `
      C1: a0 FETCH $ UID
      S1: a0 OK ...
      C1: a1 SEARCH RETURN (SAVE) 3:5
      S1: a1 OK ...
      C1: a2 FETCH $ UID
      S1: * 3 FETCH (UID 3)
      S1: * 4 FETCH (UID 4)
      S1: * 5 FETCH (UID 5)
      S1: a2 OK ...
      C1: a3 UID STORE 4 +FLAGS.SILENT \\Deleted
      S1: a3 OK ...
      C1: a4 UID EXPUNGE 4
      S1: * 4 EXPUNGE
      S1: a4 OK ...
      C1: a5 UID SEARCH RETURN (COUNT ALL) UID $ SMALLER 200000
      S1: * ESEARCH (TAG "a5") UID COUNT 1 ALL 3
      S1: a5 OK ...
      C1: a6 SEARCH $
      S1: * SEARCH 3 4
      S1: a6 OK ...
      # MIN and MAX alone save only these
      C1: a7 SEARCH RETURN (SAVE MIN MAX) ALL
      S1: * ESEARCH (TAG "a7") MIN 1 MAX 4
      S1: a7 OK ...
      C1: a8 SEARCH $
      S1: * SEARCH 1 4
      S1: a8 OK ...
      # BAD leaves it, NO empties it
      C1: a9 SEARCH RETURN (SAVE) NONSENSE
      S1: a9 BAD ...
      C1: b1 SEARCH $
      S1: * SEARCH 1 4
      S1: b1 OK ...
      C1: b2 SEARCH RETURN (SAVE) CHARSET x-none ALL
      S1: b2 NO [BADCHARSET ...] ...
      C1: b3 SEARCH $
      S1: * SEARCH
      S1: b3 OK ...
      C1: b4 SEARCH RETURN (SAVE COUNT MIN) 2:3
      S1: * ESEARCH (TAG "b4") MIN 2 COUNT 2
      S1: b4 OK ...
      C1: b5 UID COPY $ Archive
      S1: b5 OK [COPYUID ... 2:3 1:2] ...
      C1: b6 SELECT INBOX
      S1: ...
      S1: b6 OK ...
      C1: b7 SEARCH $
      S1: * SEARCH
      S1: b7 OK ...
    `,
    );
  });

  it('finds a letter as soon as it is there', async () => {
    server = await startImap({ as, mailboxes: { INBOX: [] } });
    await playInInbox(
      server.port,
      `
      C1: a1 SEARCH SUBJECT brand-new
      S1: * SEARCH
      S1: a1 OK ...
      C2: b1 APPEND INBOX {22+}
      C2: Subject: Brand-New Day\\
      C2:
      S2: * 1 EXISTS
      S2: b1 OK [APPENDUID ...] ...
      C1: a2 UID SEARCH SUBJECT brand-new
      S1: * 1 EXISTS
      S1: * SEARCH 1
      S1: a2 OK ...
    `,
    );
  });

  it('finds by object identifiers', async () => {
    const lines = await playInInbox(
      server.port,
      `
      C1: a1 FETCH 3 (EMAILID THREADID)
      S1: * 3 FETCH ...
      S1: a1 OK ...
    `,
    );
    const text = lines.find((line) => line.startsWith('* 3 FETCH'));
    const [, email, thread] = /EMAILID \((.+?)\) THREADID \((.+?)\)/.exec(text ?? '') ?? [];
    await playInInbox(
      server.port,
      `
      C1: a2 SEARCH EMAILID ${email}
      S1: * SEARCH 3
      S1: a2 OK ...
      C1: a3 SEARCH THREADID ${thread}
      S1: * SEARCH 3
      S1: a3 OK ...
      C1: a4 SEARCH OR EMAILID E9999-3 THREADID Txyz
      S1: * SEARCH
      S1: a4 OK ...
    `,
    );
  });

  it('answers hundreds of keys in time linear in them', async () => {
    for (let i = 0; i < 20; i++) await deliver(server.store, server.account, 'INBOX', letter());
    const keys = `${'OR KEYWORD a '.repeat(40)}OR (${'UNSEEN '.repeat(800).trim()}) SEEN`;
    const lines = await playInInbox(
      server.port,
      `C1: a1 SEARCH RETURN (COUNT) ${keys}\nS1: ...\nS1: a1 OK ...\n`,
    );
    expect(lines.at(-2)).to.equal('* ESEARCH (TAG "a1") COUNT 25');
  });
});
