import { expect } from 'chai';
import { maxSearchKeys, parseKeys, type SearchKey } from '../../src/imap/search/keys.ts';
import { Decoder, decoderLimits } from '../../src/imap/wire/decoder.ts';

function read(text: string, charset = 'UTF-8'): SearchKey {
  const d = new Decoder(Buffer.from(text));
  const key = parseKeys(d, charset);
  d.end();
  return key;
}

/** A key as one would say it. */
function say(key: SearchKey): string {
  switch (key.kind) {
    case 'and':
    case 'or':
      return `(${key.keys.map(say).join(` ${key.kind} `)})`;
    case 'not':
      return `not ${say(key.key)}`;
    case 'flag':
      return `flag${key.bit}`;
    case 'keyword':
      return key.name;
    case 'sequence':
    case 'uid':
      return `${key.kind}:${key.set.kind === 'saved' ? '$' : key.set.ranges.join(';')}`;
    case 'larger':
    case 'smaller':
      return `${key.kind} ${key.sizeBytes}`;
    case 'internal-date':
    case 'sent-date':
      return `${key.kind} ${key.compare} ${key.date.year}-${key.date.month}-${key.date.day}`;
    case 'modseq':
      return `modseq ${key.atLeast}`;
    case 'email':
    case 'thread':
      return `${key.kind} ${key.objectId}`;
    case 'header':
      return `${key.name}:${key.text}`;
    case 'body':
    case 'text':
      return `${key.kind}:${key.text}`;
    case 'all':
    case 'none':
      return key.kind;
  }
}

describe('SEARCH keys', () => {
  const rows: readonly (readonly [input: string, want: string])[] = [
    ['ALL', 'all'],
    ['ANSWERED', 'flag1'],
    ['FLAGGED', 'flag2'],
    ['DELETED', 'flag4'],
    ['seen', 'flag8'],
    ['DRAFT', 'flag16'],
    ['UNANSWERED', 'not flag1'],
    ['UNFLAGGED', 'not flag2'],
    ['UNDELETED', 'not flag4'],
    ['UNSEEN', 'not flag8'],
    ['UNDRAFT', 'not flag16'],
    ['NEW', 'none'],
    ['RECENT', 'none'],
    ['OLD', 'all'],
    ['KEYWORD $Forwarded', '$Forwarded'],
    ['UNKEYWORD $Junk', 'not $Junk'],
    ['1:3,5', 'sequence:1,3;5,5'],
    ['*', 'sequence:Infinity,Infinity'],
    ['$', 'sequence:$'],
    ['UID 7:*', 'uid:7,Infinity'],
    ['UID $', 'uid:$'],
    ['LARGER 100', 'larger 100'],
    ['SMALLER 0', 'smaller 0'],
    ['BEFORE 1-Feb-1994', 'internal-date before 1994-2-1'],
    ['ON "01-feb-1994"', 'internal-date on 1994-2-1'],
    ['SINCE 29-Feb-2024', 'internal-date since 2024-2-29'],
    ['SENTBEFORE 1-Jan-2000', 'sent-date before 2000-1-1'],
    ['SENTON 1-Jan-2000', 'sent-date on 2000-1-1'],
    ['SENTSINCE 1-Jan-2000', 'sent-date since 2000-1-1'],
    ['MODSEQ 620162338', 'modseq 620162338'],
    ['MODSEQ "/flags/\\\\draft" all 5', 'modseq 5'],
    ['EMAILID E1-5', 'email E1-5'],
    ['THREADID T1-5', 'thread T1-5'],
    ['FROM smith', 'from:smith'],
    ['TO "a b"', 'to:a b'],
    ['CC x', 'cc:x'],
    ['BCC x', 'bcc:x'],
    ['SUBJECT {3}\r\nabc', 'subject:abc'],
    ['HEADER Message-ID ""', 'message-id:'],
    ['HEADER "X-Y" {6}\r\nпри', 'x-y:при'],
    ['BODY x', 'body:x'],
    ['TEXT x', 'text:x'],
    ['UNSEEN FLAGGED', '(not flag8 and flag2)'],
    ['(UNSEEN FLAGGED) 1', '((not flag8 and flag2) and sequence:1,1)'],
    ['OR SEEN (FLAGGED DRAFT)', '(flag8 or (flag2 and flag16))'],
    ['OR OR SEEN FLAGGED NOT DRAFT', '((flag8 or flag2) or not flag16)'],
    ['NOT NOT SEEN', 'not not flag8'],
  ];
  for (const [input, want] of rows) {
    it(input.replace('\r\n', '⏎'), () => {
      expect(say(read(input))).to.equal(want);
    });
  }

  const wrong = [
    '',
    'NOTHING',
    'ALL ',
    '()',
    'OR SEEN',
    'NOT',
    'FROM',
    'LARGER -1',
    'LARGER x',
    'BEFORE 31-Feb-2024',
    'BEFORE 1-Foo-2024',
    'UID 0',
    'KEYWORD \\Seen',
    'MODSEQ "/flags/x" 5',
    'OLDER 5',
    `${'('.repeat(decoderLimits.nesting + 1)}ALL${')'.repeat(decoderLimits.nesting + 1)}`,
    `${'NOT '.repeat(5000)}ALL`,
    `${'OR ALL '.repeat(5000)}ALL`,
    Array.from({ length: maxSearchKeys + 1 }, () => 'ALL').join(' '),
  ];
  for (const input of wrong) {
    it(`BAD: ${input.slice(0, 40)} (${input.length})`, () => {
      expect(() => read(input))
        .to.throw()
        .with.property('name', 'ParseError');
    });
  }

  it('strings are read in their charset', () => {
    const koi8 = Buffer.concat([
      Buffer.from('SUBJECT {6}\r\n'),
      Buffer.from([0xf0, 0xf2, 0xe9, 0xf7, 0xe5, 0xf4]),
    ]);
    expect(say(parseKeys(new Decoder(koi8), 'KOI8-R'))).to.equal('subject:ПРИВЕТ');
  });
});
