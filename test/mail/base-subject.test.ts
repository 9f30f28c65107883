import { expect } from 'chai';
import { baseSubject } from '../../src/mail/base-subject.ts';

const rows: readonly (readonly [subject: string, want: string])[] = [
  ['Minutes', 'minutes'],
  ['  A \t B  ', 'a b'],
  ['Re: Minutes', 'minutes'],
  ['RE : re:Fwd: FW: Minutes (fwd)  (FWD)', 'minutes'],
  ['Re[2]: Minutes', 'minutes'],
  ['Re [list] : Minutes', 'minutes'],
  ['[list] Minutes', 'minutes'],
  ['[a] [b] Re: [c] Minutes', 'minutes'],
  ['[list]', '[list]'],
  ['Re: [list]', '[list]'],
  ['[a] [b]', '[b]'],
  ['[Fwd: Minutes]', 'minutes'],
  ['[fwd: [Fwd: Re: Minutes] (fwd)]', 'minutes'],
  ['[Fwd: one] two', 'two'],
  ['(fwd)', ''],
  ['Re:', ''],
  ['', ''],
  ['Reply: x', 'reply: x'],
  ['[unclosed Re: x', '[unclosed re: x'],
  ['Re: ОТЫРЫС ХАТТАМАСЫ', 'отырыс хаттамасы'],
];

describe('baseSubject', () => {
  for (const [subject, want] of rows) {
    it(JSON.stringify(subject), () => {
      expect(baseSubject(subject)).to.equal(want);
    });
  }

  it('stays linear on subjects of nothing but prefixes', () => {
    for (const piece of ['[a]', 're:', '[fwd:', '(fwd)', '[', ']', '[a]re:', 're[', '[fwd: [a] ']) {
      const start = process.cpuUsage();
      baseSubject(piece.repeat(50_000));
      baseSubject(piece.repeat(50_000) + ']'.repeat(50_000));
      expect(process.cpuUsage(start).user / 1000, piece).to.be.below(2000);
    }
  });
});
