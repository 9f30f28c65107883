import { expect } from 'chai';
import type { AccountId, EmailId } from '../../src/core/values.ts';
import type { MailStore } from '../../src/store/api.ts';
import { play } from '../support/play.ts';
import { playInInbox } from './selected-script.ts';
import { deliver, type ImapServer, letter, startImap, startOfTime } from './support.ts';

const as = 'aigerim@example.kz';

/** text/plain, an enclosed message with two parts of its own, and a base64 attachment. */
const nested = [
  'From: a@example.kz',
  'Subject: nested',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b1',
  '',
  'preamble',
  '--b1',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'caf=C3=A9 =',
  'au lait',
  '--b1',
  'Content-Type: message/rfc822',
  '',
  'From: inner@example.kz',
  'Subject: inner',
  'Content-Type: multipart/alternative; boundary=b2',
  '',
  '--b2',
  'Content-Type: text/plain',
  '',
  'inner text',
  '--b2',
  'Content-Type: text/html',
  '',
  '<p>inner html</p>',
  '--b2--',
  '--b1',
  'Content-Type: application/octet-stream',
  'Content-Transfer-Encoding: base64',
  '',
  'AAECAw==',
  '--b1',
  'Content-Type: application/x-odd',
  'Content-Transfer-Encoding: x-uuencode',
  '',
  'odd',
  '--b1--',
  '',
].join('\r\n');

