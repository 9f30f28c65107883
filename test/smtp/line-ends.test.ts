import { expect } from 'chai';
import fc from 'fast-check';
import { LineEnds } from '../../src/smtp/line-ends.ts';

function run(policy: 'refuse' | 'normalise', pieces: readonly string[]): [string, boolean] {
  const ends = new LineEnds(policy);
  const out = pieces.map((piece) => ends.write(Buffer.from(piece)).toString());
  ends.end();
  return [out.join(''), ends.bare];
}

describe('line ends', () => {
  for (const [text, normal, bare] of [
    ['', '', false],
    ['a\r\nb\r\n', 'a\r\nb\r\n', false],
    ['a\nb', 'a\r\nb', true],
    ['a\rb', 'a\r\nb', true],
    ['\n', '\r\n', true],
    ['\r', '\r\n', true],
    ['a\r\r\n', 'a\r\n\r\n', true],
    ['a\n\r', 'a\r\n\r\n', true],
    ['\n.\n', '\r\n.\r\n', true],
    ['\r\n\r\n', '\r\n\r\n', false],
  ] as const) {
    it(JSON.stringify(text), () => {
      for (const pieces of [[text], Array.from(text)]) {
        expect(run('refuse', pieces)[1], 'bare').to.equal(bare);
        expect(run('normalise', pieces)).to.deep.equal([normal, bare]);
      }
    });
  }

  it('passes the chunk itself on when nothing has to change', () => {
    const chunk = Buffer.from('a\r\nb\r\n');
    expect(new LineEnds('normalise').write(chunk)).to.equal(chunk);
    expect(new LineEnds('refuse').write(chunk)).to.equal(chunk);
  });

  it('does not depend on the chunks, and what is normal stays', () => {
    const pieces = fc.array(
      fc.array(fc.constantFrom('\r', '\n', 'a'), { maxLength: 5 }).map((all) => all.join('')),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(pieces, (some) => {
        const whole = run('normalise', [some.join('')]);
        expect(run('normalise', some)).to.deep.equal(whole);
        expect(run('refuse', some)[1]).to.equal(whole[1]);
        expect(run('normalise', [whole[0]])).to.deep.equal([whole[0], false]);
        expect(whole[0]).to.equal(some.join('').replace(/\r\n|\r|\n/g, '\r\n'));
      }),
      { seed: 2822, numRuns: 3000 },
    );
  });
});
