import { type AsyncHook, createHook } from 'node:async_hooks';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Authenticator } from '../../src/account/api.ts';
import { type LoginOutcome, StoreAuthenticator } from '../../src/account/authenticator.ts';
import { KnownPeers } from '../../src/account/known-peers.ts';
import { ScryptHasher } from '../../src/account/password.ts';
import { VerifiedLogins } from '../../src/account/verified-logins.ts';
import { LocalSessionCount } from '../../src/bus/local/session-count.ts';
import { LocalThrottle } from '../../src/bus/local/throttle.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { Networks } from '../../src/core/networks.ts';
import { Turns } from '../../src/core/turns.ts';
import { ensureDevelopmentCertificate } from '../../src/development/certificate.ts';
import { streamBytes } from '../../src/imap/fetch/octets.ts';
import { defaultImapLimits, type ImapLimits } from '../../src/imap/options.ts';
import { decoderLimits } from '../../src/imap/wire/decoder.ts';
import { encoderLimits } from '../../src/imap/wire/encoder.ts';
import { maxSearchKeys } from '../../src/imap/search/keys.ts';
import type { AccountStore, MailStore } from '../../src/store/api.ts';
import { CertificateFiles } from '../../src/tls/certificate-files.ts';
import { letter, password, startImap, type ImapServer } from '../imap/support.ts';
import { play } from '../support/play.ts';
import { Hostile, ServerEnds, settle, waitFor } from './imap-client.ts';

const as = 'aigerim@example.kz';
/** What a socket reads at once. */
const chunkBytes = 64 * 1024;
/** What waits for a client in the connection, with the piece that came on top. */
const queuedBound = encoderLimits.queuedBytes + encoderLimits.chunkBytes;

function repeated(text: string, times: number): string {
  return Array.from({ length: times }, () => text).join();
}

