import { expect } from 'chai';
import { parseItems } from '../../src/imap/fetch/items.ts';
import { internalDateText } from '../../src/imap/fetch/internal-date.ts';
import { partialSpan } from '../../src/imap/fetch/section.ts';
import { planFetch } from '../../src/imap/fetch/plan.ts';
import { Decoder } from '../../src/imap/wire/decoder.ts';

function read(text: string) {
  const d = new Decoder(Buffer.from(text));
  const items = parseItems(d);
  d.end();
  return items;
}

describe('FETCH items', () => {
  const labels: readonly (readonly [input: string, want: readonly string[]])[] = [
    ['FAST', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE']],
    ['all', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE']],
    ['FULL', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY']],
    ['(flags uid Flags)', ['FLAGS', 'UID']],
    ['BODY[]', ['BODY[]']],
    ['body.peek[]<0.100>', ['BODY[]<0>']],
    ['(BODY.PEEK[]<0.5> BODY.PEEK[]<5.5>)', ['BODY[]<0>', 'BODY[]<5>']],
    ['(BODY.PEEK[]<0.5> BODY[]<0.9> BODY[]<0.5>)', ['BODY[]<0>', 'BODY[]<0>']],
    ['BODY[1.2.mime]', ['BODY[1.2.MIME]']],
    ['BODY[TEXT]', ['BODY[TEXT]']],
    ['BODY[2.TEXT]', ['BODY[2.TEXT]']],
    ['BODY[HEADER.FIELDS (From To)]', ['BODY[HEADER.FIELDS (From To)]']],
    ['BODY[3.HEADER.FIELDS.NOT ("X Y")]', ['BODY[3.HEADER.FIELDS.NOT ("X Y")]']],
    ['(RFC822 RFC822.HEADER RFC822.TEXT)', ['RFC822', 'RFC822.HEADER', 'RFC822.TEXT']],
    ['(BINARY[1] BINARY.PEEK[1.2]<3.4>)', ['BINARY[1]', 'BINARY[1.2]<3>']],
    ['(BINARY.SIZE[2] BINARY.SIZE[])', ['BINARY.SIZE[2]', 'BINARY.SIZE[]']],
    ['(MODSEQ EMAILID THREADID)', ['MODSEQ', 'EMAILID', 'THREADID']],
  ];
  for (const [input, want] of labels) {
    it(input, () => {
      expect(read(input).map((item) => item.label)).to.deep.equal(want);
    });
  }

  const wrong = [
    '()',
    '(ALL FLAGS)',
    'FLAGS UID',
    'NOTHING',
    'BODY[',
    'BODY[0]',
    'BODY[1.]',
    'BODY[.1]',
    'BODY[1..2]',
    'BODY[1.0]',
    'BODY[1HEADER]',
    'BODY[MIME]',
    'BODY[HEADER.FIELDS]',
    'BODY[HEADER.FIELDS ()]',
    'BODY[HEADER.FIELDSS (A)]',
    'BODY[]<5>',
    'BODY[]<5.0>',
    'BODY[]<-1.5>',
    'BINARY[TEXT]',
    'BINARY[1.MIME]',
    'BINARY.SIZE[1]<0.5>',
    'FLAGS[]',
    'BODY[HEADER.FIELDS ({3}\r\nA\nB)]',
    `BODY[${'1.'.repeat(5000)}TEXTX]`,
  ];
  for (const input of wrong) {
    it(`BAD: ${JSON.stringify(input.slice(0, 50))}`, () => {
      expect(() => read(input))
        .to.throw()
        .with.property('name', 'ParseError');
    });
  }

  it('reading marks as seen, peeking does not, and either wins over a peek', () => {
    const seen = (input: string) => planFetch(read(input), { uid: false, modSeq: false }).marksSeen;
    for (const input of ['BODY[]', 'BODY[1]', 'RFC822', 'RFC822.TEXT', 'BINARY[1]']) {
      expect(seen(input), input).to.equal(true);
    }
    for (const input of [
      'BODY.PEEK[]',
      'RFC822.HEADER',
      'BINARY.PEEK[1]',
      'BINARY.SIZE[1]',
      'FULL',
    ]) {
      expect(seen(input), input).to.equal(false);
    }
    expect(seen('(BODY.PEEK[] BODY[])')).to.equal(true);
    expect(seen('(BODY[] BODY.PEEK[])')).to.equal(true);
  });

  it('takes the cheapest way', () => {
    const plan = (input: string) => {
      const { renderings, bodies } = planFetch(read(input), { uid: true, modSeq: false });
      return [[...renderings].sort(), bodies];
    };
    expect(plan('(FLAGS INTERNALDATE EMAILID)')).to.deep.equal([[], false]);
    expect(plan('(ENVELOPE BODYSTRUCTURE)')).to.deep.equal([['bodyStructure', 'envelope'], false]);
    expect(plan('(BODY.PEEK[HEADER.FIELDS (DATE)])')).to.deep.equal([['header'], false]);
    expect(plan('(ENVELOPE RFC822.HEADER)')).to.deep.equal([['envelope', 'header'], false]);
    // The header comes out of the body that is read anyway.
    expect(plan('(BODY.PEEK[HEADER] BODY.PEEK[1])')).to.deep.equal([[], true]);
    expect(plan('BODY[1.HEADER]')).to.deep.equal([[], true]);
  });

  it('partials beyond the end are empty', () => {
    expect(partialSpan(10, { offset: 4, length: 3 })).to.deep.equal({ start: 4, end: 7 });
    expect(partialSpan(10, { offset: 8, length: 9 })).to.deep.equal({ start: 8, end: 10 });
    expect(partialSpan(10, { offset: 11, length: 9 })).to.deep.equal({ start: 10, end: 10 });
    expect(partialSpan(10, { offset: 0, length: 2 ** 60 })).to.deep.equal({ start: 0, end: 10 });
  });

  it('INTERNALDATE has two places for the day', () => {
    expect(internalDateText(0)).to.equal('" 1-Jan-1970 00:00:00 +0000"');
    expect(internalDateText(Date.UTC(2024, 1, 29, 23, 59, 59) / 1000)).to.equal(
      '"29-Feb-2024 23:59:59 +0000"',
    );
    expect(internalDateText(0xffffffff)).to.equal('" 7-Feb-2106 06:28:15 +0000"');
  });
});
