import { expect } from 'chai';
import fc from 'fast-check';
import { mailboxFromWire } from '../../../src/imap/wire/mailbox-name.ts';
import { decodeUtf7, encodeUtf7 } from '../../../src/imap/wire/utf-7.ts';

const seed = 20260322;

describe('modified UTF-7', () => {
  const pairs = [
    ['', ''],
    ['INBOX', 'INBOX'],
    ['A&B', 'A&-B'],
    ['&', '&-'],
    ['~peter/mail/台北/日本語', '~peter/mail/&U,BTFw-/&ZeVnLIqe-'],
    ['Құжаттар', '&BJoEsQQ2BDAEQgRCBDAEQA-'],
    ['😀', '&2D3eAA-'],
    ['a\u0001b', 'a&AAE-b'],
  ] as const;
  for (const [text, wire] of pairs) {
    it(`${JSON.stringify(text)} is ${wire}`, () => {
      expect(encodeUtf7(text)).to.equal(wire);
      expect(decodeUtf7(wire)).to.equal(text);
    });
  }

  const invalid = [
    ['a lone ampersand', 'A&B'],
    ['an open shift', '&BJo'],
    ['printable characters in base64', '&AEE-'],
    ['an ampersand in base64', '&ACY-'],
    ['a superfluous shift', '&U,BTFw-&ZeVnLIqe-'],
    ['bits left over', '&BJp-'],
    ['an odd octet', '&BJoE-'],
    ['too few bits', '&B-'],
    ['padding', '&BJo=-'],
    ['a slash in base64', '&U/BTFw-'],
    ['half a surrogate pair', '&2D0-'],
    ['surrogates in the wrong order', '&3gDYPQ-'],
    ['8-bit characters', 'caf\xe9'],
    ['8-bit characters beside a shift', '&BJo-\xe9'],
    ['a control character', 'a\x07b'],
  ] as const;
  for (const [what, wire] of invalid) {
    it(`knows no name with ${what}`, () => {
      expect(decodeUtf7(wire)).to.equal(undefined);
      // It matches nothing then: no mailbox is called that, in any spelling.
      expect(mailboxFromWire(wire, false)).to.equal(`\0${wire}`);
    });
  }

  it(`gives back any text, and each text one spelling (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const wire = encodeUtf7(text);
        expect(wire).to.match(/^[\x20-\x7e]*$/);
        expect(decodeUtf7(wire)).to.equal(text);
      }),
      { seed },
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[&A-D,0+a-]{0,12}$/), (wire) => {
        const text = decodeUtf7(wire);
        if (text !== undefined) expect(encodeUtf7(text)).to.equal(wire);
      }),
      { seed, numRuns: 5000 },
    );
  });
});
