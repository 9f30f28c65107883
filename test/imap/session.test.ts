import { expect } from 'chai';
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { ensureDevelopmentCertificate } from '../../src/development/certificate.ts';
import { defaultImapLimits } from '../../src/imap/options.ts';
import { CertificateFiles } from '../../src/tls/certificate-files.ts';
import { play } from '../support/play.ts';
import { letter, password, startImap } from './support.ts';

const as = 'aigerim@example.kz';
const accounts = { [as]: password };
const plain = (login: string, secret: string): string =>
  Buffer.from(`\0${login}\0${secret}`).toString('base64');

describe('IMAP login', () => {
  it('greets with what works, and tells what works after LOGIN', async () => {
    const server = await startImap({ accounts });
    await play(
      server.port,
      `
      S: * OK [CAPABILITY IMAP4rev2 IMAP4rev1 SASL-IR LITERAL- ENABLE ID AUTH=SCRAM-SHA-256 AUTH=PLAIN] mail.example.kz is ready
      C: a1 CAPABILITY
      S: * CAPABILITY IMAP4rev2 IMAP4rev1 SASL-IR LITERAL- ENABLE ID AUTH=SCRAM-SHA-256 AUTH=PLAIN
      S: a1 OK ...
      C: a2 SELECT INBOX
      S: a2 BAD Log in first
      C: a3 LOGIN ${as} wrong
      S: a3 NO [AUTHENTICATIONFAILED] ...
      C: a4 LOGIN nobody@example.kz ${password}
      S: a4 NO [AUTHENTICATIONFAILED] Wrong name or password
      C: a5 LOGIN "${as}" {${password.length}}
      S: + OK
      C: ${password}
      S: a5 OK [CAPABILITY IMAP4rev2 IMAP4rev1 LITERAL+ ... QUOTA=RES-MESSAGE] LOGIN completed
      C: a6 LOGIN ${as} ${password}
      S: a6 BAD You are logged in already
      C: a7 LOGOUT
      S: * BYE Logging out
      S: a7 OK ...
      S: (closed)
    `,
    );
    expect(server.troubles).to.deep.equal([]);
  });

  it('never advertises LITERAL- and LITERAL+ together, nor what is switched off', async () => {
    const server = await startImap({ as, options: { disabledCapabilities: ['QRESYNC', 'move'] } });
    const [greeting = ''] = await play(server.port, 'S: * PREAUTH ...');
    const names = /\[CAPABILITY (.*)\]/.exec(greeting)?.[1]?.split(' ') ?? [];
    expect(names).to.include.members(['LITERAL+', 'IMAP4rev2', 'CONDSTORE', 'UTF8=ACCEPT']);
    for (const name of ['LITERAL-', 'QRESYNC', 'MOVE', 'STARTTLS', 'LOGINDISABLED', 'AUTH=PLAIN']) {
      expect(names).to.not.include(name);
    }
  });

  it('takes AUTHENTICATE PLAIN, with and without an initial response', async () => {
    const server = await startImap({ accounts });
    await play(
      server.port,
      `
      S1: * OK ...
      C1: a1 AUTHENTICATE PLAIN ${plain(as, password)}
      S1: a1 OK [CAPABILITY ...
      S2: * OK ...
      C2: b1 authenticate plain
      S2: +...
      C2: ${plain(as, password)}
      S2: b1 OK [CAPABILITY ...
      S3: * OK ...
      C3: c1 AUTHENTICATE PLAIN
      S3: +...
      C3: *
      S3: c1 BAD ...
      C3: c2 AUTHENTICATE PLAIN !!!!
      S3: c2 BAD ...
      C3: c3 AUTHENTICATE PLAIN =
      S3: c3 BAD ...
      C3: c4 AUTHENTICATE GSSAPI
      S3: c4 NO [CANNOT] ...
      C3: c5 AUTHENTICATE PLAIN ${plain(as, 'wrong')}
      S3: c5 NO [AUTHENTICATIONFAILED] ...
      # what is pipelined behind the response is a command
      C3: c6 AUTHENTICATE PLAIN
      C3: ${plain(as, password)}
      C3: c7 NOOP
      S3: +...
      S3: c6 OK ...
      S3: c7 OK ...
    `,
    );
  });

  it('takes AUTHENTICATE LOGIN, which it does not show', async () => {
    const server = await startImap({ accounts });
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    await play(
      server.port,
      `
      S: * OK ...
      C: a1 AUTHENTICATE LOGIN
      S: + ${base64('Username:')}
      C: ${base64(as)}
      S: + ${base64('Password:')}
      C: ${base64(password)}
      S: a1 OK ...
    `,
    );
  });

  it('takes AUTHENTICATE SCRAM-SHA-256, and proves itself to the client', async () => {
    const server = await startImap({ accounts });
    const hmac = (key: Buffer, text: string): Buffer =>
      createHmac('sha256', key).update(text).digest();
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const clientFirst = `n=${as},r=abc`;
    const serverFirst = `r=abcserver-nonce,s=${base64('salt')},i=4096`;
    const withoutProof = `c=${base64('n,,')},r=abcserver-nonce`;
    const authMessage = `${clientFirst},${serverFirst},${withoutProof}`;
    const salted = pbkdf2Sync(password, 'salt', 4096, 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const storedKey = createHash('sha256').update(clientKey).digest();
    const signature = hmac(storedKey, authMessage);
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!)).toString('base64');
    const verifier = hmac(hmac(salted, 'Server Key'), authMessage).toString('base64');
    await play(
      server.port,
      `
      S: * OK ...
      C: a1 AUTHENTICATE SCRAM-SHA-256 ${base64(`n,,${clientFirst}`)}
      S: + ${base64(serverFirst)}
      C: ${base64(`${withoutProof},p=${proof}`)}
      S: + ${base64(`v=${verifier}`)}
      C:
      S: a1 OK ...
    `,
    );
  });

  it('says what is the matter with the account to its owner alone', async () => {
    const server = await startImap({ accounts });
    await play(
      server.port,
      `
      S: * OK ...
      C: a1 LOGIN suspended@example.kz x
      S: a1 NO [CONTACTADMIN] ...
      C: a2 LOGIN throttled@example.kz x
      S: a2 NO [UNAVAILABLE] ...
      C: a3 LOGIN devices@example.kz x
      S: a3 NO [ALERT] Use a device password for mail programs
    `,
    );
  });

  it('hangs up after some failed logins, and after a while without one', async () => {
    const server = await startImap({
      accounts,
      options: { limits: { loginAttempts: 2 }, timeouts: { loginMs: 300 } },
    });
    await play(
      server.port,
      `
      S1: * OK ...
      C1: a1 LOGIN ${as} wrong
      S1: a1 NO ...
      C1: a2 AUTHENTICATE PLAIN ${plain(as, 'wrong')}
      S1: a2 NO ...
      S1: * BYE Too many failed logins
      S1: (closed)
      S2: * OK ...
      C2: b1 NOOP
      S2: b1 OK ...
      S2: * BYE Too slow to log in
      S2: (closed)
    `,
    );
  });

  it('takes no password in clear text from just anywhere', async () => {
    const server = await startImap({
      accounts,
      options: { cleartextLoginNetworks: ['192.0.2.0/24'] },
    });
    await play(
      server.port,
      `
      S: * OK [CAPABILITY IMAP4rev2 IMAP4rev1 SASL-IR LITERAL- ENABLE ID LOGINDISABLED] ...
      C: a1 LOGIN ${as} ${password}
      S: a1 NO [PRIVACYREQUIRED] ...
      C: a2 AUTHENTICATE PLAIN
      S: a2 NO [PRIVACYREQUIRED] ...
      C: a3 STARTTLS
      S: a3 BAD ...
    `,
    );
  });

  it('limits sessions of an account, and gives places back', async () => {
    const server = await startImap({ accounts, options: { limits: { sessionsPerAccount: 1 } } });
    const login = `LOGIN ${as} ${password}`;
    await play(
      server.port,
      `
      S1: * OK ...
      C1: a1 ${login}
      S1: a1 OK ...
      S2: * OK ...
      C2: b1 ${login}
      S2: b1 NO [LIMIT] ...
      C1: a2 LOGOUT
      S1: ...
      S1: a2 OK ...
      S1: (closed)
      C2: b2 ${login}
      S2: b2 ...
    `,
    );
  });

  it('limits connections from an address', async () => {
    const server = await startImap({ accounts, options: { limits: { connectionsPerAddress: 1 } } });
    await play(
      server.port,
      `
      S1: * OK ...
      S2: * BYE [LIMIT] ...
      S2: (closed)
    `,
    );
  });
});

