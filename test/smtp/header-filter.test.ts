import { expect } from 'chai';
import fc from 'fast-check';
import {
  HeaderFilter,
  maxFieldNameBytes,
  maxJudgedFieldBytes,
  type HeaderRules,
} from '../../src/smtp/header-filter.ts';
import { authservId } from '../../src/smtp/message-intake.ts';

/** Drops `Drop`, judges `Judge` by the word `bad`, notes `Note`, adds `Added: yes` when asked. */
function rules(noted: string[], atEnd: string): HeaderRules {
  return {
    action(name) {
      if (name === 'drop') return 'drop';
      if (name === 'judge') return 'judge';
      return name === 'note' ? 'note' : 'keep';
    },
    keeps: (_, value) => !value.includes('bad'),
    noted: (name, value) => noted.push(`${name}:${value.toString()}`),
    atEnd: () => atEnd,
  };
}

function run(pieces: readonly (string | Buffer)[], atEnd = ''): { out: string; noted: string[] } {
  const noted: string[] = [];
  const filter = new HeaderFilter(rules(noted, atEnd));
  const out: Buffer[] = [];
  for (const piece of pieces) {
    // The chunk is overwritten afterwards, as a socket's buffer might be.
    const chunk = Buffer.from(piece);
    for (const kept of filter.write(chunk)) out.push(Buffer.from(kept));
    chunk.fill(0x78);
  }
  for (const kept of filter.end()) out.push(Buffer.from(kept));
  return { out: Buffer.concat(out).toString(), noted };
}

