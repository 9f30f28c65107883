import { expect } from 'chai';
import { streamBytes } from '../../src/imap/fetch/octets.ts';
import { defaultImapLimits, type ImapLimits } from '../../src/imap/options.ts';
import { decoderLimits } from '../../src/imap/wire/decoder.ts';
import { encoderLimits } from '../../src/imap/wire/encoder.ts';
import { maxSearchKeys } from '../../src/imap/search/keys.ts';
import { letter, password, startImap, type ImapServer } from '../imap/support.ts';
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

    it('are told no more in IDLE than fits, and are cut off without an alarm', async () => {
      const letters = 500;
      const server = await startImap({
        as,
        mailboxes: { INBOX: Array.from({ length: letters }, () => letter()) },
        options: { timeouts: { stalledMs: 100 } },
      });
      const client = await meet(server);
      await client.ask('a', 'SELECT INBOX');
      client.say('b IDLE\r\n');
      await client.until('+ idling');
      const end = ends.last;
      // From now on nothing leaves, as if every buffer on the way were full.
      end.socket.cork();
      const gone = new Promise((resolve) => end.socket.once('close', resolve));
      const other = await meet(server);
      await other.ask('a', 'SELECT INBOX');
      let told = 0;
      for (let round = 0; !end.socket.destroyed; round++) {
        const flag = `${'k'.repeat(90)}${round % 9}`;
        told += (await other.ask('c', `STORE 1:* FLAGS (${flag})`)).length;
      }
      await gone;
      other.socket.destroy();
      await server.close();
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
});
