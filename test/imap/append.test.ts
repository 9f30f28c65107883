import { connect } from 'node:net';
import { expect } from 'chai';
import type { MailboxName } from '../../src/core/values.ts';
import type { Appended, ContentWriter, MailStore } from '../../src/store/api.ts';
import { play } from '../support/play.ts';
import { letter, startImap } from './support.ts';

const as = 'aigerim@example.kz';
const eai = 'Subject: Сәлем\r\n\r\nx\r\n';
const eightBitBody = 'Subject: x\r\n\r\nСәлем\r\n';
const eaiBytes = Buffer.byteLength(eai);

describe('APPEND', () => {
  it('keeps flags, keywords and the date, and answers APPENDUID', async () => {
    const server = await startImap({ as });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 APPEND Drafts (\\Seen \\Draft Work) " 1-Feb-2026 03:04:05 +0500" {14}
      S: + Ready for the message
      C: Subject: x
      C:
      C:
      S: a1 OK [APPENDUID ... 1] APPEND completed
      C: a2 APPEND "Drafts" {14+}
      C: Subject: y
      C:
      C:
      S: a2 OK [APPENDUID ... 2] APPEND completed
      C: a3 APPEND {6}
      S: + OK
      C: Drafts ~{14}
      S: + Ready for the message
      C: Subject: z
      C:
      C:
      S: a3 OK [APPENDUID ... 3] APPEND completed
      C: a4 EXAMINE Drafts
      S: ...
      S: a4 OK ...
      C: a5 FETCH 1:3 (FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (Subject)])
      S: * 1 FETCH (FLAGS (\\Seen \\Draft Work) INTERNALDATE "31-Jan-2026 22:04:05 +0000" BODY[...
      S: Subject: x
      S: ...
      S: * 2 FETCH (FLAGS () INTERNALDATE "22-Mar-2026 09:00:00 +0000" BODY[...
      S: Subject: y
      S: ...
      S: * 3 FETCH ...
      S: Subject: z
      S: ...
      S: a5 OK ...
    `,
    );
  });

  it('tells the own session and others what came into the selected mailbox', async () => {
    const server = await startImap({ as });
    await play(
      server.port,
      `
      S1: * PREAUTH ...
      C1: a1 SELECT INBOX
      S1: ...
      S1: a1 OK ...
      S2: * PREAUTH ...
      C2: b1 SELECT INBOX
      S2: ...
      S2: b1 OK ...
      C2: b2 IDLE
      S2: + idling
      C1: a2 APPEND INBOX (\\Flagged) {3+}
      C1: x
      C1:
      C1: a3 FETCH 1 FLAGS
      S1: * 1 EXISTS
      S1: a2 OK [APPENDUID ...
      S1: * 1 FETCH (FLAGS (\\Flagged))
      S1: a3 OK ...
      S2: * 1 EXISTS
    `,
    );
  });

  it('says what is wrong before the client sends the message', async () => {
    const server = await startImap({
      as,
      quota: { bytes: 1000, messages: undefined },
      options: { limits: { appendBytes: 2000 } },
      mailboxes: { 'Name/Box': [] },
    });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 APPEND Missing {10}
      S: a1 NO [TRYCREATE] ...
      C: a2 APPEND INBOX {2001}
      S: a2 NO [TOOBIG] ...
      C: a3 APPEND INBOX {1001}
      S: a3 NO [OVERQUOTA] ...
      C: a4 APPEND INBOX (\\Hairy) {10}
      S: a4 BAD ...
      C: a5 APPEND INBOX "yesterday" {10}
      S: a5 BAD ...
      C: a6 APPEND INBOX {0}
      S: a6 NO [CANNOT] ...
      C: a7 APPEND INBOX UTF8 ({10}
      S: a7 BAD ...
      C: a8 APPEND INBOX
      S: a8 BAD ...
      C: a9 APPEND INBOX "quoted text"
      S: a9 BAD ...
      C: b1 DELETE Name
      S: b1 OK ...
      C: b2 APPEND Name {10}
      S: b2 NO [TRYCREATE] ...
      C: b3 NOOP
      S: b3 OK ...
    `,
    );
  });

  it('reads past a refused message that was sent unasked, and never takes it for commands', async () => {
    const server = await startImap({
      as,
      options: { limits: { appendBytes: 20, discardBytes: 100 } },
    });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 APPEND INBOX {27+}
      C: a2 LOGOUT
      C: a3 LOGOUT
      C: 567
      C:
      C: a4 NOOP
      S: a1 NO [TOOBIG] ...
      S: a4 OK ...
      C: a5 APPEND Missing {11+}
      C: a6 LOGOUT
      C:
      C: a7 NOOP
      S: a5 NO [TRYCREATE] ...
      S: a7 OK ...
      C: a8 APPEND INBOX {101+}
      S: * BYE [TOOBIG] ...
      S: (closed)
    `,
    );
  });

  it('keeps nothing when something else follows the message', async () => {
    const server = await startImap({ as });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 APPEND INBOX {3+}
      C: abc more
      S: a1 BAD ...
      # MULTIAPPEND is not offered
      C: a2 APPEND INBOX {3+}
      C: abc {3+}
      C: def
      S: a2 BAD ...
      C: a3 APPEND INBOX {3+}
      C: abc {99999}
      S: a3 BAD [TOOBIG] ...
      C: a4 APPEND INBOX UTF8 (~{3+}
      C: abc
      S: a4 BAD ...
      C: a5 STATUS INBOX (MESSAGES UIDNEXT)
      S: * STATUS INBOX (MESSAGES 0 UIDNEXT 1)
      S: a5 OK ...
    `,
    );
  });

  it('takes a UTF-8 header only from clients that know what it is', async () => {
    const server = await startImap({ as });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 APPEND INBOX {${eaiBytes}+}
      C: ${eai.split('\r\n').join('\nC: ')}
      S: a1 NO [CANNOT] ...
      C: a2 APPEND INBOX UTF8 (~{${eaiBytes}+}
      C: ${eai.split('\r\n').join('\nC: ')})
      S: a2 OK ...
      C: a3 APPEND INBOX {${Buffer.byteLength(eightBitBody)}+}
      C: ${eightBitBody.split('\r\n').join('\nC: ')}
      S: a3 OK ...
      C: a4 ENABLE IMAP4rev2
      S: ...
      S: a4 OK ...
      C: a5 APPEND INBOX {${eaiBytes}+}
      C: ${eai.split('\r\n').join('\nC: ')}
      S: a5 OK ...
    `,
    );
  });

  it('takes no NUL', async () => {
    const server = await startImap({ as });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 APPEND INBOX {3+}
      C: a\0b
      S: a1 BAD ...
      C: a2 APPEND INBOX ~{3+}
      C: a\0b
      S: a2 NO [UNKNOWN-CTE] ...
    `,
    );
  });

  it('streams a large message, and holds the client back when the store is slow', async () => {
    let most = 0;
    let waiting = 0;
    const server = await startImap({
      as,
      around: (store) =>
        slowly(store, (octets) => {
          waiting += octets;
          most = Math.max(most, waiting);
          return new Promise((resolve) =>
            setImmediate(() => {
              waiting -= octets;
              resolve();
            }),
          );
        }),
    });
    const line = `${'x'.repeat(998)}\r\n`;
    const size = 20_000 * line.length;
    const { text } = letter();
    const total = Buffer.byteLength(text) + size;
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 APPEND INBOX {${total}}
      S: + Ready for the message
      C: ${text.split('\r\n').join('\nC: ')}\\
      C: ${Array(20_000).fill(line.trim()).join('\nC: ')}
      C:
      S: a1 OK [APPENDUID ...
      C: a2 STATUS INBOX (SIZE)
      S: * STATUS INBOX (SIZE ${total})
      S: a2 OK ...
    `,
      { patienceMs: 15_000 },
    );
    expect(most).to.be.below(256 * 1024);
  });

  describe('of several messages, pipelined', () => {
    const message = `
      C: Subject: x
      C:
      C:`;
    const appends = (count: number): string =>
      Array.from(
        { length: count },
        (_, i) => `
      C: a${i + 1} APPEND Drafts {14+}${message}`,
      ).join('');
    const answers = (count: number): string =>
      Array.from(
        { length: count },
        (_, i) => `
      S: a${i + 1} OK [APPENDUID ... ${i + 1}] APPEND completed`,
      ).join('');

    it('lets 16 of them wait for the disk together, and answers in order', async () => {
      const gate = new Gate(16);
      const server = await startImap({ as, around: (store) => gated(store, gate) });
      await play(
        server.port,
        `
      S: * PREAUTH ...${appends(32)}
      C: b1 NOOP${answers(32)}
      S: b1 OK ...
      `,
      );
      expect(gate.most).to.equal(16);
    });

    it('answers what is refused, and what else is said, in its place', async () => {
      const gate = new Gate(1);
      const server = await startImap({ as, around: (store) => gated(store, gate) });
      await play(
        server.port,
        `
      S: * PREAUTH ...
      C: b0 SELECT Drafts
      S: ...
      S: b0 OK ...${appends(1)}
      C: a2 APPEND Nowhere {14+}${message}
      C: a3 APPEND Drafts {14+}${message}
      C: a4 APPEND {6+}
      C: Drafts {14}
      S: * 1 EXISTS
      S: a1 OK [APPENDUID ... 1] APPEND completed
      S: a2 NO [TRYCREATE] ...
      S: * 2 EXISTS
      S: a3 OK [APPENDUID ... 2] APPEND completed
      S: + Ready for the message
      `,
      );
    });

    it('keeps what was sent before the client went, and lets the session go', async () => {
      const gate = new Gate(3);
      const server = await startImap({ as, around: (store) => gated(store, gate) });
      await play(
        server.port,
        `
      S: * PREAUTH ...
      C: b0 SELECT Drafts
      S: ...
      S: b0 OK ...${appends(3)}
      C: (close)${''}
      S: * 3 EXISTS${answers(3)}
      S: (closed)
      `,
      );
      expect(gate.most).to.equal(3);
      const drafts = (await server.store.mailboxes(server.account.id)).find(
        ({ name }) => name === 'Drafts',
      );
      expect(drafts?.messages).to.equal(3);
      expect(server.troubles).to.deep.equal([]);
    });

    it('answers them before the server stops', async () => {
      const gate = new Gate(2, () => void server.listener.close());
      const server = await startImap({ as, around: (store) => gated(store, gate) });
      await play(
        server.port,
        `
      S: * PREAUTH ...${appends(2)}
      C: b1 NOOP${answers(2)}
      S: b1 OK ...
      S: * BYE ...
      S: (closed)
      `,
      );
    });
  });

  it('does not wait for the rest of a message when the account is suspended', async () => {
    const server = await startImap({ as });
    const socket = connect(server.port, '127.0.0.1');
    let heard = '';
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        heard += chunk.toString('latin1');
        if (heard.includes('* PREAUTH')) {
          socket.write('a1 APPEND INBOX {1000}\r\n');
          heard = '';
        }
        if (heard.includes('+ Ready')) resolve();
      });
    });
    socket.write('Subject: x\r\n');
    server.listener.endSessions(server.account.id);
    await closed;
    expect(heard).to.include('* BYE Your account was suspended or closed');
    const inbox = await server.store.findMailbox(server.account.id, 'INBOX' as MailboxName);
    expect(inbox?.messages).to.equal(0);
  });
});

/** Holds answers until so many wait and no further one comes; then lets them go, the last one first. */
class Gate {
  most = 0;
  readonly #size: number;
  readonly #onFull: () => void;
  #waiting: { readonly stored: Promise<unknown>; readonly go: () => void }[] = [];

  constructor(size: number, onFull: () => void = () => undefined) {
    this.#size = size;
    this.#onFull = onFull;
  }

  pass(stored: Promise<unknown>): Promise<void> {
    return new Promise((go) => {
      const waiting = this.#waiting.push({ stored, go });
      this.most = Math.max(this.most, waiting);
      if (waiting === this.#size) void this.#open();
    });
  }

  async #open(): Promise<void> {
    for (let turn = 0; turn < turnsForMore; turn++) await new Promise(setImmediate);
    this.#onFull();
    const waiting = this.#waiting.splice(0);
    await Promise.all(waiting.map(({ stored }) => stored));
    for (const { go } of waiting.reverse()) go();
  }
}

/** Turns of the event loop in which one more would have come. */
const turnsForMore = 50;

/** A store that holds the answer of each APPEND at the gate. */
function gated(store: MailStore, gate: Gate): MailStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'append') {
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      }
      return async (...args: Parameters<MailStore['append']>): Promise<Appended> => {
        const appended = target.append(...args);
        await gate.pass(appended);
        return appended;
      };
    },
  });
}

/** A store whose writers say that they need time. */
function slowly(store: MailStore, pace: (octets: number) => Promise<void>): MailStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'receive') {
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      }
      return (): ContentWriter => {
        const writer = target.receive();
        return {
          async write(chunk) {
            await writer.write(chunk);
            await pace(chunk.length);
          },
          finish: () => writer.finish(),
          abort: () => writer.abort(),
        };
      };
    },
  });
}
