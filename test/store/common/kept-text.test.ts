import { expect } from 'chai';
import { random } from '../../../bench/letters.ts';
import { foldCase } from '../../../src/mail/fold.ts';
import {
  type KeptText,
  keptNeedle,
  keptText,
  narrowCharacters,
} from '../../../src/store/common/texts/kept-text.ts';

/** Whether the kept pieces hold the needle, as SQLite and the reader compare them; undefined where they cannot tell. */
function holds(text: KeptText | undefined, needle: string): boolean | undefined {
  const octets = keptNeedle(needle);
  if (text === undefined || octets === undefined) return undefined;
  const form = text.wide ? octets.wide : octets.narrow;
  return form !== null && Buffer.from(text.octets).includes(form);
}

describe('kept texts', () => {
  it('take an octet for a character of Kazakh, Russian and ASCII, and UTF-8 for all in others', () => {
    const narrow = keptText(['тәуелсіздік – the «день»']);
    expect(narrow?.wide).to.equal(false);
    expect(narrow?.octets.length).to.equal(1 + 24);
    const wide = keptText(['тәуелсіздік', '会议']);
    expect(wide?.wide).to.equal(true);
    expect(wide?.octets.length).to.equal(1 + 22 + 1 + 6);
  });

  it('have an octet for folded characters alone, one for each, none of them the mark', () => {
    const characters = Array.from(narrowCharacters);
    expect(new Set(characters).size).to.equal(characters.length);
    expect(characters.length).to.be.lessThan(0xff - 0x80);
    for (const character of characters) {
      expect(foldCase(character), character).to.equal(character);
      expect(character).to.have.length(1);
    }
  });

  it('hold nothing that goes over the end of a piece', () => {
    for (const end of ['б', '会']) {
      const text = keptText([`аа${end}`, `${end}вв`]);
      for (const between of ['', ' ', '\u0001', '\ufffd', 'ÿ']) {
        expect(holds(text, `${end}${between}${end}`), between).to.equal(false);
      }
      expect(holds(text, `а${end}`)).to.equal(true);
      expect(holds(text, `${end}в`)).to.equal(true);
    }
  });

  it('tell nothing of half a surrogate pair, which has no UTF-8', () => {
    expect(keptText(['a\ud83d'])).to.equal(undefined);
    expect(keptNeedle('\ud83d')).to.equal(undefined);
    expect(keptNeedle('\ude00!')).to.equal(undefined);
    expect(holds(keptText(['a😀!']), '😀!')).to.equal(true);
  });

  it('hold a needle exactly where the text does', () => {
    const next = random(20260902);
    const pick = (from: readonly string[]): string =>
      from[Math.floor(next() * from.length)] as string;
    const alphabets = ['аб', 'ab\0\u0001', 'ә«é', '会议', '😀😁', 'ÿ\u00ff\u007f', '\ufffd\u0080'];
    for (let i = 0; i < 8000; i++) {
      const letters = Array.from(pick(alphabets) + pick(alphabets));
      const piece = (length: number): string =>
        Array.from({ length: Math.floor(next() * length) }, () => pick(letters)).join('');
      const pieces = [piece(6), piece(6)];
      const needle = piece(4) + pick(letters);
      const told = holds(keptText(pieces), needle);
      const want = pieces.some((text) => text.includes(needle));
      expect(told, JSON.stringify([pieces, needle])).to.equal(want);
    }
  });
});
