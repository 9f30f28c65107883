import { expect } from 'chai';
import { HeaderFacts } from '../../src/imap/search/program.ts';
import { foldCase } from '../../src/mail/fold.ts';
import { headerTexts } from '../../src/mail/search-text.ts';

describe('HeaderFacts', () => {
  // "Salem" in Cyrillic, raw, in the charset that Content-Type names.
  const raw = Buffer.from('\xf3\xc1\xcc\xc5\xcd', 'latin1');
  const type = Buffer.from('Content-Type: text/plain;\r\n charset=koi8-r\r\n');
  const subject = Buffer.concat([Buffer.from('Subject: '), raw, Buffer.from('\r\n')]);
  const received = Buffer.from(
    'Received: one\r\nFrom: a@example.kz\r\nReceived: two\r\n\tthree\r\n',
  );
  const end = Buffer.from('\r\n');

  for (const [what, pieces] of [
    ['with Content-Type first', [type, received, subject, end]],
    ['with Content-Type last', [received, subject, type, end]],
    ['cut off in a field', [type, received, subject.subarray(0, -2)]],
    ['cut off in Content-Type', [subject, received, type.subarray(0, -2)]],
  ] as const) {
    it(`tells the texts of a header ${what}`, () => {
      const block = Buffer.concat(pieces);
      const facts = new HeaderFacts(block);
      for (const name of ['subject', 'received', 'content-type', 'from', 'none']) {
        expect(facts.texts(name), name).to.deep.equal(headerTexts(block, name).map(foldCase));
      }
      expect(facts.texts('subject')).to.deep.equal([foldCase('Салем')]);
    });
  }

  it('reads a header once, however many fields are asked for', () => {
    const fields = Array.from({ length: 10_000 }, (_, i) => `X-${i}: value ${i}\r\n`);
    const facts = new HeaderFacts(Buffer.from(`${fields.join('')}\r\n`));
    const start = performance.now();
    for (let i = 0; i < 1000; i++) facts.texts(`x-${i}`);
    expect(facts.texts('x-999')).to.deep.equal(['value 999']);
    expect(performance.now() - start).to.be.below(500);
  });
});
