import { expect } from 'chai';
import { Turns } from '../../src/core/turns.ts';

describe('Turns', () => {
  it('lets one after the other go, in order, and other keys at once', async () => {
    const turns = new Turns();
    const seen: string[] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const first = turns.run('a', async () => {
      await gate;
      seen.push('a1');
    });
    const second = turns.run('a', () => Promise.resolve(seen.push('a2')));
    const other = turns.run('b', () => Promise.resolve(seen.push('b')));
    await other;
    expect(turns.waiting('a')).to.equal(2);
    open();
    await Promise.all([first, second]);
    expect(seen).to.deep.equal(['b', 'a1', 'a2']);
    expect(turns.waiting('a')).to.equal(0);
  });

  it('gives a failure to its own caller only', async () => {
    const turns = new Turns();
    const bad = turns.run('a', () => Promise.reject(new Error('no')));
    const good = turns.run('a', () => Promise.resolve('yes'));
    expect(await bad.catch((error: unknown) => String(error))).to.equal('Error: no');
    expect(await good).to.equal('yes');
  });
});