describe('the header filter', () => {
  for (const [text, want] of [
    ['A: 1\r\nB: 2\r\n\r\nDrop: body\r\n', 'A: 1\r\nB: 2\r\n\r\nDrop: body\r\n'],
    ['A: 1\r\nDrop: x\r\nB: 2\r\n\r\n', 'A: 1\r\nB: 2\r\n\r\n'],
    ['Drop: x\r\n\r\nbody', '\r\nbody'],
    ['Drop: x\r\n more\r\n\tmore\r\nB: 2\r\n\r\n', 'B: 2\r\n\r\n'],
    ['DROP : x\r\nB: 2\r\n\r\n', 'B: 2\r\n\r\n'],
    ['dRoP:x\r\ndrop:\r\nB: 2\r\n\r\n', 'B: 2\r\n\r\n'],
    ['Dropped: x\r\n\r\n', 'Dropped: x\r\n\r\n'],
    ['A: 1\r\n Drop: not a field\r\n\r\n', 'A: 1\r\n Drop: not a field\r\n\r\n'],
    // A line that is no field does not end the header: nothing hides behind it.
    ['A: 1\r\nno field\r\nDrop: x\r\n\r\n', 'A: 1\r\nno field\r\n\r\n'],
    ['A: 1\r\n: x\r\nDrop: x\r\n\r\n', 'A: 1\r\n: x\r\n\r\n'],
    ['Judge: good\r\nJudge: bad\r\nA: 1\r\n\r\n', 'Judge: good\r\nA: 1\r\n\r\n'],
    ['Judge: go\r\n bad\r\nA: 1\r\n\r\n', 'A: 1\r\n\r\n'],
    ['Judge: go\r\n od\r\n\r\nbad', 'Judge: go\r\n od\r\n\r\nbad'],
    // No header at all: an empty line keeps the text from being taken for one.
    ['hello\r\nDrop: x\r\n', '\r\nhello\r\nDrop: x\r\n'],
    [' hello\r\n', '\r\n hello\r\n'],
    ['\r\nDrop: x\r\n', '\r\nDrop: x\r\n'],
    ['', ''],
    ['A: 1\r\n', 'A: 1\r\n'],
    ['A: 1', 'A: 1'],
    ['A', '\r\nA'],
    ['Drop: x', ''],
    ['Judge: bad', ''],
    ['Judge: good', 'Judge: good'],
    // From an mbox file.
    ['From a@b Mon Jan  1\r\nA: 1\r\nDrop: x\r\n\r\n', 'A: 1\r\n\r\n'],
    ['>From a@b Mon Jan  1\r\nA: 1\r\n\r\n', 'A: 1\r\n\r\n'],
    ['From: a@b\r\n\r\n', 'From: a@b\r\n\r\n'],
    [
      `${'a'.repeat(maxFieldNameBytes)}: 1\r\n\r\n`,
      `\r\n${'a'.repeat(maxFieldNameBytes)}: 1\r\n\r\n`,
    ],
    [`Judge: ${'x'.repeat(maxJudgedFieldBytes)}\r\nA: 1\r\n\r\n`, 'A: 1\r\n\r\n'],
  ] as const) {
    it(JSON.stringify(text.slice(0, 70)), () => {
      expect(run([text]).out).to.equal(want);
      if (text.length < 2000) expect(run(Array.from(text)).out).to.equal(want);
    });
  }

  for (const [text, want] of [
    ['A: 1\r\n\r\nbody', 'A: 1\r\nAdded: yes\r\n\r\nbody'],
    ['\r\nbody', 'Added: yes\r\n\r\nbody'],
    ['body', 'Added: yes\r\n\r\nbody'],
    ['body\r\n', 'Added: yes\r\n\r\nbody\r\n'],
    ['', 'Added: yes\r\n'],
    ['A: 1\r\n', 'A: 1\r\nAdded: yes\r\n'],
    ['A: 1', 'A: 1\r\nAdded: yes\r\n'],
    ['A: 1\r\nbo', 'A: 1\r\nbo\r\nAdded: yes\r\n'],
    ['Drop: 1', 'Added: yes\r\n'],
    ['Judge: bad\r\n\r\n', 'Added: yes\r\n\r\n'],
  ] as const) {
    it(`adds to ${JSON.stringify(text)}`, () => {
      expect(run([text], 'Added: yes\r\n').out).to.equal(want);
      expect(run(Array.from(text), 'Added: yes\r\n').out).to.equal(want);
    });
  }

  it('reports noted fields whole and lets them through', () => {
    const { out, noted } = run(['Note: a\r\n b\r\nNote:c\r\n\r\nNote: d\r\n']);
    expect(noted).to.deep.equal(['note: a\r\n b\r\n', 'note:c\r\n']);
    expect(out).to.equal('Note: a\r\n b\r\nNote:c\r\n\r\nNote: d\r\n');
  });

  it('does not depend on how the octets are cut', () => {
    const line = fc.constantFrom(
      'Drop: x\r\n',
      'drop : y\r\n',
      'Judge: good\r\n',
      'Judge:\r\n bad\r\n',
      'Note: n\r\n',
      ' folded\r\n',
      '\tfolded: too\r\n',
      'no field\r\n',
      'From x\r\n',
      'A: 1\r\n',
      '\r\n',
      'Dro',
      '\r',
      ':',
    );
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 8 }),
        fc.array(fc.nat(100), { maxLength: 8 }),
        (lines, cuts) => {
          const octets = Buffer.from(lines.join(''));
          const places = [0, ...cuts.filter((cut) => cut < octets.length), octets.length];
          places.sort((a, b) => a - b);
          const pieces = places.slice(1).map((to, i) => octets.subarray(places[i], to));
          expect(run(pieces, 'Added: yes\r\n')).to.deep.equal(run([octets], 'Added: yes\r\n'));
        },
      ),
      { seed: 8601, numRuns: 5000 },
    );
  });
});

describe('authserv-id', () => {
  for (const [value, want] of [
    [' mx.example.kz; spf=pass', 'mx.example.kz'],
    ['MX.Example.KZ 1; none', 'mx.example.kz'],
    ['\r\n mx.example.kz;', 'mx.example.kz'],
    [' (a (nested) comment) mx.example.kz;', 'mx.example.kz'],
    [' (with \\) quote)mx.example.kz(more);', 'mx.example.kz'],
    [' "mx.example\\.kz"; spf', 'mx.example.kz'],
    [' other.example; x', 'other.example'],
    ['', ''],
    [' (never closed mx.example.kz', ''],
  ] as const) {
    it(JSON.stringify(value), () => {
      expect(authservId(Buffer.from(value))).to.equal(want);
    });
  }
});
