import { expect } from 'chai';
import fc from 'fast-check';
import { isMessageAhead } from '../../../src/imap/commands/append.ts';
import { CommandReader, tagOf } from '../../../src/imap/wire/command-reader.ts';

const seed = 20260322;
const limits = { commandBytes: 60, nonSyncBytes: 30, discardBytes: 500 };

function newReader(): CommandReader {
  return new CommandReader({ ...limits }, isMessageAhead);
}

/**
 * What comes out, as text; messages are accepted with `take`, refused otherwise. Pieces of a message that come one
 * after the other are joined, since how they are cut means nothing.
 */
function eventsOf(chunks: readonly Buffer[], take = true): string[] {
  const reader = newReader();
  const events: string[] = [];
  const note = (event: string): void => {
    const joins = event.startsWith('octets ') && events.at(-1)?.startsWith('octets ') === true;
    if (joins) events.push(`${events.pop() ?? ''}${event.slice(7)}`);
    else events.push(event);
  };
  for (const chunk of chunks) {
    reader.push(Buffer.from(chunk));
    for (let event = reader.next(); event !== undefined; event = reader.next()) {
      if (event.kind === 'lost') {
        note('lost');
        return events;
      }
      switch (event.kind) {
        case 'command':
        case 'rest':
          note(`${event.kind} ${event.bytes.toString('latin1')}`);
          break;
        case 'octets':
          note(`octets ${event.octets.toString('latin1')}`);
          break;
        case 'too-big':
          note(`too-big ${tagOf(event.head) ?? '-'}`);
          break;
        case 'message':
          note(`message ${event.head.toString('latin1')}| ${JSON.stringify(event.literal)}`);
          if (take) reader.accept();
          else note(reader.refuse() ? 'refused, reads past' : 'refused');
          break;
        case 'continue':
        case 'discarded':
          note(event.kind);
      }
    }
  }
  return events;
}

const literal = (sizeBytes: number, synchronizing: boolean, binary = false): string =>
  JSON.stringify({ sizeBytes, synchronizing, binary });

