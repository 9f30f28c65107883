import { expect } from 'chai';
import { ConnectionLost } from '../../src/imap/connection.ts';
import { MailboxPattern, patternLimits } from '../../src/imap/mailbox-pattern.ts';
import { matchNames } from '../../src/imap/match-names.ts';
import { Encoder } from '../../src/imap/wire/encoder.ts';

describe('matchNames', () => {
  const names = Array.from({ length: 50 }, (_, i) => `${'a'.repeat(990)}${i}`);
  const hostile = new MailboxPattern(`${'*a'.repeat(patternLimits.characters / 2 - 1)}b`);
  const sink = { write: () => undefined, queuedBytes: 0, drained: () => Promise.resolve() };

  it('answers the names that some pattern matches', async () => {
    const patterns = ['b%', 'a*2'].map((pattern) => new MailboxPattern(pattern));
    const matched = await matchNames(new Encoder(sink), ['a1', 'a2', 'b/c', 'bc'], patterns);
    expect([...matched]).to.deep.equal(['a2', 'bc']);
  });

  it('lets the event loop turn while it looks for what is dear to find', async () => {
    let turns = 0;
    const count = (): void => {
      turns++;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    const matched = await matchNames(new Encoder(sink), names, [hostile]);
    clearImmediate(next);
    expect(matched.size).to.equal(0);
    expect(turns).to.be.greaterThan(2);
  });

  it('stops when the client is gone', async () => {
    const lost = {
      ...sink,
      queuedBytes: Infinity,
      drained: () => Promise.reject(new ConnectionLost()),
    };
    const outcome = await matchNames(new Encoder(lost), names, [hostile]).catch((e: unknown) => e);
    expect(outcome).to.be.instanceOf(ConnectionLost);
  });
});
