import { expect } from 'chai';
import { LocalHints } from '../../src/bus/local/hints.ts';
import type { AccountId } from '../../src/core/values.ts';

describe('LocalHints', () => {
  it('tells those who listen to the account, and says that it hears this process only', () => {
    const hints = new LocalHints();
    const heard: string[] = [];
    const account = 1 as AccountId;
    const stop = hints.listen(account, (version) => heard.push(`a${version}`));
    hints.listen(account, (version) => heard.push(`b${version}`));
    hints.announce(account, 1);
    hints.announce(2 as AccountId, 2);
    stop();
    stop();
    hints.announce(account, 3);
    expect(heard).to.deep.equal(['a1', 'b1', 'b3']);
    expect(hints.live).to.equal(false);
  });
});