describe('hostile IMAP clients', function () {
  this.timeout(60_000);
  let ends: ServerEnds;
  let clients: Hostile[];
  beforeEach(() => {
    ends = new ServerEnds();
    clients = [];
  });
  afterEach(() => {
    ends.stop();
    for (const { socket } of clients) socket.destroy();
  });
  const meet = async ({ port }: ImapServer): Promise<Hostile> => {
    const client = await Hostile.connect(port);
    clients.push(client);
    return client;
  };

  describe('that read nothing', () => {
    it('have no more of their mail in memory than encoderLimits.queuedBytes and a piece', async () => {
      const letters = 8;
      const sizeBytes = 1024 * 1024;
      const body = `${'x'.repeat(998)}\r\n`.repeat(sizeBytes / 1000);
      const server = await startImap({
        as,
        mailboxes: { INBOX: Array.from({ length: letters }, () => letter({ body })) },
      });
      const client = await meet(server);
      await client.ask('a', 'EXAMINE INBOX');
      client.socket.pause();
      const times = 5;
      client.say('b FETCH 1:* BODY.PEEK[]\r\n'.repeat(times - 1));
      client.say('c FETCH 1:* BODY.PEEK[]\r\n');
      const { socket } = ends.last;
      await waitFor(() => socket.writableLength > encoderLimits.queuedBytes);
      await settle();
      const wanted = times * letters * body.length;
      expect(socket.bytesWritten, 'octets written').to.be.below(wanted);
      client.socket.resume();
      expect(await client.until('c ')).to.match(/\r\nc OK .*\r\n$/);
      expect(client.heardBytes).to.be.above(wanted);
      expect(ends.last.mostQueuedBytes).to.be.at.most(queuedBound + streamBytes);
    });

    it('are answered 100,000 pipelined commands, as far as they read', async () => {
      const server = await startImap({ as });
      const client = await meet(server);
      client.socket.pause();
      const count = 100_000;
      // Tags that are long, so that answers fill every buffer on the way.
      const tag = (n: number): string => String(n).padStart(200, 't');
      let commands = '';
      for (let n = 0; n < count; n++) commands += `${tag(n)} NOOP\r\n`;
      client.say(commands);
      const { socket } = ends.last;
      await waitFor(() => socket.writableLength > encoderLimits.queuedBytes && socket.isPaused());
      await settle();
      expect(socket.isPaused(), 'server reads').to.equal(true);
      expect(socket.bytesRead, 'octets read').to.be.below(commands.length);

      client.socket.resume();
      const answers = (await client.until(tag(count - 1))).split('\r\n');
      expect(answers).to.have.length(count + 1);
      const wrong = answers.findIndex((line, n) => line !== `${tag(n)} OK NOOP completed`);
      expect(wrong).to.equal(count);
      expect(ends.last.mostQueuedBytes).to.be.at.most(queuedBound);
      expect(ends.mostBufferedBytes).to.be.at.most(defaultImapLimits.pipelinedBytes + chunkBytes);
    });

    it('are told no more in IDLE than fits, and go without an alarm', async () => {
      const letters = 500;
      const server = await startImap({
        as,
        mailboxes: { INBOX: Array.from({ length: letters }, () => letter()) },
      });
      const client = await meet(server);
      await client.ask('a', 'SELECT INBOX');
      client.say('b IDLE\r\n');
      await client.until('+ idling');
      const end = ends.last;
      // From now on nothing leaves, as if every buffer on the way were full.
      end.socket.cork();
      const other = await meet(server);
      await other.ask('a', 'SELECT INBOX');
      let told = 0;
      for (let round = 0; round < 10; round++) {
        const answer = await other.ask('c', `STORE 1:* FLAGS (${'k'.repeat(90)}${round})`);
        told += answer.length;
        await settle();
      }
      end.socket.destroy();
      await waitFor(() => server.listener.sessionCount === 1);
      await settle();
      expect(end.mostQueuedBytes).to.be.above(encoderLimits.queuedBytes);
      // One telling, of all messages at most, comes on top of what the client has not read.
      expect(end.mostQueuedBytes).to.be.at.most(queuedBound + letters * 150);
      expect(told, 'octets of news').to.be.above(2 * end.mostQueuedBytes);
      expect(server.troubles).to.deep.equal([]);
    });
  });

  describe('that never come to an end', () => {
    const limits = {
      commandBytes: 1000,
      commandBytesBeforeLogin: 500,
      discardBytes: 2000,
    } satisfies Partial<ImapLimits>;
    const endless: readonly (readonly [what: string, start: string, then: string])[] = [
      ['a line', 'a LIST "" ', 'x'],
      ['a line without a tag', '', '('],
      ['a quoted string', 'a LIST "" "', 'x'],
      ['one literal after the other', 'a LIST {1+}\r\n', 'x{1+}\r\n'],
      ['empty literals', 'a LIST ', '{0+}\r\n'],
      ['a literal that is too big', 'a LIST {1001+}\r\n', 'x'],
      ['a refused message', 'a APPEND none {1500+}\r\n', 'x'],
    ];
    for (const [what, start, then] of endless) {
      for (const known of [true, false]) {
        const whom = known ? 'a user' : 'a stranger';
        it(`lose the connection at discardBytes: ${whom} in ${what}, octet by octet`, async () => {
          const server = await startImap({
            ...(known ? { as } : { accounts: { [as]: password } }),
            options: { limits },
          });
          const client = await meet(server);
          const mostBytes = limits.commandBytes + limits.discardBytes + 200;
          const { socket } = ends.last;
          const text = start + then.repeat(Math.ceil(mostBytes / then.length));
          await client.sayByOctets(text, socket);
          expect(await client.untilEnd()).to.equal('* BYE [TOOBIG] Too much to read past\r\n');
          const { commandBytes, commandBytesBeforeLogin } = limits;
          expect(ends.mostBufferedBytes).to.be.at.most(
            (known ? commandBytes : commandBytesBeforeLogin) + 1,
          );
        });
      }
    }

    it('keep no octet of a message in the session', async () => {
      const server = await startImap({ as, mailboxes: { INBOX: [] } });
      const client = await meet(server);
      await client.sayByOctets('a APPEND INBOX {3000+}\r\n', ends.last.socket);
      ends.mostBufferedBytes = 0;
      await client.sayByOctets('x'.repeat(2999), ends.last.socket);
      expect(ends.mostBufferedBytes).to.equal(1);
    });
  });

  describe('that announce literals without measure', () => {
    const sizes = [
      '2147483648',
      '4294967295',
      '4294967296',
      '9223372036854775807',
      '99999999999999999999',
    ];
    const heads = ['NOOP ', 'SELECT ', 'LOGIN ', 'FETCH 1 BODY[', 'ID ("name" ~', 'AUTHENTICATE '];
    const tooBig = '* BYE [TOOBIG] Too much to read past\r\n';
    for (const known of [true, false]) {
      const whom = known ? 'users' : 'strangers';
      const setup = known ? { as, mailboxes: { INBOX: [] } } : { accounts: { [as]: password } };
      const options = { limits: { badCommands: 1000, badCommandsBeforeLogin: 1000 } };

      it(`${whom} are refused at once where they wait, and may go on`, async () => {
        const client = await meet(await startImap({ ...setup, options }));
        for (const size of sizes) {
          for (const head of heads) {
            expect(await client.ask('a', `${head}{${size}}`)).to.match(/^a BAD \[TOOBIG\]/);
          }
          const append = await client.ask('b', `APPEND INBOX {${size}}`);
          expect(append).to.match(known ? /^b NO \[TOOBIG\]/ : /^b BAD \[TOOBIG\]/);
        }
        expect(await client.ask('c', 'NOOP')).to.match(/^c OK /);
        expect(ends.mostBufferedBytes).to.be.below(100);
      });

      it(`${whom} lose the connection where they do not wait`, async () => {
        const server = await startImap({ ...setup, options });
        for (const size of sizes) {
          for (const head of [...heads, 'APPEND INBOX ']) {
            const client = await meet(server);
            client.say(`a ${head}{${size}+}\r\nz LOGOUT\r\n`);
            expect(await client.untilEnd(), `${head}{${size}+}`).to.equal(tooBig);
          }
        }
        expect(ends.mostBufferedBytes).to.be.below(100);
      });
    }

    it('or hundreds of them in one command', async () => {
      const client = await meet(await startImap({ as }));
      // What fits is taken as it is: it is no list of names.
      const empty = '{0+}\r\n'.repeat(500);
      expect(await client.ask('a', `LIST ${empty} x`)).to.match(/^a BAD (?!\[)/);
      // What does not, is read past with all its literals.
      const each = 900;
      const many = `{${each}+}\r\n${'z LOGOUT\r\n'.repeat(each / 10)}`.repeat(500);
      expect(await client.ask('b', `LIST ${many}`)).to.match(/^b BAD \[TOOBIG\][^\n]*\n$/);
      expect(await client.ask('c', 'NOOP')).to.match(/^c OK /);
      expect(ends.mostBufferedBytes).to.be.at.most(defaultImapLimits.commandBytes + 2 * chunkBytes);
    });
  });

  describe('that name more than there is', () => {
    const letters = 3;
    const meetReader = async (limits: Partial<ImapLimits> = {}): Promise<Hostile> => {
      const server = await startImap({
        as,
        mailboxes: { INBOX: Array.from({ length: letters }, () => letter()) },
        options: { limits: { badCommands: 1000, ...limits } },
      });
      const client = await meet(server);
      await client.ask('s', 'SELECT INBOX');
      return client;
    };
    /** Far beyond what is allowed, so that only the decoder stands between. */
    const wide = { commandBytes: 16 * 1024 * 1024 };
    const odd = Array.from({ length: 170_000 }, (_, n) => 2 * n + 1).join();

    it('by sets of a megabyte, are refused at commandBytes', async () => {
      const client = await meetReader();
      expect(odd.length).to.be.above(1_000_000);
      for (const command of ['FETCH', 'UID FETCH', 'STORE', 'COPY', 'SEARCH']) {
        expect(await client.ask('a', `${command} ${odd} FLAGS`)).to.match(/^a BAD \[TOOBIG\]/);
      }
      expect(await client.ask('b', 'NOOP')).to.match(/^b OK /);
      expect(ends.mostBufferedBytes).to.be.at.most(defaultImapLimits.commandBytes + 2 * chunkBytes);
    });

    const both = ['FETCH', 'UID FETCH'];
    const sets: readonly (readonly [string, string, number, readonly string[]])[] = [
      ['1:* ten thousand times', repeated('1:*', 10_000), letters, both],
      ['one number ten thousand times', repeated('2', 10_000), 1, both],
      ['the largest number first', '4294967295:1', letters, ['UID FETCH']],
      ['all from both ends', repeated('4294967295:1,*:1', 3000), letters, ['UID FETCH']],
    ];
    for (const [what, set, times, commands] of sets) {
      it(`by ${what}, hear of each message once`, async () => {
        const client = await meetReader();
        for (const command of commands) {
          const answer = await client.ask('a', `${command} ${set} UID`);
          expect(answer.match(/^\* \d+ FETCH /gm)).to.have.length(times);
        }
      });
    }

    it('by numbers that no message has, are told so', async () => {
      const client = await meetReader();
      for (const set of ['4294967295:1', '4', '1:4', repeated('4294967295', 5000)]) {
        const answer = await client.ask('a', `FETCH ${set} UID`);
        expect(answer).to.equal('a BAD No such message sequence number\r\n');
      }
      for (const set of ['0', '4294967296', '1:99999999999999999999', '1,,2', ',', '1:2:3']) {
        expect(await client.ask('a', `UID FETCH ${set} UID`)).to.match(/^a BAD /);
      }
    });

    const nested: readonly (readonly [what: string, command: (n: number) => string])[] = [
      ['parentheses', (n) => `SEARCH ${'('.repeat(n)}ALL${')'.repeat(n)}`],
      ['open parentheses', (n) => `SEARCH ${'('.repeat(n)}`],
      ['NOT', (n) => `SEARCH ${'NOT '.repeat(n)}ALL`],
      ['OR to the left', (n) => `SEARCH ${'OR '.repeat(n)}ALL${' ALL'.repeat(n)}`],
      ['OR to the right', (n) => `SEARCH ${'OR ALL '.repeat(n)}ALL`],
      ['lists of LIST', (n) => `LIST ${'('.repeat(n)}`],
      ['lists of FETCH', (n) => `FETCH 1 ${'('.repeat(n)}`],
      ['lists of flags', (n) => `STORE 1 FLAGS ${'('.repeat(n)}`],
      ['lists of ID', (n) => `ID ${'('.repeat(n)}`],
      ['brackets', (n) => `FETCH 1 BODY${'['.repeat(n)}`],
    ];
    for (const [what, command] of nested) {
      it(`by ${what}, 100,000 deep`, async () => {
        const client = await meetReader(wide);
        expect(await client.ask('a', command(100_000))).to.match(/^a (BAD|NO) [^\n]*\n$/);
        expect(await client.ask('b', 'NOOP')).to.match(/^b OK /);
      });
    }

    it('by part numbers, 100,000 deep, get nothing', async () => {
      const client = await meetReader(wide);
      const answer = await client.ask('a', `FETCH 1 BODY.PEEK[${'1.'.repeat(100_000)}1]`);
      expect(answer).to.match(/^\* 1 FETCH \(BODY\[[1.]+\] NIL\)\r\na OK /);
    });

    it('by search keys, up to decoderLimits.nesting and maxSearchKeys', async () => {
      const client = await meetReader(wide);
      const deep = (n: number): string => `SEARCH ${'NOT '.repeat(n)}ALL`;
      const long = (n: number): string => `SEARCH${' ALL'.repeat(n)}`;
      expect(await client.ask('a', deep(decoderLimits.nesting))).to.contain('a OK');
      expect(await client.ask('a', deep(decoderLimits.nesting + 1))).to.contain('a BAD Nested');
      expect(await client.ask('a', long(maxSearchKeys))).to.contain('a OK');
      expect(await client.ask('a', long(maxSearchKeys + 1))).to.contain('a BAD Too many');
      expect(await client.ask('a', long(100_000))).to.contain('a BAD Too many');
    });

    it('by header fields, up to decoderLimits.listItems', async () => {
      const client = await meetReader(wide);
      const fetch = (n: number): string => {
        const names = Array.from({ length: n }, (_, i) => `X-${i}`).join(' ');
        return `FETCH 1 BODY.PEEK[HEADER.FIELDS (${names})]`;
      };
      expect(await client.ask('a', fetch(decoderLimits.listItems))).to.match(/^a OK /m);
      expect(await client.ask('a', fetch(decoderLimits.listItems + 1))).to.match(/^a BAD Too many/);
      expect(await client.ask('a', fetch(100_000))).to.match(/^a BAD Too many/);
    });
  });

  describe('between a client and STARTTLS', () => {
    let folder: string;
    let tls: CertificateFiles;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'zhashik-tls-'));
      const files = await ensureDevelopmentCertificate(folder, [], systemClock);
      tls = await CertificateFiles.open(files);
    });
    after(() => rm(folder, { recursive: true, force: true }));

    /** A server that says which logins it was asked for. */
    const startStrict = async (): Promise<ImapServer & { readonly logins: readonly string[] }> => {
      const logins: string[] = [];
      const authenticator: Authenticator = {
        mechanisms: ['PLAIN'],
        password: (login) => {
          logins.push(login);
          return Promise.resolve({ status: 'refused', reason: 'credentials' });
        },
        mechanism: (name) => {
          logins.push(name);
          return undefined;
        },
      };
      const server = await startImap({
        accounts: { [as]: password },
        tls,
        options: { cleartextLoginNetworks: [] },
        parts: { authenticator },
      });
      return Object.assign(server, { logins });
    };

    const injected: readonly (readonly [what: string, lines: string])[] = [
      ['a command', 'C: x1 LOGIN evil evil'],
      ['many commands', Array.from({ length: 200 }, () => 'C: x1 LOGIN evil evil').join('\n')],
      ['half a command', 'C: x1 LOGIN evil \\'],
      ['a literal that would swallow what follows', 'C: x1 LOGIN {30+}'],
      ['a literal that waits', 'C: x1 LOGIN {30}'],
      ['a literal that is too big', 'C: x1 LOGIN {100000+}'],
      ['a message that is too big', 'C: x1 APPEND INBOX {4294967295+}'],
      ['half of a SASL exchange', 'C: x1 AUTHENTICATE PLAIN'],
      ['another STARTTLS', 'C: x1 STARTTLS'],
      ['a line too long', `C: ${'x'.repeat(20_000)}`],
    ];
    for (const [what, lines] of injected) {
      it(`${what} in the same packet goes to nobody`, async () => {
        const server = await startStrict();
        await play(
          server.port,
          `
          S: * OK [CAPABILITY IMAP4rev2 IMAP4rev1 SASL-IR LITERAL- ENABLE ID STARTTLS LOGINDISABLED] ...
          C: a1 STARTTLS
          ${lines}
          S: a1 OK ...
          C: (starttls)
          C: a2 CAPABILITY
          S: * CAPABILITY IMAP4rev2 IMAP4rev1 SASL-IR LITERAL- ENABLE ID AUTH=PLAIN
          S: a2 OK ...
          C: a3 LOGIN aigerim good
          S: a3 NO [AUTHENTICATIONFAILED] ...
          C: a4 LOGOUT
          S: * BYE ...
          S: a4 OK ...
          S: (closed)
        `,
        );
        expect(server.logins).to.deep.equal(['aigerim']);
      });
    }

    it('a literal before STARTTLS does not reach behind it', async () => {
      const server = await startStrict();
      await play(
        server.port,
        `
        S: * OK ...
        C: a1 LOGIN {14+}
        C: a1 STARTTLS x {5+}
        C: y y y
        S: a1 BAD ...
        C: a2 STARTTLS now
        S: a2 BAD ...
        C: a3 STARTTLS
        S: a3 OK ...
        C: (starttls)
        C: a4 NOOP
        S: a4 OK ...
      `,
      );
      expect(server.logins).to.deep.equal([]);
    });

    it('whoever lets the handshake wait is let go of by loginMs', async () => {
      const sessions = new LocalSessionCount();
      const common = { accounts: { [as]: password }, tls, parts: { sessions } };
      const timeouts = { loginMs: 500 };
      const later = await startImap({ ...common, options: { timeouts } });
      const first = await startImap({ ...common, options: { tls: 'implicit', timeouts } });
      const client = await meet(later);
      expect(await client.ask('a', 'STARTTLS')).to.match(/^a OK /);
      clients.push(await Hostile.arrive(first.port), await Hostile.arrive(first.port));
      clients.at(-1)?.say('\x16\x03\x01\x02\x00\x01');
      await waitFor(() => sessions.count('imap address 127.0.0.1') === 3);
      await waitFor(() => sessions.count('imap address 127.0.0.1') === 0);
      expect([later, first].map(({ listener }) => listener.sessionCount)).to.deep.equal([0, 0]);
      expect([...later.troubles, ...first.troubles]).to.deep.equal([]);
    });

    it('whoever takes STARTTLS away gets no password', async () => {
      const server = await startStrict();
      await play(
        server.port,
        `
        S: * OK [CAPABILITY ... LOGINDISABLED] ...
        C: a1 CAPABILITY
        S: * CAPABILITY IMAP4rev2 IMAP4rev1 SASL-IR LITERAL- ENABLE ID STARTTLS LOGINDISABLED
        S: a1 OK ...
        C: a2 LOGIN aigerim good
        S: a2 NO [PRIVACYREQUIRED] ...
        C: a3 AUTHENTICATE PLAIN AGEAYg==
        S: a3 NO [PRIVACYREQUIRED] ...
        C: a4 AUTHENTICATE LOGIN
        S: a4 NO [PRIVACYREQUIRED] ...
      `,
      );
      expect(server.logins).to.deep.equal([]);
    });
  });

  describe('that guess passwords', () => {
    const concurrency = 2;
    const maxWaiting = 5;
    const free = { account: 3, peer: 12 };
    interface Guarded extends ImapServer {
      readonly runs: { inAll: number; atOnce: number; most: number };
      readonly outcomes: Partial<Record<LoginOutcome, number>>;
    }
    let counting: AsyncHook | undefined;
    afterEach(() => counting?.disable());

    const startGuarded = async (unthrottled: readonly string[]): Promise<Guarded> => {
      const runs = { inAll: 0, atOnce: 0, most: 0 };
      const mine = new Set<number>();
      counting = createHook({
        init: (id, type) => {
          if (type !== 'SCRYPTREQUEST') return;
          mine.add(id);
          runs.inAll++;
          runs.most = Math.max(runs.most, ++runs.atOnce);
        },
        before: (id) => {
          if (mine.delete(id)) runs.atOnce--;
        },
      }).enable();
      const clock = { now: () => 0 };
      const throttle = (freeFailures: number): LocalThrottle =>
        new LocalThrottle({
          clock,
          freeFailures,
          baseDelayMs: 1000,
          maxDelayMs: 60_000,
          forgetAfterMs: 3_600_000,
          maxKeys: 1000,
        });
      const outcomes: Partial<Record<LoginOutcome, number>> = {};
      const hasher = new ScryptHasher({ cost: { N: 1024, r: 8, p: 1 }, concurrency, maxWaiting });
      const unknown = { find: () => Promise.resolve(undefined) };
      const authenticator = new StoreAuthenticator({
        accounts: unknown as unknown as AccountStore,
        defaultDomain: 'example.kz',
        maker: { hasher, scramIterations: undefined },
        decoySecret: Buffer.alloc(32, 7),
        verified: new VerifiedLogins({ clock, lifetimeMs: 300_000, maxEntries: 1000 }),
        knownPeers: new KnownPeers(100),
        accountThrottle: throttle(free.account),
        peerThrottle: throttle(free.peer),
        unthrottledPeers: new Networks(unthrottled),
        credentialTurns: new Turns(),
        attemptTurns: new Turns(),
        log: silentLog,
        onAttempt: (_, outcome) => (outcomes[outcome] = (outcomes[outcome] ?? 0) + 1),
      });
      const server = await startImap({ accounts: { [as]: password }, parts: { authenticator } });
      return Object.assign(server, { runs, outcomes });
    };
    /** Clients that each say a hundred guesses in one breath, and what they hear. */
    const flood = async (
      server: ImapServer,
      count: number,
      login: (client: number, guess: number) => string,
    ): Promise<string[]> => {
      const all = [];
      for (let i = 0; i < count; i++) all.push(await meet(server));
      for (const [i, client] of all.entries()) {
        for (let n = 0; n < 100; n++) client.say(`a LOGIN ${login(i, n)} guess${i}-${n}\r\n`);
      }
      return Promise.all(all.map((client) => client.untilEnd()));
    };
    const { loginAttempts } = defaultImapLimits;

    it('are sent away after loginAttempts, and cost no more hashes at once than concurrency', async () => {
      const server = await startGuarded(['127.0.0.1']);
      const heard = await flood(server, 40, (client, guess) => `user${client}.${guess}`);
      for (const answers of heard) {
        const lines = answers.split('\r\n');
        expect(lines.filter((line) => line.startsWith('a NO ['))).to.have.length(loginAttempts);
        expect(lines.slice(loginAttempts)).to.deep.equal(['* BYE Too many failed logins', '']);
      }
      expect(server.runs.most).to.equal(concurrency);
      const { credentials = 0, unavailable = 0 } = server.outcomes;
      expect(credentials).to.equal(server.runs.inAll);
      expect(credentials).to.be.at.least(concurrency + maxWaiting);
      expect(unavailable, 'beyond maxWaiting').to.be.above(0);
      expect(credentials + unavailable).to.equal(40 * loginAttempts);
    });

    it('one account are throttled after its free failures, from wherever they come', async () => {
      const server = await startGuarded(['127.0.0.1']);
      await flood(server, 10, () => 'aigerim');
      expect(server.runs.inAll).to.equal(free.account + 1);
      expect(server.outcomes).to.deep.equal({
        credentials: free.account + 1,
        throttled: 10 * loginAttempts - free.account - 1,
      });
    });

    it('many accounts are throttled by address', async () => {
      const server = await startGuarded([]);
      for (let round = 0; round < 10; round++) {
        await flood(server, 1, (_, guess) => `user${round}.${guess}`);
      }
      expect(server.runs.inAll).to.equal(free.peer + 1);
      expect(server.outcomes).to.deep.equal({
        credentials: free.peer + 1,
        throttled: 10 * loginAttempts - free.peer - 1,
      });
    });
  });

  describe('that vanish without a word', () => {
    const timeouts = { loginMs: 500, autologoutMs: 500, stalledMs: 500 };
    /** What each says before it is heard of no more. */
    const strangers = {
      'before a command': '',
      'in a command': 'a LOGIN aig',
      'in a literal': 'a LOGIN {100}\r\naig',
      'in a SASL exchange': 'a AUTHENTICATE PLAIN\r\n',
      'in what is read past': `a LOGIN {100000+}\r\naig`,
    };
    const users = {
      'before a command': '',
      'in a mailbox': 'a SELECT INBOX\r\n',
      'in a literal': 'a SELECT {100}\r\nINB',
      'in IDLE': 'a SELECT INBOX\r\nb IDLE\r\n',
      'in a small message': 'a APPEND INBOX {1000}\r\nxxx',
      'in a large message': `a APPEND INBOX {3000000+}\r\n${'x'.repeat(1_000_000)}`,
      'in a refused message': 'a APPEND none {1000+}\r\nxxx',
      'in 20 MB of answers': `${'t'.repeat(1000)} NOOP\r\n`.repeat(20_000),
    };
    for (const [who, states, known] of [
      ['strangers', strangers, false],
      ['users', users, true],
    ] as const) {
      it(`${who} are let go of by loginMs, autologoutMs and stalledMs, whatever they were at`, async () => {
        const sessions = new LocalSessionCount();
        const open = { watches: 0, writers: 0 };
        const server = await startImap({
          ...(known ? { as } : { accounts: { [as]: password } }),
          mailboxes: { INBOX: [letter()] },
          options: { timeouts },
          parts: { sessions },
          around: (store) => counted(store, open),
        });
        const address = 'imap address 127.0.0.1';
        const account = `imap account ${server.account.id}`;
        const still = new Set<string>();
        for (const [what, last] of Object.entries(states)) {
          const client = await meet(server);
          still.add(what);
          ends.last.socket.once('close', () => still.delete(what));
          client.socket.pause();
          client.say(last);
        }
        const most = { address: 0, account: 0, watches: 0, writers: 0 };
        await waitFor(() => {
          most.address = Math.max(most.address, sessions.count(address));
          most.account = Math.max(most.account, sessions.count(account));
          most.watches = Math.max(most.watches, open.watches);
          most.writers = Math.max(most.writers, open.writers);
          return still.size === 0 && server.listener.sessionCount === 0;
        });
        await settle();
        // Each held something, and none holds it now.
        const count = Object.keys(states).length;
        expect(most).to.deep.equal({
          address: count,
          account: known ? count : 0,
          watches: known ? 1 : 0,
          writers: known ? 2 : 0,
        });
        const keys = [address, account, 'imap connections', 'connections'];
        expect(keys.map((key) => sessions.count(key))).to.deep.equal([0, 0, 0, 0]);
        expect(open).to.deep.equal({ watches: 0, writers: 0 });
        expect(server.troubles).to.deep.equal([]);
      });
    }
  });
});

/** A store that counts who watches it, and messages on their way into it. */
function counted(store: MailStore, open: { watches: number; writers: number }): MailStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'watch') {
        return (...args: Parameters<MailStore['watch']>) => {
          open.watches++;
          const unwatch = target.watch(...args);
          return () => {
            open.watches--;
            unwatch();
          };
        };
      }
      if (name === 'receive') {
        return () => {
          open.writers++;
          const writer = target.receive();
          const close = () => open.writers--;
          return {
            write: (octets: Uint8Array) => writer.write(octets),
            finish: () => writer.finish().finally(close),
            abort: () => writer.abort().finally(close),
          };
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
