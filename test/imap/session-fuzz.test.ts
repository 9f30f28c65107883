import { expect } from 'chai';
import fc from 'fast-check';
import { connect } from 'node:net';
import { letter, startImap } from './support.ts';

const seed = 20260322;

/** Sends the octets in the given packets, closes that half, and gives what came back until the server hung up. */
function talk(port: number, packets: readonly Buffer[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let answer = '';
    socket.on('data', (data: Buffer) => (answer += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(answer);
    });
    socket.on('end', () => socket.end());
    for (const packet of packets) socket.write(packet);
    socket.end();
  });
}

describe('IMAP session', () => {
  it(`answers every command once, whatever it is told, and breaks at nothing (seed ${seed})`, async function () {
    this.timeout(60_000);
    const server = await startImap({
      as: 'aigerim@example.kz',
      mailboxes: { INBOX: [letter(), letter({}, ['\\Deleted'])], Work: [] },
      options: { limits: { badCommands: 1000 } },
    });
    const name = fc.constantFrom(
      'INBOX',
      'Work',
      'Missing',
      '"two words"',
      '{4+}\r\nWork',
      'A&B',
      '""',
    );
    const set = fc.constantFrom('1', '1:*', '*', '9', '$', '0', '1,2:1');
    const command = fc.oneof(
      fc.tuple(fc.constantFrom('SELECT', 'EXAMINE', 'CREATE', 'DELETE', 'SUBSCRIBE'), name),
      fc.tuple(fc.constantFrom('RENAME', 'LIST', 'LSUB'), name, name),
      fc.tuple(
        fc.constant('STATUS'),
        name,
        fc.constantFrom('(MESSAGES)', '()', '(HIGHESTMODSEQ SIZE)'),
      ),
      fc.tuple(
        fc.constantFrom('FETCH', 'UID FETCH'),
        set,
        fc.constantFrom('ALL', '(UID', 'BODY[]<0.9>'),
      ),
      fc.tuple(fc.constantFrom('STORE', 'UID STORE'), set, fc.constant('+FLAGS (\\Deleted Odd)')),
      fc.tuple(fc.constantFrom('COPY', 'UID MOVE', 'MOVE'), set, name),
      fc.tuple(
        fc.constantFrom('SEARCH', 'UID SEARCH'),
        fc.constantFrom('ALL', 'RETURN (SAVE) ALL', 'OR 1'),
      ),
      fc.tuple(
        fc.constantFrom('NOOP', 'EXPUNGE', 'CLOSE', 'CHECK', 'HAIRY', 'IDLE\r\nDONE', 'NAMESPACE'),
      ),
      fc.tuple(
        fc.constant('APPEND'),
        name,
        fc.constantFrom('{3+}\r\nx\r\n', '{0+}\r\n', '{3+}\r\nx\r\n)'),
      ),
      fc.tuple(fc.constant('ENABLE'), fc.constantFrom('QRESYNC', 'IMAP4rev2', 'UTF8=ACCEPT')),
      fc.tuple(fc.stringMatching(/^[!-~ ]{0,20}$/).filter((text) => !/[{}]/.test(text))),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { maxLength: 15 }),
        fc.integer({ min: 1, max: 200 }),
        async (commands, packetBytes) => {
          const lines = commands.map((words, i) => `t${i} ${words.join(' ')}\r\n`);
          const bytes = Buffer.from(lines.join(''), 'latin1');
          const packets: Buffer[] = [];
          for (let at = 0; at < bytes.length; at += packetBytes) {
            packets.push(bytes.subarray(at, at + packetBytes));
          }
          const answer = await talk(server.port, packets);
          // Somebody's selected mailbox may have been deleted by another run: then it ends early.
          const tagged = [...answer.matchAll(/^(t\d+) (OK|NO|BAD) /gm)].map((match) => match[1]);
          const wanted = commands.map((_, i) => `t${i}`);
          if (!answer.includes('* BYE')) expect(tagged).to.deep.equal(wanted);
          expect(server.troubles).to.deep.equal([]);
          expect(answer).to.not.include('SERVERBUG');
        },
      ),
      { seed, numRuns: 300 },
    );
  });
});