describe('command reader', () => {
  const cases: readonly (readonly [string, string, readonly string[], boolean?])[] = [
    ['a line', 'a1 NOOP\r\n', ['command a1 NOOP']],
    ['a line that ends in LF alone', 'a1 NOOP\n', ['command a1 NOOP']],
    ['several lines', 'a NOOP\r\nb NOOP\r\nc', ['command a NOOP', 'command b NOOP']],
    ['an empty line', '\r\n', ['command ']],
    [
      'a synchronizing literal',
      'a LOGIN {3}\r\nbob {2}\r\npw\r\n',
      ['continue', 'continue', 'command a LOGIN {3}\r\nbob {2}\r\npw'],
    ],
    [
      'literals that do not wait',
      'a LOGIN {3+}\r\nb\r\n {2+}\r\n\r\n\r\nb NOOP\r\n',
      ['command a LOGIN {3+}\r\nb\r\n {2+}\r\n\r\n', 'command b NOOP'],
    ],
    ['an empty literal', 'a LIST {0+}\r\n %\r\n', ['command a LIST {0+}\r\n %']],
    [
      'braces that are no literal',
      'a X {3\r\nb X 3}\r\nc X {}\r\nd {3}x\r\ne {+}\r\n',
      ['command a X {3', 'command b X 3}', 'command c X {}', 'command d {3}x', 'command e {+}'],
    ],
    [
      'a line that is too long',
      `a1 ${'x'.repeat(100)}\r\nb NOOP\r\n`,
      ['too-big a1', 'command b NOOP'],
    ],
    [
      'a line that is too long and ends in a literal that does not wait',
      `a1 ${'x'.repeat(100)} {8+}\r\nz LOGOUT more\r\nb NOOP\r\n`,
      ['too-big a1', 'command b NOOP'],
    ],
    [
      'a line that is too long and ends in a literal that waits',
      `a1 ${'x'.repeat(100)} {8}\r\nb NOOP\r\n`,
      ['too-big a1', 'command b NOOP'],
    ],
    [
      'a synchronizing literal that is too big',
      'a1 LOGIN {100}\r\nb NOOP\r\n',
      ['too-big a1', 'command b NOOP'],
    ],
    [
      'a literal that does not wait and is too big: never taken for commands',
      `a1 LOGIN {40+}\r\n${'z LOGOUT\r\n'.repeat(4)} rest\r\nb NOOP\r\n`,
      ['too-big a1', 'command b NOOP'],
    ],
    [
      'literals that are too big together',
      `a1 X {28+}\r\n${'y'.repeat(28)} {28+}\r\n${'z'.repeat(28)}\r\nb NOOP\r\n`,
      ['too-big a1', 'command b NOOP'],
    ],
    ['a literal beyond all measure', 'a1 X {501+}\r\nb NOOP\r\n', ['lost']],
    ['a literal of more digits than fit', 'a X {99999999999999999999+}\r\n', ['lost']],
    ['a line that never ends', 'x'.repeat(700), ['lost']],
    ['a command without a tag', `(${'x'.repeat(100)}\r\n`, ['too-big -']],
    [
      'a message',
      'a APPEND INBOX (\\Seen) {12}\r\nb LOGOUT\r\n\r\n\r\nc NOOP\r\n',
      [
        `message a APPEND INBOX (\\Seen) | ${literal(12, true)}`,
        'octets b LOGOUT\r\n\r\n',
        'rest ',
        'command c NOOP',
      ],
    ],
    [
      'a message behind a name as a literal',
      'a APPEND {5}\r\nINBOX {3+}\r\nabc\r\n',
      ['continue', `message a APPEND {5}\r\nINBOX | ${literal(3, false)}`, 'octets abc', 'rest '],
    ],
    [
      'a message in UTF-8',
      'a APPEND INBOX UTF8 (~{3+}\r\nabc)\r\n',
      [`message a APPEND INBOX UTF8 (| ${literal(3, false, true)}`, 'octets abc', 'rest )'],
    ],
    [
      'an empty message',
      'a APPEND INBOX {0}\r\n\r\n',
      [`message a APPEND INBOX | ${literal(0, true)}`, 'rest '],
    ],
    [
      'something behind a message',
      'a APPEND INBOX {3+}\r\nabc {3+}\r\nxyz\r\nb NOOP\r\n',
      [
        `message a APPEND INBOX | ${literal(3, false)}`,
        'octets abc',
        'rest  {3+}\r\nxyz',
        'command b NOOP',
      ],
    ],
    [
      'a refused message whose client waits',
      'a APPEND INBOX {3}\r\nb NOOP\r\n',
      [`message a APPEND INBOX | ${literal(3, true)}`, 'refused', 'command b NOOP'],
      false,
    ],
    [
      'a refused message whose client does not wait',
      'a APPEND INBOX {10+}\r\nz LOGOUT\r\n)\r\nb NOOP\r\n',
      [
        `message a APPEND INBOX | ${literal(10, false)}`,
        'refused, reads past',
        'discarded',
        'command b NOOP',
      ],
      false,
    ],
    [
      'a refused message too big to read past',
      'a APPEND INBOX {501+}\r\nz LOGOUT\r\n',
      [`message a APPEND INBOX | ${literal(501, false)}`, 'refused, reads past', 'lost'],
      false,
    ],
  ];
  for (const [what, input, want, take] of cases) {
    it(`cuts ${what}, wherever the packets end`, () => {
      const bytes = Buffer.from(input, 'latin1');
      expect(eventsOf([bytes], take)).to.deep.equal(want);
      expect(
        eventsOf(
          [...bytes].map((byte) => Buffer.from([byte])),
          take,
        ),
      ).to.deep.equal(want);
      for (let cut = 0; cut <= bytes.length; cut++) {
        const chunks = [bytes.subarray(0, cut), bytes.subarray(cut)].filter((it) => it.length > 0);
        expect(eventsOf(chunks, take), `cut at ${cut}`).to.deep.equal(want);
      }
    });
  }

  it(`means the same however the octets are cut (seed ${seed})`, () => {
    const piece = fc.oneof(
      fc.constantFrom('a NOOP', '\r\n', '{3+}\r\n', '{3}\r\n', '~{2+}\r\n', '{200+}\r\n', '"', ' '),
      fc.constantFrom('b APPEND INBOX {5+}\r\n', '{600+}', 'x'.repeat(50), '\n', '}', ')'),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        fc.boolean(),
        (pieces, sizes, take) => {
          const bytes = Buffer.from(pieces.join(''), 'latin1');
          const chunks: Buffer[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length]!;
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          expect(eventsOf(chunks, take)).to.deep.equal(
            eventsOf(bytes.length === 0 ? [] : [bytes], take),
          );
        },
      ),
      { seed, numRuns: 3000 },
    );
  });

  it('hands out commands that later octets leave alone', () => {
    const reader = newReader();
    reader.push(Buffer.from('a NOOP\r\nb NO'));
    const first = reader.next();
    reader.push(Buffer.from('OP\r\n'));
    const second = reader.next();
    reader.push(Buffer.from('c XXXXXXXXXXXXXXXXXXXXXX\r\n'));
    expect(first?.kind === 'command' && first.bytes.toString()).to.equal('a NOOP');
    expect(second?.kind === 'command' && second.bytes.toString()).to.equal('b NOOP');
  });

  it('holds no octets when it has handed out all', () => {
    const reader = newReader();
    reader.push(Buffer.from('a NOOP\r\n'));
    reader.next();
    expect(reader.bufferedBytes).to.equal(0);
    reader.push(Buffer.from('DONE\r\nb NOOP\r\n'));
    expect(reader.line(10)?.toString()).to.equal('DONE');
    reader.clear();
    expect(reader.next()).to.equal(undefined);
    expect(reader.bufferedBytes).to.equal(0);
  });

  it('gives lines outside of commands, up to their limit', () => {
    const reader = newReader();
    reader.push(Buffer.from('DO'));
    expect(reader.line(4)).to.equal(undefined);
    reader.push(Buffer.from('NE\r\n'));
    expect(reader.line(4)?.toString()).to.equal('DONE');
    reader.push(Buffer.from('DONE!'));
    expect(reader.line(4)).to.equal('too-long');
  });

  it('takes time in proportion to the octets, one at a time', () => {
    const reader = new CommandReader(
      { commandBytes: 1_000_000, nonSyncBytes: 30, discardBytes: 10 },
      () => false,
    );
    const start = performance.now();
    for (let i = 0; i < 300_000; i++) {
      reader.push(Buffer.from('x'));
      reader.next();
    }
    expect(performance.now() - start).to.be.below(3000);
  });
});