describe('IMAP over TLS', () => {
  let folder: string;
  let tls: CertificateFiles;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zhashik-tls-'));
    tls = await CertificateFiles.open(await ensureDevelopmentCertificate(folder, [], systemClock));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('begins by STARTTLS, and forgets what was pipelined behind it in clear text', async () => {
    const server = await startImap({ accounts, tls, options: { cleartextLoginNetworks: [] } });
    await play(
      server.port,
      `
      S: * OK [CAPABILITY IMAP4rev2 IMAP4rev1 SASL-IR LITERAL- ENABLE ID STARTTLS LOGINDISABLED] ...
      C: a1 STARTTLS
      C: a2 LOGIN ${as} ${password}
      S: a1 OK ...
      C: (starttls)
      C: a3 CAPABILITY
      S: * CAPABILITY IMAP4rev2 IMAP4rev1 SASL-IR LITERAL- ENABLE ID AUTH=SCRAM-SHA-256 AUTH=PLAIN
      S: a3 OK ...
      C: a4 STARTTLS
      S: a4 BAD ...
      C: a5 LOGIN ${as} ${password}
      S: a5 OK ...
      C: a6 STARTTLS
      S: a6 BAD ...
      C: a7 LOGOUT
      S: * BYE ...
      S: a7 OK ...
      S: (closed)
    `,
    );
  });

  it('is there from the first octet where that is asked', async () => {
    const server = await startImap({
      accounts,
      tls,
      options: { tls: 'implicit', cleartextLoginNetworks: [] },
    });
    await play(
      server.port,
      `
      S: * OK [CAPABILITY IMAP4rev2 IMAP4rev1 SASL-IR LITERAL- ENABLE ID AUTH=SCRAM-SHA-256 AUTH=PLAIN] ...
      C: a1 LOGIN ${as} ${password}
      S: a1 OK ...
      C: a2 IDLE
      S: + idling
      C: DONE
      S: a2 OK ...
    `,
      { tls: true },
    );
  });

  it('survives clients that speak no TLS', async () => {
    const server = await startImap({ accounts, tls, options: { tls: 'implicit' } });
    await play(
      server.port,
      `
      C1: a1 LOGIN ${as} ${password}
      S1: ...
      S1: (closed)
    `,
    ).catch(() => undefined); // an alert is no line
    await play(server.port, 'S: * OK ...', { tls: true });
    expect(server.troubles).to.deep.equal([]);
  });

  it('is refused without a certificate', async () => {
    try {
      await startImap({ accounts, options: { tls: 'implicit' } });
    } catch (error) {
      expect(error).to.be.instanceOf(TypeError);
      return;
    }
    throw new Error('it started');
  });
});

