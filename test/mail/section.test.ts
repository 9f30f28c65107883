import { expect } from 'chai';
import { findPart } from '../../src/mail/section.ts';
import { crlf, indexOf, partsOf } from './indexing.ts';

/** The example of RFC 9051 §6.4.5.1. */
const example = crlf(`
  Subject: outer
  Content-Type: multipart/mixed; boundary=a

  --a

  one
  --a
  Content-Type: application/octet-stream

  two
  --a
  Content-Type: message/rfc822

  Subject: three
  Content-Type: multipart/mixed; boundary=b

  --b

  three.one
  --b
  Content-Type: application/octet-stream

  three.two
  --b--
  --a
  Content-Type: multipart/mixed; boundary=c

  --c
  Content-Type: image/gif
  X-Mark: four.one

  four.one
  --c
  Content-Type: message/rfc822

  Subject: four.two
  Content-Type: multipart/mixed; boundary=d

  --d

  four.two.one
  --d
  Content-Type: multipart/alternative; boundary=e

  --e

  four.two.two.one
  --e
  Content-Type: text/richtext

  four.two.two.two
  --e--
  --d--
  --c--
  --a
  Content-Type: message/rfc822

  Subject: five

  five.one
  --a--
  `);

function text(message: string, section: string): string | undefined {
  const range = findPart(indexOf(message).root, section);
  return range && message.slice(range.start, range.end);
}

describe('findPart', () => {
  const rows: readonly (readonly [section: string, want: string | undefined])[] = [
    ['', example],
    ['HEADER', 'Subject: outer\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n'],
    ['1', 'one'],
    ['1.MIME', '\r\n'],
    ['1.1', undefined],
    ['1.HEADER', undefined],
    ['1.TEXT', undefined],
    ['2', 'two'],
    ['2.mime', 'Content-Type: application/octet-stream\r\n\r\n'],
    ['3.MIME', 'Content-Type: message/rfc822\r\n\r\n'],
    ['3.HEADER', 'Subject: three\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n'],
    ['3.1', 'three.one'],
    ['3.2', 'three.two'],
    ['3.3', undefined],
    ['4.HEADER', undefined],
    ['4.1', 'four.one'],
    ['4.1.MIME', 'Content-Type: image/gif\r\nX-Mark: four.one\r\n\r\n'],
    ['4.2.HEADER', 'Subject: four.two\r\nContent-Type: multipart/mixed; boundary=d\r\n\r\n'],
    ['4.2.1', 'four.two.one'],
    ['4.2.2.MIME', 'Content-Type: multipart/alternative; boundary=e\r\n\r\n'],
    ['4.2.2.1', 'four.two.two.one'],
    ['4.2.2.2', 'four.two.two.two'],
    ['5', 'Subject: five\r\n\r\nfive.one'],
    ['5.TEXT', 'five.one'],
    ['5.1', 'five.one'],
    ['5.1.MIME', 'Subject: five\r\n\r\n'],
    ['5.2', undefined],
    ['5.1.1', undefined],
    ['6', undefined],
    ['0', undefined],
    ['01', undefined],
    ['1.', undefined],
    ['.1', undefined],
    ['MIME', undefined],
    ['1.MIME.1', undefined],
    ['9999999999999999', undefined],
  ];
  for (const [section, want] of rows) {
    it(JSON.stringify(section), () => {
      expect(text(example, section)).to.equal(want);
    });
  }

  it('gives the line break before a boundary to the boundary', () => {
    expect(text(example, '3.TEXT')).to.match(/^--b[^]*--b--$/);
    expect(text(example, '4.2.2')).to.match(/^--e[^]*--e--$/);
    expect(text(example, '4')).to.match(/^--c[^]*--c--$/);
    expect(text(example, 'TEXT')).to.match(/^--a[^]*--a--\r\n$/);
  });

  it('labels the parts with the sections that find them', () => {
    const labels = partsOf(indexOf(example).root).map((part) => part.section);
    expect(labels).to.deep.equal([
      '',
      '1',
      '2',
      '3',
      '3.TEXT',
      '3.1',
      '3.2',
      '4',
      '4.1',
      '4.2',
      '4.2.TEXT',
      '4.2.1',
      '4.2.2',
      '4.2.2.1',
      '4.2.2.2',
      '5',
      '5.1',
    ]);
  });

  it('takes the body of a message without parts for part 1', () => {
    const message = 'Subject: s\r\n\r\nbody\r\n';
    expect(text(message, '1')).to.equal('body\r\n');
    expect(text(message, 'TEXT')).to.equal('body\r\n');
    expect(text(message, '1.MIME')).to.equal('Subject: s\r\n\r\n');
    expect(text(message, '1.HEADER')).to.equal(undefined);
    expect(text(message, '2')).to.equal(undefined);
  });

  it('goes into a message whose body is a message', () => {
    const message =
      'Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\nSubject: s\r\n\r\nx';
    expect(text(message, '1.1.HEADER')).to.equal('Subject: s\r\n\r\n');
    expect(text(message, '1.1.1')).to.equal('x');
    expect(partsOf(indexOf(message).root).map((part) => part.section)).to.deep.equal([
      '',
      '1.1',
      '1.1.1',
    ]);
  });

  it('finds nothing inside a message it did not look into', () => {
    const message =
      'Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA==';
    expect(text(message, '1')).to.equal('U3ViamVjdDogeA==');
    expect(text(message, '1.HEADER')).to.equal(undefined);
    expect(text(message, '1.1')).to.equal(undefined);
  });
});