describe('FETCH', () => {
  it('answers what the mailbox knows of a message in the order asked', async () => {
    const server = await startImap({
      ownStore: true,
      as,
      mailboxes: {
        INBOX: [{ ...letter({}, ['\\Seen', '$Forwarded']), internalDate: startOfTime }],
      },
    });
    const size = letter().text.length;
    await playInInbox(
      server.port,
      `
      C1: a1 FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE)
      S1: * 1 FETCH (UID 1 FLAGS (\\Seen $Forwarded) INTERNALDATE "22-Mar-2026 09:00:00 +0000" RFC822.SIZE ${size})
      S1: a1 OK ...
      C1: a2 FETCH 1 FAST
      S1: * 1 FETCH (FLAGS (\\Seen $Forwarded) INTERNALDATE "22-Mar-2026 09:00:00 +0000" RFC822.SIZE ${size})
      S1: a2 OK ...
      C1: a3 FETCH 1 ALL
      S1: * 1 FETCH (FLAGS ... ENVELOPE ("Sun, 22 Mar 2026 14:00:00 +0500" "Salem" (("Aigerim" NIL "aigerim" "example.kz")) ...))
      S1: a3 OK ...
      C1: a4 FETCH 1 FULL
      S1: * 1 FETCH (FLAGS ... ENVELOPE (...) BODY ("text" "plain" ...))
      S1: a4 OK ...
      C1: a5 UID FETCH 1 (BODYSTRUCTURE)
      S1: * 1 FETCH (UID 1 BODYSTRUCTURE ("text" "plain" ...))
      S1: a5 OK ...
      C1: a6 FETCH 1 (EMAILID THREADID)
      S1: * 1 FETCH (EMAILID (E${server.account.id}-1) THREADID (T${server.account.id}-...))
      S1: a6 OK ...
    `,
    );
  });

  it('answers the header and pieces of it', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter()] } });
    await playInInbox(
      server.port,
      `
      C1: a1 FETCH 1 BODY.PEEK[HEADER.FIELDS (subject DATE)]
      S1: * 1 FETCH (BODY[HEADER.FIELDS (subject DATE)] {57}
      S1: Subject: Salem
      S1: Date: Sun, 22 Mar 2026 14:00:00 +0500
      S1:
      S1: )
      S1: a1 OK ...
      C1: a2 FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (From To Date Message-ID)]
      S1: * 1 FETCH (BODY[HEADER.FIELDS.NOT (From To Date Message-ID)] {18}
      S1: Subject: Salem
      S1:
      S1: )
      S1: a2 OK ...
      C1: a3 FETCH 1 BODY.PEEK[HEADER.FIELDS (X-None)]
      S1: * 1 FETCH (BODY[HEADER.FIELDS (X-None)] {2}
      S1:
      S1: )
      S1: a3 OK ...
      C1: a4 FETCH 1 (FLAGS RFC822.HEADER)
      S1: * 1 FETCH (FLAGS () RFC822.HEADER {...}
      S1: From: Aigerim <aigerim@example.kz>
      S1: ...
      S1: a4 OK ...
      C1: a5 FETCH 1 (BODY.PEEK[HEADER]<0.4> BODY.PEEK[HEADER]<6.7> BODY.PEEK[HEADER]<5000.7>)
      S1: * 1 FETCH (BODY[HEADER]<0> {4}
      S1: From BODY[HEADER]<6> {7}
      S1: Aigerim BODY[HEADER]<5000> {0}
      S1: )
      S1: a5 OK ...
    `,
    );
  });

  it('chooses header fields for each item by itself, alone, beside others and beside the body', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter()] } });
    await playInInbox(
      server.port,
      `
      C1: a1 FETCH 1 (UID BODY.PEEK[HEADER.FIELDS (Subject)]<2.6> FLAGS)
      S1: * 1 FETCH (UID 1 FLAGS () BODY[HEADER.FIELDS (Subject)]<2> {6}
      S1: bject:)
      S1: a1 OK ...
      C1: a2 FETCH 1 (BODY.PEEK[HEADER.FIELDS (Subject)] BODY.PEEK[HEADER.FIELDS (X)] BODY.PEEK[HEADER]<0.4>)
      S1: * 1 FETCH (BODY[HEADER.FIELDS (Subject)] {18}
      S1: Subject: Salem
      S1:
      S1:  BODY[HEADER.FIELDS (X)] {2}
      S1:
      S1:  BODY[HEADER]<0> {4}
      S1: From)
      S1: a2 OK ...
      C1: a3 FETCH 1 (BODY.PEEK[HEADER.FIELDS (Subject)] BODY.PEEK[TEXT]<0.1>)
      S1: * 1 FETCH (BODY[HEADER.FIELDS (Subject)] {18}
      S1: Subject: Salem
      S1:
      S1:  BODY[TEXT]<0> {1}
      S1: S)
      S1: a3 OK ...
      C1: a4 FETCH 1 (${['From', 'To', 'Subject', 'Date', 'X'].map((f) => `BODY.PEEK[HEADER.FIELDS (${f})]<0.2>`).join(' ')})
      S1: * 1 FETCH (BODY[HEADER.FIELDS (From)]<0> {2}
      S1: Fr BODY[HEADER.FIELDS (To)]<0> {2}
      S1: To BODY[HEADER.FIELDS (Subject)]<0> {2}
      S1: Su BODY[HEADER.FIELDS (Date)]<0> {2}
      S1: Da BODY[HEADER.FIELDS (X)]<0> {2}
      S1:
      S1: )
      S1: a4 OK ...
    `,
    );
  });

  it('finds parts, their MIME headers, and parts of enclosed messages', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [{ text: nested }, letter()] } });
    await playInInbox(
      server.port,
      `
      C1: a1 FETCH 1 BODY.PEEK[1]
      S1: * 1 FETCH (BODY[1] {20}
      S1: caf=C3=A9 =
      S1: au lait)
      S1: a1 OK ...
      C1: a2 FETCH 1 BODY.PEEK[1.MIME]
      S1: * 1 FETCH (BODY[1.MIME] {...}
      S1: Content-Type: text/plain; charset=utf-8
      S1: Content-Transfer-Encoding: quoted-printable
      S1:
      S1: )
      S1: a2 OK ...
      C1: a3 FETCH 1 (BODY.PEEK[2.HEADER.FIELDS (Subject)] BODY.PEEK[2.1] BODY.PEEK[2.2]<3.5>)
      S1: * 1 FETCH (BODY[2.HEADER.FIELDS (Subject)] {18}
      S1: Subject: inner
      S1:
      S1:  BODY[2.1] {10}
      S1: inner text BODY[2.2]<3> {5}
      S1: inner)
      S1: a3 OK ...
      C1: a4 FETCH 1 (BODY.PEEK[9] BODY.PEEK[1.1] BODY.PEEK[1.HEADER] BINARY.PEEK[9] BINARY.SIZE[9])
      S1: * 1 FETCH (BODY[9] NIL BODY[1.1] NIL BODY[1.HEADER] NIL BINARY[9] NIL BINARY.SIZE[9] NIL)
      S1: a4 OK ...
      # Without any multipart the body is part 1.
      C1: a5 FETCH 2 (BODY.PEEK[1] BODY.PEEK[TEXT] BODY.PEEK[1.1])
      S1: * 2 FETCH (BODY[1] {8}
      S1: Salem!
      S1:  BODY[TEXT] {8}
      S1: Salem!
      S1:  BODY[1.1] NIL)
      S1: a5 OK ...
    `,
    );
  });

  it('decodes parts for BINARY, with literal8 for NUL, and says what it cannot decode', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [{ text: nested }, letter()] } });
    await playInInbox(
      server.port,
      `
      C1: a1 FETCH 1 (BINARY.SIZE[1] BINARY.SIZE[3] BINARY.PEEK[1])
      S1: * 1 FETCH (BINARY.SIZE[1] 13 BINARY.SIZE[3] 4 BINARY[1] {13}
      S1: café au lait)
      S1: a1 OK ...
      C1: a2 FETCH 1 BINARY.PEEK[3]
      S1: * 1 FETCH (BINARY[3] ~{4}
      S1: \0\x01\x02\x03)
      S1: a2 OK ...
      C1: a3 FETCH 1 (BINARY.PEEK[3]<1.2> BINARY.PEEK[1]<9.100>)
      S1: * 1 FETCH (BINARY[3]<1> {2}
      S1: \x01\x02 BINARY[1]<9> {4}
      S1: lait)
      S1: a3 OK ...
      C1: a4 FETCH 1:2 (UID BINARY.PEEK[4] BINARY.SIZE[1])
      S1: * 1 FETCH (UID 1 BINARY.SIZE[1] 13)
      S1: * 2 FETCH (UID 2 BINARY[4] NIL BINARY.SIZE[1] 8)
      S1: a4 NO [UNKNOWN-CTE] ...
      C1: a6 FETCH 1 BINARY.PEEK[4]
      S1: * 1 FETCH (UID 1)
      S1: a6 NO [UNKNOWN-CTE] ...
      C1: a5 FETCH 2 BINARY.SIZE[]
      S1: * 2 FETCH (BINARY.SIZE[] ${letter().text.length})
      S1: a5 OK ...
    `,
    );
  });

  it('marks as seen what it reads, in one commit, and tells it in the same response', async () => {
    let commits = 0;
    const around = (store: MailStore): MailStore =>
      new Proxy(store, {
        get(target, name) {
          if (name === 'storeFlags') commits++;
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    const seen = letter({}, ['\\Seen', '\\Flagged']);
    const server = await startImap({
      as,
      around,
      mailboxes: { INBOX: [letter(), seen, letter(), letter()] },
    });
    await playInInbox(
      server.port,
      `
      C1: a1 FETCH 1:3 BODY[TEXT]<0.5>
      S1: * 1 FETCH (FLAGS (\\Seen) BODY[TEXT]<0> {5}
      S1: Salem)
      S1: * 2 FETCH (BODY[TEXT]<0> {5}
      S1: Salem)
      S1: * 3 FETCH (FLAGS (\\Seen) BODY[TEXT]<0> {5}
      S1: Salem)
      S1: a1 OK ...
      # It is told once.
      C1: a2 NOOP
      S1: a2 OK ...
      C1: a3 FETCH 4 (FLAGS RFC822.TEXT)
      S1: * 4 FETCH (FLAGS (\\Seen) RFC822.TEXT {8}
      S1: Salem!
      S1: )
      S1: a3 OK ...
      C1: a4 FETCH 4 (FLAGS BODY[])
      S1: * 4 FETCH (FLAGS (\\Seen) BODY[] {...}
      S1: ...
      S1: a4 OK ...
    `,
    );
    expect(commits).to.equal(2);
  });

  it('marks nothing in a mailbox that is open read-only, and nothing by peeking', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter()] } });
    await playInInbox(
      server.port,
      `
      C1: a1 FETCH 1 (FLAGS BODY[TEXT])
      S1: * 1 FETCH (FLAGS () BODY[TEXT] {8}
      S1: ...
      S1: a1 OK ...
      C1: a2 SELECT INBOX
      S1: ...
      S1: a2 OK ...
      C1: a3 FETCH 1 (FLAGS BODY.PEEK[TEXT] BINARY.PEEK[1])
      S1: * 1 FETCH (FLAGS () ...
      S1: ...
      S1: a3 OK ...
    `,
      { select: 'EXAMINE INBOX' },
    );
  });

  it('gives raw UTF-8 only to a session that asked for it', async () => {
    const text = letter().text.replace('Subject: Salem', 'Subject: Сәлем');
    const server = await startImap({ as, mailboxes: { INBOX: [{ text }] } });
    const lines = await play(
      server.port,
      `
      S1: * PREAUTH ...
      C1: a1 SELECT INBOX
      S1: ...
      S1: a1 OK ...
      C1: a2 FETCH 1 ENVELOPE
      S1: * 1 FETCH (ENVELOPE ("Sun, 22 Mar 2026 14:00:00 +0500" "=?utf-8?...?=" ...
      S1: a2 OK ...
      S2: * PREAUTH ...
      C2: b1 ENABLE UTF8=ACCEPT
      S2: ...
      S2: b1 OK ...
      C2: b2 SELECT INBOX
      S2: ...
      S2: b2 OK ...
      C2: b3 FETCH 1 ENVELOPE
      S2: * 1 FETCH (ENVELOPE ("Sun, 22 Mar 2026 14:00:00 +0500" "Сәлем" ...
      S2: b3 OK ...
      # The octets of the message are what they are.
      C1: a3 FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]
      S1: * 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {23}
      S1: Subject: Сәлем
      S1:
      S1: )
      S1: a3 OK ...
    `,
    );
    expect(lines.some((line) => line.startsWith('a2 OK'))).to.equal(true);
  });

  it('keeps answering for what another session expunged, and tells it when that is allowed', async () => {
    const server = await startImap({
      as,
      mailboxes: { INBOX: [letter(), letter({ Subject: 'two' }), letter()] },
    });
    await playInInbox(
      server.port,
      `
      C1: a1 NOOP
      S1: a1 OK ...
      C2: b1 STORE 2 +FLAGS.SILENT (\\Deleted)
      S2: b1 OK ...
      C2: b2 EXPUNGE
      S2: * 2 EXPUNGE
      S2: b2 OK ...
      C1: a2 FETCH 1:3 (UID BODY.PEEK[HEADER.FIELDS (Subject)])
      S1: * 1 FETCH (UID 1 BODY[HEADER.FIELDS (Subject)] {18}
      S1: Subject: Salem
      S1:
      S1: )
      S1: * 2 FETCH (UID 2 BODY[HEADER.FIELDS (Subject)] {16}
      S1: Subject: two
      S1:
      S1: )
      S1: * 3 FETCH (UID 3 BODY[HEADER.FIELDS (Subject)] {18}
      S1: Subject: Salem
      S1:
      S1: )
      S1: a2 OK ...
      C1: a3 FETCH 2 (FLAGS BODY[TEXT])
      S1: * 2 FETCH (FLAGS ...) BODY[TEXT] {8}
      S1: Salem!
      S1: )
      S1: a3 OK ...
      # UID FETCH is another command than FETCH: it may tell.
      C1: a4 UID FETCH 2 FLAGS
      S1: * 2 FETCH (UID 2 FLAGS (...))
      S1: * 2 EXPUNGE
      S1: a4 OK ...
      C1: a5 UID FETCH 2 FLAGS
      S1: a5 OK ...
      C1: a6 FETCH 2 UID
      S1: * 2 FETCH (UID 3)
      S1: a6 OK ...
    `,
    );
  });

  it('finds by UID what came in meanwhile', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter()] } });
    const playing = playInInbox(
      server.port,
      `
      C1: a1 UID FETCH 2:* UID
      S1: * 1 FETCH (UID 1)
      S1: a1 OK ...
      C2: b1 UID COPY 1 INBOX
      S2: * 2 EXISTS
      S2: b1 OK [COPYUID ... 1 2] ...
      C1: a2 UID FETCH 2:* UID
      S1: * 2 EXISTS
      S1: * 2 FETCH (UID 2)
      S1: a2 OK ...
    `,
    );
    await playing;
  });

  it('refuses numbers that are not there, and skips UIDs that are not there', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter()], Empty: [] } });
    await playInInbox(
      server.port,
      `
      C1: a1 FETCH 2 FLAGS
      S1: a1 BAD ...
      C1: a2 FETCH 1:2 FLAGS
      S1: a2 BAD ...
      C1: a3 FETCH 1:* FLAGS
      S1: * 1 FETCH (FLAGS ())
      S1: a3 OK ...
      C1: a4 UID FETCH 7,9:12 FLAGS
      S1: a4 OK ...
      C1: a5 UID FETCH 4294967295,1:4294967295 UID
      S1: * 1 FETCH (UID 1)
      S1: a5 OK ...
      C1: a6 FETCH 1 (FLAGS) (CHANGEDSINCE)
      S1: a6 BAD ...
      C1: a7 SELECT Empty
      S1: ...
      S1: a7 OK ...
      C1: a8 FETCH 1:* FLAGS
      S1: a8 BAD ...
      C1: a9 UID FETCH 1:* FLAGS
      S1: a9 OK ...
    `,
    );
  });

  it('answers the others when the content of one message is lost', async () => {
    const lose = (store: MailStore): MailStore =>
      new Proxy(store, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          if (name !== 'contents' && name !== 'describe') return value.bind(target) as unknown;
          return async (...args: unknown[]) => {
            const found = (await Reflect.apply(value, target, args)) as unknown[];
            return found.map((one, i) => (i === 1 ? undefined : one));
          };
        },
      });
    const server = await startImap({
      as,
      around: lose,
      mailboxes: { INBOX: [letter(), letter({ Subject: '2' }), letter({ Subject: '3' })] },
    });
    await playInInbox(
      server.port,
      `
      C1: a1 FETCH 1:3 (UID BODY.PEEK[TEXT]<0.1>)
      S1: * 1 FETCH (UID 1 BODY[TEXT]<0> {1}
      S1: S)
      S1: * 3 FETCH (UID 3 BODY[TEXT]<0> {1}
      S1: S)
      S1: a1 NO [SERVERBUG] ...
      C1: a2 FETCH 1:3 (UID ENVELOPE)
      S1: * 1 FETCH (UID 1 ENVELOPE ...
      S1: * 3 FETCH (UID 3 ENVELOPE ...
      S1: a2 NO [SERVERBUG] ...
    `,
    );
    expect(server.troubles).to.deep.equal(['content-missing', 'content-missing']);
  });

  describe('large messages', () => {
    /** Larger than what is kept in memory, and than several pieces of a stream. */
    const lines = Array.from(
      { length: 9000 },
      (_, i) => `line ${i} of a long letter, padded a bit\r\n`,
    );
    const body = lines.join('');
    let server: ImapServer;

    const attachment = Buffer.alloc(300_000, 'binary\0data').toString('base64');
    const text = [
      'From: a@example.kz',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      `${body}--b`,
      'Content-Type: application/octet-stream',
      'Content-Transfer-Encoding: base64',
      '',
      attachment.replace(/.{76}/g, '$&\r\n'),
      '--b--',
      '',
    ].join('\r\n');

    beforeEach(async () => {
      server = await startImap({ as, mailboxes: { INBOX: [{ text }] } });
    });

    it('are streamed byte for byte, in parts and pieces', async () => {
      const got = await playInInbox(
        server.port,
        `
        C1: a1 FETCH 1 (UID BODY.PEEK[1])
        S1: * 1 FETCH (UID 1 BODY[1] {${body.length - 2}}
        S1: ...
        S1: a1 OK ...
        C1: a2 FETCH 1 BODY.PEEK[1]<100000.200000>
        S1: * 1 FETCH (BODY[1]<100000> {200000}
        S1: ...
        S1: a2 OK ...
      `,
      );
      const start = got.findIndex((line) => line.startsWith('* 1 FETCH (UID'));
      const end = got.findIndex((line) => line.startsWith('a1 OK'));
      expect(got.slice(start + 1, end).join('\r\n')).to.equal(`${body.slice(0, -2)})`);
      const second = got.findIndex((line) => line.startsWith('* 1 FETCH (BODY[1]<100000>'));
      const rest = got.slice(second + 1, -1).join('\r\n');
      expect(rest).to.equal(`${body.slice(100_000, 300_000)})`);
    });

    it('that cannot be read to their end cut the connection, so that nobody takes the rest for mail', async () => {
      const breaking = (store: MailStore): MailStore =>
        new Proxy(store, {
          get(target, name) {
            const value: unknown = Reflect.get(target, name);
            if (typeof value !== 'function') return value;
            if (name !== 'content') return value.bind(target) as unknown;
            return async (account: AccountId, email: EmailId) => {
              const content = await target.content(account, email);
              if (content === undefined) return undefined;
              const read: typeof content.read = async (offset, length) => {
                const octets = await content.read(offset, length);
                return offset > 200_000 ? octets.subarray(0, 10) : octets;
              };
              return { sizeBytes: content.sizeBytes, read };
            };
          },
        });
      const broken = await startImap({ as: 'other@example.kz', around: breaking, mailboxes: {} });
      await deliver(broken.store, broken.account, 'INBOX', { text });
      const got = await playInInbox(
        broken.port,
        `
        C1: a1 FETCH 1 BODY.PEEK[]
        S1: ...
        S1: (closed)
      `,
      );
      expect(got.some((line) => line.startsWith('a1 '))).to.equal(false);
      expect(broken.troubles[0]).to.match(/^message-unreadable/);
    });

    it('are decoded in bounded memory for BINARY', async () => {
      const got = await playInInbox(
        server.port,
        `
        C1: a1 FETCH 1 (BINARY.SIZE[2] BINARY.PEEK[2]<150000.140000>)
        S1: * 1 FETCH (BINARY.SIZE[2] 300000 BINARY[2]<150000> ~{140000}
        S1: ...
        S1: a1 OK ...
      `,
      );
      const data = Buffer.alloc(300_000, 'binary\0data').subarray(150_000, 290_000);
      expect(got.at(-2)).to.equal(`${data.toString()})`);
    });
  });
});