describe('IMAP connection', () => {
  it('answers pipelined commands in order, and each of them', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter(), letter()] } });
    const count = 200;
    const noops = Array.from({ length: count }, (_, i) => `C: n${i} NOOP`).join('\n');
    const answers = Array.from({ length: count }, (_, i) => `S: n${i} OK NOOP completed`).join(
      '\n',
    );
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 SELECT INBOX
      C: a2 STORE 1 +FLAGS (\\Deleted)
      C: a3 EXPUNGE
      C: a4 FETCH 1 UID
      C: a5 UNSELECT
      S: ...
      S: a1 OK ...
      S: * 1 FETCH (FLAGS (\\Deleted)...
      S: a2 OK ...
      S: * 1 EXPUNGE
      S: a3 OK ...
      S: * 1 FETCH (UID 2)
      S: a4 OK ...
      S: a5 OK ...
      ${noops}
      ${answers}
    `,
    );
  });

  it('answers what was sent before the client closed its half', async () => {
    const server = await startImap({ as });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 NOOP
      C: a2 LIST "" ""
      C: (close)
      S: a1 OK ...
      S: * LIST ...
      S: a2 OK ...
      S: (closed)
    `,
    );
  });

  it('finds its way after whatever is too long', async () => {
    const server = await startImap({ as });
    const { commandBytes } = defaultImapLimits;
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 SELECT ${'x'.repeat(commandBytes)}
      S: a1 BAD [TOOBIG] ...
      C: a2 SELECT {${commandBytes}}
      S: a2 BAD [TOOBIG] ...
      C: a3 SELECT {${commandBytes}+}
      C: ${'z LOGOUT\\r\\n'.repeat(20).padEnd(commandBytes - 2, 'y')}
      C:
      S: a3 BAD [TOOBIG] ...
      C: a4 NOOP
      S: a4 OK ...
      C: a5 SELECT {999999999999+}
      S: * BYE [TOOBIG] ...
      S: (closed)
    `,
    );
  });

  it('caps literals that do not wait at 4096 octets before login', async () => {
    const server = await startImap({ accounts });
    await play(
      server.port,
      `
      S: * OK ...
      C: a1 LOGIN {4096+}
      C: ${'x'.repeat(4096)} y
      S: a1 NO [AUTHENTICATIONFAILED] ...
      C: a2 LOGIN {4097+}
      C: ${'x'.repeat(4097)} y
      S: a2 BAD [TOOBIG] ...
      C: a3 LOGIN ${'x'.repeat(defaultImapLimits.commandBytesBeforeLogin)} y
      S: a3 BAD [TOOBIG] ...
      # a message is no exception for strangers
      C: a4 APPEND INBOX {50000}
      S: a4 BAD [TOOBIG] ...
    `,
    );
  });

  it('answers BAD to what is no command, and in the end hangs up', async () => {
    const server = await startImap({ as, options: { limits: { badCommands: 5 } } });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 HAIRY
      S: a1 BAD No such command
      C: a2
      S: a2 BAD ...
      C:
      S: * BAD ...
      C: a3 UID NOOP
      S: a3 BAD No such command
      C: a4 NOOP
      S: a4 OK ...
      C: a5 NOOP now
      S: a5 BAD ...
      C: (a6 NOOP
      S: * BAD ...
      C: a7 LIST
      S: a7 BAD ...
      C: a8 FETCH 1 FLAGS
      S: a8 BAD Select a mailbox first
      C: a9 BAD
      S: a9 BAD ...
      S: * BYE Too many bad commands
      S: (closed)
    `,
    );
  });

  it('sends a web browser away soon', async () => {
    const server = await startImap({ accounts });
    await play(
      server.port,
      `
      S: * OK ...
      C: GET / HTTP/1.1
      C: Host: mail.example.kz
      C: Accept: x
      C: X: y
      C: Z: z
      S: GET BAD ...
      S: Host: BAD ...
      S: Accept: BAD ...
      S: X: BAD ...
      S: Z: BAD ...
      S: * BYE Too many bad commands
      S: (closed)
    `,
    );
  });

  it('logs out whoever is silent for too long, in IDLE too', async () => {
    const server = await startImap({ as, options: { timeouts: { autologoutMs: 150 } } });
    await play(
      server.port,
      `
      S1: * PREAUTH ...
      S2: * PREAUTH ...
      C2: b1 IDLE
      S2: + idling
      S1: * BYE Nothing was said for too long
      S1: (closed)
      S2: * BYE Nothing was said for too long
      S2: (closed)
    `,
    );
  });

  it('says BYE when the server stops, after the command in progress', async () => {
    let release: () => void = () => undefined;
    let asked: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const begun = new Promise<void>((resolve) => (asked = resolve));
    const server = await startImap({
      as,
      around: (store) =>
        new Proxy(store, {
          get(target, name) {
            const value: unknown = Reflect.get(target, name);
            if (name !== 'quota') {
              return typeof value === 'function' ? (value.bind(target) as unknown) : value;
            }
            return async () => {
              asked();
              await gate;
              return { usedBytes: 0, usedMessages: 0, limits: {} };
            };
          },
        }),
    });
    const talk = play(
      server.port,
      `
      S1: * PREAUTH ...
      S2: * PREAUTH ...
      C2: b1 IDLE
      S2: + idling
      C1: a1 GETQUOTA ""
      S2: * BYE Server is shutting down
      S2: (closed)
      S1: * QUOTA "" ()
      S1: a1 OK ...
      S1: * BYE Server is shutting down
      S1: (closed)
    `,
    );
    await begun;
    const closed = server.listener.close();
    release();
    await Promise.all([talk, closed]);
    expect(server.listener.sessionCount).to.equal(0);
  });

  it('answers [SERVERBUG] without details when something breaks, and logs it', async () => {
    const server = await startImap({
      as,
      around: (store) =>
        new Proxy(store, {
          get(target, name) {
            const value: unknown = Reflect.get(target, name);
            if (name === 'subscribe') return () => Promise.reject(new Error('secret: disk 7'));
            return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          },
        }),
    });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 SUBSCRIBE Work
      S: a1 NO [SERVERBUG] Something went wrong here
      C: a2 NOOP
      S: a2 OK ...
    `,
    );
    expect(server.troubles.join()).to.include('secret: disk 7');
  });

  it('believes a proxy that it trusts, and no other', async () => {
    const trusting = await startImap({
      accounts,
      options: { proxyNetworks: ['127.0.0.1'], cleartextLoginNetworks: ['192.0.2.7'] },
    });
    await play(
      trusting.port,
      `
      C1: PROXY TCP4 192.0.2.7 192.0.2.1 4711 143
      C1: a1 LOGIN ${as} ${password}
      S1: * OK ...
      S1: a1 OK ...
      C2: PROXY TCP4 192.0.2.8 192.0.2.1 4711 143
      S2: * OK [... LOGINDISABLED] ...
      C3: a1 NOOP
      S3: (closed)
    `,
    );
    const wary = await startImap({ accounts });
    await play(
      wary.port,
      `
      S: * OK ...
      C: PROXY TCP4 192.0.2.7 192.0.2.1 4711 143
      S: PROXY BAD ...
    `,
    );
  });

  it('stops reading from a client that pipelines more than it can take', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const server = await startImap({
      as,
      around: (store) =>
        new Proxy(store, {
          get(target, name) {
            const value: unknown = Reflect.get(target, name);
            if (name !== 'quota') {
              return typeof value === 'function' ? (value.bind(target) as unknown) : value;
            }
            return async () => {
              await gate;
              return { usedBytes: 0, usedMessages: 0, limits: {} };
            };
          },
        }),
    });
    const socket = connect(server.port, '127.0.0.1');
    const count = 20_000;
    let answers = 0;
    const done = new Promise<void>((resolve) => {
      socket.on('data', (data: Buffer) => {
        answers += data.toString('latin1').match(/^a OK/gm)?.length ?? 0;
        if (answers === count) resolve();
      });
    });
    // Far more than all the buffers of the system on the way.
    socket.write('b GETQUOTA ""\r\n');
    socket.write(`a ID ("name" "${'x'.repeat(1000)}")\r\n`.repeat(count));
    let queued = socket.writableLength;
    let still = 0;
    while (still < 10) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      still = socket.writableLength === queued ? still + 1 : 0;
      queued = socket.writableLength;
    }
    expect(queued).to.be.above(0);
    expect(answers).to.equal(0);
    release();
    await done;
    socket.destroy();
  });

  it('cuts off a client that does not read what it asked for', async () => {
    const server = await startImap({ as, options: { timeouts: { stalledMs: 100 } } });
    const socket = connect(server.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    const closed = new Promise((resolve) => {
      socket.on('close', resolve).on('error', () => undefined);
    });
    // It goes on asking, so that the answers fill every buffer on the way.
    const ask = 'a LIST "" *\r\n'.repeat(1000);
    const asking = setInterval(() => socket.write(ask), 1);
    await closed;
    clearInterval(asking);
    expect(server.troubles).to.deep.equal([]);
  });

  it('takes no more connections than it may', async () => {
    const server = await startImap({ as, options: { limits: { connections: 1 } } });
    await play(
      server.port,
      `
      S1: * PREAUTH ...
      S2: * BYE [LIMIT] Too many connections
      S2: (closed)
      S3: * BYE [LIMIT] Too many connections
      C1: a1 NOOP
      S1: a1 OK ...
    `,
    );
    expect(server.troubles).to.deep.equal(['connections-refused']);
  });

  it('lets go of everything when clients vanish', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter()] } });
    const sockets = Array.from({ length: 5 }, () => connect(server.port, '127.0.0.1'));
    await Promise.all(
      sockets.map(
        (socket, i) =>
          new Promise<void>((resolve) => {
            socket.on('data', (data) => {
              if (data.includes('* PREAUTH')) {
                socket.write(
                  i % 2 === 0 ? 'a SELECT INBOX\r\nb IDLE\r\n' : 'a APPEND INBOX {9+}\r\nxx',
                );
              }
              if (i % 2 === 1 || data.includes('+ idling')) resolve();
            });
          }),
      ),
    );
    for (const socket of sockets) socket.resetAndDestroy();
    await server.close();
    expect(server.listener.sessionCount).to.equal(0);
    expect(server.troubles).to.deep.equal([]);
  });
});
