import { expect } from 'chai';
import { previewChars, previewHtmlBytes } from '../../src/mail/preview.ts';
import { crlf, indexOf } from './indexing.ts';

const utf8 = (text: string): Buffer => Buffer.from(text);
const plain = (body: string): Buffer =>
  utf8(`Content-Type: text/plain; charset=utf-8\r\n\r\n${body}`);
const html = (body: string): Buffer =>
  utf8(`Content-Type: text/html; charset=utf-8\r\n\r\n${body}`);

const rows: readonly (readonly [name: string, message: string | Buffer, want: string])[] = [
  ['an empty message', '', ''],
  ['white space is collapsed', plain(' \r\n one\t\u00a0 two\r\n\r\nthree \r\n'), 'one two three'],
  [
    'quoted lines are left out',
    plain('On Monday she wrote:\r\n> Hello\r\n> there\r\nYes.\r\n'),
    'On Monday she wrote: Yes.',
  ],
  ['unless there is nothing else', plain('> Hello\r\n>> there\r\n'), 'Hello > there'],
  ['a ">" inside a line is text', plain('a > b'), 'a > b'],
  [
    'characters that only fill are left out',
    plain('a\u200b\ufeff\u00ad \u200c \u200c\u034f b\0c'),
    'a bc',
  ],
  ['joiners inside a word stay', plain('👨‍👩‍👧 می‌خواهم'), '👨‍👩‍👧 می‌خواهم'],
  [
    'HTML without tags',
    html('<style>p{}</style><p>Сәлем,&nbsp;<b>Болат</b>!</p><p>Two'),
    'Сәлем, Болат! Two',
  ],
  [
    'base64 in another charset',
    `Content-Type: text/plain; charset=windows-1251\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from('cff0e8e2e5f2', 'hex').toString('base64')}\r\n`,
    'Привет',
  ],
  [
    'quoted-printable',
    'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=D0=9F=\r\n=D1=80!',
    'Пр!',
  ],
  [
    'an unknown transfer encoding',
    'MIME-Version: 1.0\r\nContent-Transfer-Encoding: x-uue\r\n\r\nbegin 644 x\r\n',
    '',
  ],
  [
    'the first text that says something',
    crlf(`
      Content-Type: multipart/mixed; boundary=b

      preamble
      --b
      Content-Type: image/png

      PNG
      --b
      Content-Type: text/plain
      Content-Disposition: attachment

      attached
      --b
      Content-Type: text/calendar

      BEGIN:VCALENDAR
      --b
      Content-Type: text/plain

      \t
      --b
      Content-Type: text/html

      <p>said</p>
      --b
      Content-Type: text/plain

      later
      --b--
      `),
    'said',
  ],
  [
    'a text that ends where a boundary begins',
    'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx--b\r\n--b--',
    'x--b',
  ],
];

describe('preview', () => {
  for (const [name, message, want] of rows) {
    it(name, () => {
      expect(indexOf(message).preview).to.equal(want);
      expect(indexOf(message, 1).preview).to.equal(want);
    });
  }

  it(`has at most ${previewChars} characters, which are not octets`, () => {
    expect(Array.from(indexOf(plain('😀'.repeat(1000))).preview)).to.have.length(previewChars);
    expect(Array.from(indexOf(plain('ab '.repeat(1000))).preview).length).to.be.within(
      previewChars - 1,
      previewChars,
    );
    expect(indexOf(plain('x'.repeat(1000))).preview).to.equal('x'.repeat(previewChars));
    expect(Array.from(indexOf(plain('> q\n'.repeat(1000))).preview).length).to.be.at.most(
      previewChars,
    );
  });

  it('looks behind long styles, but not without end', () => {
    const style = (bytes: number): string => `<style>${'p{}'.repeat(bytes / 3)}</style>`;
    expect(indexOf(html(`${style(30_000)}text`)).preview).to.equal('text');
    expect(indexOf(html(`${style(2 * previewHtmlBytes)}text`)).preview).to.equal('');
  });
});
