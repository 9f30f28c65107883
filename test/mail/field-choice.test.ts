import { expect } from 'chai';
import { FieldChoice, type FieldNames, pickedRoom } from '../../src/mail/field-choice.ts';
import { readHeaderFields } from '../../src/mail/header.ts';
import { maxHeaderFields } from '../../src/mail/limits.ts';
import { Random } from './indexing.ts';
import { mutate } from './mutation.ts';

const seed = 20261128;

/** The same with the fields that SEARCH finds. */
function plainChoice(header: Buffer, { mode, names }: FieldNames): Buffer {
  const wanted = new Set(Array.from(names, (name) => name.toLowerCase()));
  const fields = readHeaderFields(header).filter(
    ({ nameLower }) => wanted.has(nameLower) === (mode === 'only'),
  );
  return Buffer.concat([
    ...fields.map(({ start, end }) => header.subarray(start, end)),
    Buffer.from('\r\n'),
  ]);
}

describe('FieldChoice', () => {
  const header = [
    'From nobody',
    'Received: by a\r\n\tfor b',
    'FROM: <a@example.kz>',
    'Subject \t: two\r\n lines',
    'To : <b@example.kz>',
    ': no name',
    'no colon',
    'to:',
    'X-To: c',
    'Date: today',
    '',
    'To: of the body',
    '',
  ].join('\r\n');

  const cases: readonly (readonly [FieldNames, string])[] = [
    [{ mode: 'only', names: ['To', 'from'] }, 'FROM: <a@example.kz>|To : <b@example.kz>|to:||'],
    [{ mode: 'only', names: ['SUBJECT'] }, 'Subject \t: two| lines||'],
    [{ mode: 'only', names: ['X', 'To: ', 'T'] }, '|'],
    [{ mode: 'only', names: ['received', 'date'] }, 'Received: by a|\tfor b|Date: today||'],
    [
      { mode: 'without', names: ['to', 'Subject', 'received'] },
      'FROM: <a@example.kz>|X-To: c|Date: today||',
    ],
  ];
  for (const [fields, expected] of cases) {
    it(`${fields.mode} ${[...fields.names].join(', ')}`, () => {
      const picked = Buffer.from(new FieldChoice(fields).of(Buffer.from(header))).toString();
      expect(picked).to.equal(expected.replaceAll('|', '\r\n'));
    });
  }

  it('adds the empty line to a header that has none, and nothing else', () => {
    const choice = new FieldChoice({ mode: 'only', names: ['a', 'b'] });
    for (const header of ['', 'A: 1', 'A: 1\r', 'A: 1\r\n', 'A: 1\nB:2\n']) {
      expect(Buffer.from(choice.of(Buffer.from(header))).toString()).to.equal(`${header}\r\n`);
    }
  });

  it('looks at no more fields than the limit', () => {
    const octets = Buffer.from(`${'A: b\r\n'.repeat(maxHeaderFields)}C: d\r\n\r\n`);
    const choice = new FieldChoice({ mode: 'only', names: ['c'] });
    expect(choice.of(octets)).to.have.length(2);
  });

  it(`finds the fields that readHeaderFields finds, in place, whatever they are (seed ${seed})`, () => {
    const random = new Random(seed);
    const names = [
      'from',
      'subject',
      'to',
      'received',
      'date',
      'x',
      'content-type',
      'mime-version',
    ];
    let chosen = 0;
    for (let run = 0; run < 3000; run++) {
      const octets = mutate(Buffer.from(header, 'latin1'), random);
      const fields: FieldNames = {
        mode: random.below(2) === 0 ? 'only' : 'without',
        names: names.filter(() => random.below(2) === 0),
      };
      const expected = plainChoice(octets, fields);
      // In place, between other octets that stay as they are.
      const around = Buffer.alloc(octets.length + pickedRoom + 8, 'x');
      octets.copy(around, 4);
      const end = new FieldChoice(fields).pick(around, 4, 4 + octets.length);
      expect(around.subarray(4, end), octets.toString('latin1')).to.deep.equal(expected);
      expect(around.toString('latin1', 0, 4)).to.equal('xxxx');
      expect(around.toString('latin1', 4 + octets.length + pickedRoom)).to.equal('xxxx');
      chosen += expected.length;
    }
    // It compares something: most headers have fields to choose.
    expect(chosen).to.be.greaterThan(3000 * 20);
  });
});
