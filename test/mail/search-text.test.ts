import { expect } from 'chai';
import { headerTexts, partTexts, searchPieceChars } from '../../src/mail/search-text.ts';
import { crlf, indexOf } from './indexing.ts';

async function texts(message: string | Buffer, overlapChars?: number): Promise<string[]> {
  const bytes = typeof message === 'string' ? Buffer.from(message) : message;
  const found: string[] = [];
  const read = (offset: number, length: number): Promise<Uint8Array> =>
    Promise.resolve(bytes.subarray(offset, offset + length));
  for await (const text of partTexts(indexOf(bytes).root, read, overlapChars)) found.push(text);
  return found;
}

describe('headerTexts', () => {
  const block = Buffer.concat([
    Buffer.from(
      'Subject: =?utf-8?Q?=D0?=\r\n =?utf-8?Q?=9Fp?=\r\nTO: a@b,\r\n\tc@d\r\nto: e@f\r\nX: ',
    ),
    Buffer.from('cff0e8', 'hex'),
    Buffer.from('\r\nContent-Type: text/plain; charset=windows-1251\r\n\r\nBody: x\r\n'),
  ]);

  it('gives the decoded values of a field', () => {
    expect(headerTexts(block, 'subject')).to.deep.equal(['Пp']);
    expect(headerTexts(block, 'to')).to.deep.equal(['a@b,\tc@d', 'e@f']);
    expect(headerTexts(block, 'x')).to.deep.equal(['При']);
    expect(headerTexts(block, 'body')).to.deep.equal([]);
  });

  it('gives all fields with their names', () => {
    expect(headerTexts(block)).to.deep.equal([
      'Subject: Пp',
      'TO: a@b,\tc@d',
      'to: e@f',
      'X: При',
      'Content-Type: text/plain; charset=windows-1251',
    ]);
  });
});

describe('partTexts', () => {
  it('gives texts, headers of parts and of enclosed messages, but not the header of the message', async () => {
    const message = crlf(`
      Subject: outer
      Content-Type: multipart/mixed; boundary=b

      --b
      Content-Type: text/plain; charset=koi8-r
      Content-Transfer-Encoding: quoted-printable

      =F0=D2=C9=D7=
      =C5=D4
      --b
      Content-Type: application/pdf; name="report.pdf"
      Content-Transfer-Encoding: base64

      QUJD
      --b
      Content-Type: message/rfc822

      Subject: =?utf-8?B?0ZbRiNC60ZY=?=

      inner
      --b
      Content-Type: text/html

      <p>a<b>b</b>c
      --b
      Content-Type: message/rfc822
      Content-Transfer-Encoding: base64

      U3ViamVjdDogaGlkZGVu
      --b--
      `);
    expect(await texts(message)).to.deep.equal([
      'Content-Type: text/plain; charset=koi8-r',
      'Content-Transfer-Encoding: quoted-printable',
      'Привет',
      'Content-Type: application/pdf; name="report.pdf"',
      'Content-Transfer-Encoding: base64',
      'Content-Type: message/rfc822',
      'Subject: ішкі',
      'inner',
      'Content-Type: text/html',
      '\nabc',
      'Content-Type: message/rfc822',
      'Content-Transfer-Encoding: base64',
      'Subject: hidden',
    ]);
  });

  it('cuts a long text into pieces that overlap, so that no word is lost', async () => {
    const words = Array.from({ length: 60_000 }, (_, n) => `сөз${n}`);
    const message = Buffer.from(
      `Content-Type: text/plain; charset=utf-8\r\n\r\n${words.join(' ')}`,
    );
    const pieces = await texts(message, 20);
    expect(pieces.length).to.be.above(4);
    for (const piece of pieces) expect(piece.length).to.be.below(3 * searchPieceChars);
    const seen = new Set(pieces.flatMap((piece) => piece.split(' ')));
    expect(words.filter((word) => !seen.has(word))).to.deep.equal([]);
    // Without the overlap the pieces are the text.
    expect((await texts(message, 0)).join('')).to.equal(words.join(' '));
  });

  it('reads a message without parts', async () => {
    expect(await texts('Subject: s\r\n\r\nbody\r\n')).to.deep.equal(['body\r\n']);
    expect(await texts('Subject: s\r\n\r\n')).to.deep.equal([]);
  });
});
