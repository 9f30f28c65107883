import { expect } from 'chai';
import fc from 'fast-check';
import { Decoder, decoderLimits, LiteralAhead } from '../../../src/imap/wire/decoder.ts';
import { star } from '../../../src/imap/wire/message-set.ts';
import { ParseError } from '../../../src/imap/wire/parse-error.ts';

const seed = 20260322;

/** Reads the whole input by one production; undefined when it is refused. */
function read<Value>(
  input: string | Uint8Array,
  production: (d: Decoder) => Value,
  utf8 = false,
): Value | undefined {
  const d = new Decoder(typeof input === 'string' ? Buffer.from(input, 'latin1') : input, { utf8 });
  try {
    const value = production(d);
    d.end();
    return value;
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

const productions: Readonly<Record<string, (d: Decoder) => unknown>> = {
  tag: (d) => d.tag(),
  atom: (d) => d.atom(),
  word: (d) => d.word(),
  string: (d) => d.string(),
  nstring: (d) => d.nstring() ?? 'NIL',
  astring: (d) => d.astring(),
  number: (d) => d.number(),
  nonZeroNumber: (d) => d.nonZeroNumber(),
  number64: (d) => d.number64(),
  mailbox: (d) => d.mailbox(),
  listMailbox: (d) => d.listMailbox(),
  messageSet: (d) => d.messageSet(),
  flag: (d) => d.flag(),
  flagList: (d) => plain(d.flagList()),
  flags: (d) => plain(d.flags()),
  date: (d) => d.date(),
  dateTime: (d) => new Date(d.dateTime()).toISOString(),
};

function plain({ system, keywords }: { system: number; keywords: readonly string[] }): unknown {
  return { system, keywords };
}

const ranges = (...list: [number, number][]): unknown => ({ kind: 'ranges', ranges: list });

/** What is read, by production; undefined: refused. */
const cases: readonly (readonly [string, string, unknown])[] = [
  ['tag', 'a1', 'a1'],
  ['tag', 'A]x.-', 'A]x.-'],
  ['tag', 'a+1', undefined],
  ['tag', '', undefined],
  ['tag', 'a*', undefined],
  ['atom', 'BODY.PEEK', 'BODY.PEEK'],
  ['atom', 'a]', undefined],
  ['atom', 'a(b', undefined],
  ['atom', 'caf\xe9', undefined],
  ['atom', 'a\x7f', undefined],
  ['word', 'fEtch', 'FETCH'],

  ['string', '"two words"', 'two words'],
  ['string', '""', ''],
  ['string', String.raw`"a\"b\\c"`, String.raw`a"b\c`],
  ['string', String.raw`"a\nb"`, undefined],
  ['string', '"open', undefined],
  ['string', '"open\\', undefined],
  ['string', '"a\r\nb"', undefined],
  ['string', '"a\nb"', undefined],
  ['string', '"a\0b"', undefined],
  ['string', '"\xd2\x9a"', 'Қ'],
  ['string', '"\xd2"', undefined],
  ['string', '"\xed\xa0\x80"', undefined],
  ['string', 'atom', undefined],
  ['string', '{5}\r\nhello', 'hello'],
  ['string', '{5+}\r\nhello', 'hello'],
  ['string', '{0}\r\n', ''],
  ['string', '{5}\nhello', 'hello'],
  ['string', '{7}\r\na\r\nb"(\\', 'a\r\nb"(\\'],
  ['string', '{5}hello', undefined],
  ['string', '{-1}\r\n', undefined],
  ['string', '{5}\r\nhell', undefined],
  ['string', '{2}\r\na\0', undefined],
  ['string', '{99999999999999999999}\r\n', undefined],
  ['string', '~{1}\r\na', undefined],
  ['nstring', 'NIL', 'NIL'],
  ['nstring', 'nil', 'NIL'],
  ['nstring', '"NIL"', 'NIL'],
  ['nstring', 'NILs', undefined],
  ['astring', 'NIL', 'NIL'],
  ['astring', 'a]b', 'a]b'],
  ['astring', 'a%', undefined],
  ['astring', '~home', '~home'],
  ['astring', '~{1}\r\na', undefined],
  ['astring', '', undefined],
  ['astring', '"a b"', 'a b'],

  ['number', '0', 0],
  ['number', '4294967295', 4294967295],
  ['number', '4294967296', undefined],
  ['number', '007', 7],
  ['number', '-1', undefined],
  ['number', '1e3', undefined],
  ['number', '99999999999999999999999', undefined],
  ['nonZeroNumber', '0', undefined],
  ['nonZeroNumber', '1', 1],
  ['number64', '9007199254740991', 9007199254740991],
  ['number64', '9223372036854775807', 2 ** 63],
  ['number64', '9223372036854775808', undefined],
  ['number64', '18446744073709551615', undefined],

  ['mailbox', 'inbox', 'INBOX'],
  ['mailbox', '"iNbOx"', 'INBOX'],
  ['mailbox', '{5}\r\ninbox', 'INBOX'],
  ['mailbox', 'inbox/Sub', 'INBOX/Sub'],
  ['mailbox', 'inboxes', 'inboxes'],
  ['mailbox', '&BDoEMARABEIEMA-', 'карта'],
  ['mailbox', 'A&-B', 'A&B'],
  ['mailbox', 'A&B', '\0A&B'],
  ['mailbox', '"\xd2\x9a"', '\0\xd2\x9a'],
  ['mailbox', 'a*', undefined],
  ['listMailbox', '%', '%'],
  ['listMailbox', 'a/*', 'a/*'],
  ['listMailbox', '"a b/%"', 'a b/%'],
  ['listMailbox', '&BDoEMARABEIEMA-/*', 'карта/*'],
  ['listMailbox', '(', undefined],

  ['messageSet', '1', ranges([1, 1])],
  ['messageSet', '4:2,7,*', ranges([2, 4], [7, 7], [star, star])],
  ['messageSet', '*:3', ranges([3, star])],
  ['messageSet', '$', { kind: 'saved' }],
  ['messageSet', '1:4294967295', ranges([1, 4294967295])],
  ['messageSet', '0', undefined],
  ['messageSet', '1:0', undefined],
  ['messageSet', '1,', undefined],
  ['messageSet', ',1', undefined],
  ['messageSet', '1::2', undefined],
  ['messageSet', '1:2:3', undefined],
  ['messageSet', '4294967296', undefined],
  ['messageSet', '$,1', undefined],

  ['flag', '\\seen', '\\Seen'],
  ['flag', '$Forwarded', '$Forwarded'],
  ['flag', '\\Recent', undefined],
  ['flag', '\\Bogus', undefined],
  ['flag', '\\*', undefined],
  ['flag', 'k'.repeat(decoderLimits.keywordBytes), 'k'.repeat(decoderLimits.keywordBytes)],
  ['flag', 'k'.repeat(decoderLimits.keywordBytes + 1), undefined],
  ['flagList', '()', { system: 0, keywords: [] }],
  ['flagList', '(\\Seen \\DELETED Work work)', { system: 12, keywords: ['Work'] }],
  ['flagList', '(\\Seen  \\Deleted)', undefined],
  ['flagList', '(\\Seen', undefined],
  ['flagList', '( \\Seen)', undefined],
  ['flags', '\\Seen Work', { system: 8, keywords: ['Work'] }],
  ['flags', '(Work)', { system: 0, keywords: ['Work'] }],
  ['flags', '', undefined],

  ['date', '1-Feb-1994', { year: 1994, month: 2, day: 1 }],
  ['date', '"22-mar-2026"', { year: 2026, month: 3, day: 22 }],
  ['date', '29-Feb-2024', { year: 2024, month: 2, day: 29 }],
  ['date', '29-Feb-2023', undefined],
  ['date', '0-Feb-2023', undefined],
  ['date', '001-Feb-2023', undefined],
  ['date', '1-Foo-2023', undefined],
  ['date', '1-Feb-23', undefined],
  ['date', '"1-Feb-2023', undefined],
  ['dateTime', '"17-Jul-1996 02:44:25 -0700"', '1996-07-17T09:44:25.000Z'],
  ['dateTime', '" 1-Jan-2026 00:00:00 +0500"', '2025-12-31T19:00:00.000Z'],
  ['dateTime', '"01-Jan-0050 00:00:00 +0000"', '0050-01-01T00:00:00.000Z'],
  ['dateTime', '"1-Jan-2026 00:00:00 +0000"', undefined],
  ['dateTime', '"31-Apr-2026 00:00:00 +0000"', undefined],
  ['dateTime', '"01-Jan-2026 24:00:00 +0000"', undefined],
  ['dateTime', '"01-Jan-2026 00:00:00"', undefined],
  ['dateTime', '"01-Jan-2026 00:00:00 0000"', undefined],
  ['dateTime', '01-Jan-2026', undefined],
];

describe('IMAP decoder', () => {
  for (const [name, input, want] of cases) {
    const shown = JSON.stringify(input.length > 60 ? `${input.slice(0, 60)}…` : input);
    it(`${name} ${want === undefined ? 'refuses' : 'reads'} ${shown}`, () => {
      const production = productions[name]!;
      expect(read(input, production)).to.deep.equal(want);
    });
  }

  it('reads names as UTF-8 once that is enabled', () => {
    const name = (d: Decoder): string => d.mailbox();
    expect(read(Buffer.from('"Қалта"'), name, true)).to.equal('Қалта');
    expect(read(Buffer.from('"A&B"'), name, true)).to.equal('A&B');
    expect(read(Buffer.from('"e\u0301"'), name, true)).to.equal('é');
    expect(read(Buffer.from([0x22, 0xff, 0x22]), name, true)).to.equal(undefined);
  });

  it('tells a cut-off literal from a broken one', () => {
    const d = new Decoder(Buffer.from('{5}\r\nhe'));
    expect(() => d.astring()).to.throw(LiteralAhead);
  });

  it('matches words in any case, and whole words only', () => {
    const d = new Decoder(Buffer.from('Uid STATUS-x status'));
    expect(d.tryWord('UI')).to.be.false;
    expect(d.tryWord('UID')).to.be.true;
    d.space();
    expect(d.tryWord('STATUS')).to.be.false;
    expect(d.keyword('STATUS-X', 'STATUS')).to.equal('STATUS-X');
    d.space();
    expect(d.keyword('SIZE', 'STATUS')).to.equal('STATUS');
    d.end();
  });

  it('stops at its limits of nesting and of list items', () => {
    const nest = (d: Decoder): number =>
      d.peek() === '(' ? 1 + (d.list(() => nest(d))[0] ?? 0) : d.number();
    const deep = (depth: number): string => '('.repeat(depth) + '0' + ')'.repeat(depth);
    expect(read(deep(decoderLimits.nesting), nest)).to.equal(decoderLimits.nesting);
    expect(read(deep(decoderLimits.nesting + 1), nest)).to.equal(undefined);
    expect(read(deep(100_000), nest)).to.equal(undefined);

    const items = (count: number): string => `(${Array(count).fill('a').join(' ')})`;
    const list = (d: Decoder): number => d.list(() => d.atom()).length;
    expect(read(items(decoderLimits.listItems), list)).to.equal(decoderLimits.listItems);
    expect(read(items(decoderLimits.listItems + 1), list)).to.equal(undefined);
  });

  it(`throws nothing but ParseError, whatever it reads (seed ${seed})`, () => {
    // Pieces that mean something make it get further than noise would.
    const pieces = [
      '(',
      ')',
      '"',
      '\\',
      ' ',
      '{3}\r\n',
      '{3+}\n',
      '~{1}\r\n',
      '1:*',
      ',',
      '$',
      'NIL',
    ];
    const piece = fc.oneof(
      fc.constantFrom(...pieces, '&BDo-', 'inbox/', '\\Seen', '1-Feb-2024', '\0', '\r\n', '%*'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.constantFrom(...Object.keys(productions)), { minLength: 1, maxLength: 10 }),
        fc.boolean(),
        (input, names, utf8) => {
          const bytes = Buffer.from(input.join(''), 'latin1');
          const d = new Decoder(bytes, { utf8 });
          for (const name of names) {
            const before = d.position;
            try {
              productions[name]!(d);
            } catch (error) {
              if (!(error instanceof ParseError)) throw error;
            }
            expect(d.position).to.be.within(before, bytes.length);
            d.tryConsume(' ');
          }
        },
      ),
      { seed, numRuns: 3000 },
    );
  });

  it(`reads back every string that can be written (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 50 }), (text) => {
        const octets = Buffer.from(text);
        fc.pre(!octets.includes(0));
        const literal = Buffer.concat([Buffer.from(`{${octets.length}}\r\n`), octets]);
        expect(read(literal, (d) => d.astring())).to.equal(text);
        if (/[\r\n]/.test(text)) return;
        const quoted = Buffer.from(`"${text.replace(/["\\]/g, '\\$&')}"`);
        expect(read(quoted, (d) => d.string())).to.equal(text);
      }),
      { seed },
    );
  });

  it('takes time in proportion to what it reads', () => {
    const inputs: readonly (readonly [string, (size: number) => string])[] = [
      ['astring', (size) => `"${'\\"'.repeat(size)}"`],
      ['messageSet', (size) => Array(size).fill('1:*').join(',')],
      ['mailbox', (size) => '&BDoEMARABEIEMA-x'.repeat(size)],
      ['mailbox', (size) => '&'.repeat(size)],
      ['listMailbox', (size) => '*'.repeat(size)],
      ['flags', (size) => Array(size).fill('a').join(' ')],
    ];
    for (const [name, make] of inputs) {
      const run = (size: number): number => {
        const input = make(size);
        const start = performance.now();
        read(input, productions[name]!);
        return performance.now() - start;
      };
      run(20_000);
      // Twenty times as much; something quadratic would take four hundred times as long.
      const small = Math.max(run(20_000), 0.5);
      expect(run(400_000) / small, name).to.be.below(150);
    }
  });
});
