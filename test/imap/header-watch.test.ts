import { expect } from 'chai';
import { HeaderWatch } from '../../src/imap/header-watch.ts';

function watch(octets: Buffer, step: number): boolean {
  const header = new HeaderWatch();
  for (let at = 0; at < octets.length; at += step) header.write(octets.subarray(at, at + step));
  return header.internationalized;
}

describe('header watch', () => {
  const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');
  const cases: readonly (readonly [string, Buffer, boolean])[] = [
    ['ASCII alone', utf8('Subject: x\r\n\r\nbody\r\n'), false],
    ['UTF-8 in the header', utf8('Subject: Сәлем\r\n\r\nbody\r\n'), true],
    ['UTF-8 in the last line of the header', utf8('A: b\r\nSubject: қ\r\n\r\n'), true],
    ['UTF-8 in the body', utf8('Subject: x\r\n\r\nСәлем\r\n'), false],
    ['UTF-8 in the body, lines ending in LF', utf8('Subject: x\n\nСәлем\n'), false],
    ['KOI8-R in the header', Buffer.from('Subject: \xf0\xd2\xc9\r\n\r\n', 'latin1'), false],
    ['UTF-8 and then KOI8-R', Buffer.from('A: \xd2\x9a\r\nB: \xf0\xd2\r\n\r\n', 'latin1'), false],
    ['a header without an end', utf8('Subject: Сәлем'), true],
    ['nothing', Buffer.alloc(0), false],
  ];
  for (const [what, octets, want] of cases) {
    it(`${want ? 'sees' : 'does not see'} an internationalized header in ${what}`, () => {
      for (let step = 1; step <= Math.max(octets.length, 1); step++) {
        expect(watch(octets, step), `in pieces of ${step}`).to.equal(want);
      }
    });
  }
});
