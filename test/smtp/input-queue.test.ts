import { expect } from 'chai';
import fc from 'fast-check';
import { InputQueue } from '../../src/smtp/input-queue.ts';

function linesOf(pieces: readonly Buffer[], maxBytes: number, discardBytes = 1000): string[] {
  const queue = new InputQueue(discardBytes);
  const lines: string[] = [];
  for (const piece of pieces) {
    if (piece.length > 0) queue.push(piece);
    for (;;) {
      const line = queue.line(() => maxBytes);
      if (line === undefined) break;
      lines.push(typeof line === 'string' ? `!${line}` : line.text);
    }
  }
  return lines;
}

describe('the input queue', () => {
  for (const [text, want] of [
    ['NOOP\r\nQUIT\r\n', ['NOOP', 'QUIT']],
    ['NOOP', []],
    ['\r\n', ['']],
    ['\n', ['!bare-line-feed']],
    ['NOOP\nQUIT\r\n', ['!bare-line-feed', 'QUIT']],
    ['NO\rOP\r\n', ['!not-text']],
    ['NO\0OP\r\nQUIT\r\n', ['!not-text', 'QUIT']],
    ['\xff\r\n', ['!not-text']],
    ['1234567890\r\n', ['1234567890']],
    ['12345678901\r\nQUIT\r\n', ['!too-long', 'QUIT']],
    [`${'x'.repeat(500)}\r\nQUIT\r\n`, ['!too-long', 'QUIT']],
    [`${'x'.repeat(500)}\nQUIT\r\n`, ['!bare-line-feed', 'QUIT']],
    [`${'x'.repeat(500)}\r\r\nQUIT\r\n`, ['!too-long', 'QUIT']],
  ] as const) {
    it(JSON.stringify(text.slice(0, 40)), () => {
      const octets = Buffer.from(text, 'latin1');
      expect(linesOf([octets], 12)).to.deep.equal(want);
      const single = [...octets].map((octet) => Buffer.from([octet]));
      expect(linesOf(single, 12)).to.deep.equal(want);
    });
  }

  it('gives up on a line that never ends, and keeps nothing of it', () => {
    const queue = new InputQueue(1000);
    let last: unknown;
    for (let i = 0; i < 30 && last === undefined; i++) {
      queue.push(Buffer.alloc(100, 0x61));
      last = queue.line(() => 50);
      expect(queue.bytes).to.be.at.most(100);
    }
    expect(last).to.equal('endless');
  });

  it('does not depend on how the octets are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('\r', '\n', '\r\n', 'a', 'bcd'), { maxLength: 40 }),
        fc.array(fc.nat(60), { maxLength: 8 }),
        (letters, cuts) => {
          const octets = Buffer.from(letters.join(''));
          const places = [0, ...cuts.filter((cut) => cut < octets.length), octets.length];
          places.sort((a, b) => a - b);
          const pieces = places.slice(1).map((to, i) => octets.subarray(places[i], to));
          expect(linesOf(pieces, 8)).to.deep.equal(linesOf([octets], 8));
        },
      ),
      { seed: 2920, numRuns: 3000 },
    );
  });
});
