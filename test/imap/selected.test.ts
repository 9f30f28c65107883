import { expect } from 'chai';
import fc from 'fast-check';
import { keywordLimit } from '../../src/store/mailbox-view.ts';
import { selectedLimits } from '../../src/imap/selected.ts';
import { star } from '../../src/imap/wire/message-set.ts';
import { Encoder } from '../../src/imap/wire/encoder.ts';
import { flagsOf, ModelMailbox, SimulatedClient } from './selected-client.ts';

const seed = 20260729;

describe('selected mailbox', () => {
  it('counts, numbers and tells as the client does, whatever happens between', async () => {
    const picks = fc.array(fc.nat(40), { minLength: 1, maxLength: 6 });
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('add' as const),
          count: fc.integer({ min: 1, max: 4 }),
          gap: fc.nat(2),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('flag' as const), picks, flags: fc.nat(31) }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('expunge' as const), picks }) },
      {
        weight: 5,
        arbitrary: fc.record({
          kind: fc.constant('sync' as const),
          session: fc.nat(2),
          expunge: fc.boolean(),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('announce' as const), session: fc.nat(2) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('reopen' as const), session: fc.nat(2) }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const model = new ModelMailbox();
        model.add(3);
        const newClient = (session: number): SimulatedClient =>
          new SimulatedClient(model, [[], ['CONDSTORE'], ['QRESYNC']][session] as 'QRESYNC'[]);
        const clients = [0, 1, 2].map(newClient);
        const pick = (numbers: readonly number[]): number[] =>
          numbers.map((n) => model.rows[n % Math.max(model.rows.length, 1)]?.uid ?? 0);
        for (const action of steps) {
          if (action.kind === 'add') model.add(action.count, action.gap);
          else if (action.kind === 'flag') model.flag(pick(action.picks), action.flags);
          else if (action.kind === 'expunge') model.expunge(pick(action.picks));
          else if (action.kind === 'reopen') {
            clients[action.session]?.selected.close();
            clients[action.session] = newClient(action.session);
          } else if (action.kind === 'announce') {
            const client = clients[action.session]!;
            client.selected.announceNew(client.out);
            client.read(false);
          } else {
            const client = clients[action.session]!;
            await client.sync({ expunge: action.expunge });
            // Never above what was told: a lost connection must not lose an expunge.
            const hidden = model.expunged.filter(({ uid }) => client.uids.includes(uid));
            for (const { modSeq } of hidden) {
              expect(client.selected.highestModSeq).to.be.lessThan(modSeq);
            }
          }
          for (const client of clients) client.check();
        }
        for (const client of clients) {
          await client.sync({ expunge: true });
          client.check();
          expect(client.uids).to.deep.equal(model.rows.map((row) => row.uid));
          for (const row of model.rows) {
            expect(client.flags.get(row.uid), `flags of ${row.uid}`).to.equal(flagsOf(row.flags));
          }
          expect(client.selected.highestModSeq).to.equal(model.modSeq);
          if (client.state.qresync) expect(client.highestModSeq).to.be.at.most(model.modSeq);
          expect(await client.sync({ expunge: true }), 'nothing changed').to.equal('');
        }
      }),
      { seed, numRuns: 300 },
    );
  });

  it('says nothing when nothing changed: no EXISTS after an empty EXPUNGE', async () => {
    const model = new ModelMailbox();
    const client = new SimulatedClient(model);
    expect(await client.sync({ expunge: true })).to.equal('');
  });

  it('does not announce what came and went between two commands', async () => {
    const model = new ModelMailbox();
    model.add(2);
    const client = new SimulatedClient(model);
    model.add(1);
    model.expunge([3]);
    expect(await client.sync({ expunge: true })).to.equal('');
    model.add(1);
    expect(await client.sync({ expunge: true })).to.equal('* 3 EXISTS\r\n');
    expect(client.selected.uidOf(3)).to.equal(4);
  });

  it('keeps ghosts in their place until EXPUNGE is allowed', async () => {
    const model = new ModelMailbox();
    model.add(5);
    const client = new SimulatedClient(model);
    model.expunge([2, 4]);
    expect(await client.sync({ expunge: false })).to.equal('');
    expect(client.selected.count).to.equal(5);
    expect(client.selected.isGhost(2)).to.equal(true);
    expect(client.selected.isGhost(3)).to.equal(false);
    expect(client.selected.locate(4)?.rows.sizeAt(client.selected.locate(4)!.index)).to.equal(104);
    expect(await client.sync({ expunge: true })).to.equal('* 4 EXPUNGE\r\n* 2 EXPUNGE\r\n');
  });

  it('holds one EXPUNGE back when asked to', async () => {
    const model = new ModelMailbox();
    model.add(2);
    const client = new SimulatedClient(model);
    model.expunge([1]);
    client.selected.holdExpunge();
    expect(await client.sync({ expunge: true })).to.equal('');
    expect(await client.sync({ expunge: true })).to.equal('* 1 EXPUNGE\r\n');
  });

  it('with QRESYNC tells how far to believe MODSEQ while VANISHED waits', async () => {
    const model = new ModelMailbox();
    model.add(3);
    const client = new SimulatedClient(model, ['QRESYNC']);
    model.expunge([2]);
    model.flag([1], 8);
    expect(await client.sync({ expunge: false })).to.equal(
      '* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (4))\r\n' +
        '* OK [HIGHESTMODSEQ 2] VANISHED is delayed\r\n',
    );
    expect(await client.sync({ expunge: true })).to.equal(
      '* VANISHED 2\r\n* OK [HIGHESTMODSEQ 4] Messages have vanished\r\n',
    );
  });

  it('with QRESYNC tells how far to believe MODSEQ when flags changed behind the report', async () => {
    const model = new ModelMailbox();
    model.add(selectedLimits.reportedAtOnce + 1);
    const client = new SimulatedClient(model, ['QRESYNC']);
    const all = model.rows.map((row) => row.uid);
    model.flag(all, 1);
    const shown = model.modSeq;
    let told = '';
    let waits = 1;
    const slow = new Encoder({
      write: (octets) => {
        told += Buffer.from(octets).toString();
      },
      // Full once, behind the first thousand: then the first message changes, and after it the last.
      get queuedBytes() {
        return waits-- > 0 ? Infinity : 0;
      },
      drained: () => {
        model.flag([all[0]!], 2);
        model.flag([all.at(-1)!], 2);
        return Promise.resolve();
      },
    });
    await client.selected.sync(slow, { expunge: true });
    slow.send();
    expect(told).to.contain(`MODSEQ (${model.modSeq})`);
    expect(told).to.match(new RegExp(`\\r\\n\\* OK \\[HIGHESTMODSEQ ${shown}\\] .*\\r\\n$`));
    expect(client.selected.highestModSeq).to.equal(shown);
  });

  it('tells new keywords before flags that use them', async () => {
    const model = new ModelMailbox();
    model.add(1);
    const client = new SimulatedClient(model);
    model.view.keywords.push('$Forwarded');
    model.flag([1], 8 | 32);
    await client.selected.sync(client.out, { expunge: true });
    expect(() => client.read(true)).to.throw('FLAGS (\\Answered');
    expect(client.selected.permanentFlagsResponse()).to.match(/\$Forwarded \\\*\)/);
    while (model.view.keywords.length < keywordLimit) {
      model.view.keywords.push(`k${model.view.keywords.length}`);
    }
    // No \* once there is no room for another one.
    expect(client.selected.permanentFlagsResponse()).not.to.contain('\\*');
  });

  it('notes any number of flag changes in bounded memory, and reports each once', async () => {
    const model = new ModelMailbox();
    const messages = selectedLimits.flagRanges * 4;
    model.add(messages);
    const client = new SimulatedClient(model);
    const changed = Array.from({ length: messages / 2 }, (_, i) => i * 2 + 1);
    model.view.apply({
      kind: 'flagged',
      rows: changed.map((uid) => ({ uid: uid as never, flags: 8, moreFlags: 0 })),
      modSeq: (model.modSeq + 1) as never,
    });
    expect(client.selected.pendingFlags.length / 2).to.be.at.most(selectedLimits.flagRanges);
    const text = await client.sync({ expunge: true });
    expect(text.match(/FETCH/g)).to.have.length(changed.length);
  });

  it('forgets flags that the client was shown', async () => {
    const model = new ModelMailbox();
    model.add(5);
    const client = new SimulatedClient(model);
    model.flag([1, 2, 3, 4, 5], 1);
    client.selected.flagsShown([2, 4]);
    const text = await client.sync({ expunge: true });
    expect(text.match(/UID \d/g)).to.deep.equal(['UID 1', 'UID 5']);
  });

  describe('message sets', () => {
    const model = new ModelMailbox();
    model.add(3, 1); // UIDs 2, 4, 6
    const { selected, state } = new SimulatedClient(model);
    const set = (...ranges: [number, number][]) => ({ kind: 'ranges' as const, ranges });

    it('numbers become UIDs', () => {
      expect(selected.uidsIn(set([1, 2], [3, 3]), 'msn')).to.deep.equal([2, 6]);
      expect(selected.uidsIn(set([3, star]), 'msn')).to.deep.equal([6, 6]);
    });
    it('a number that is not there is an error, in SEARCH it names nothing', () => {
      expect(() => selected.uidsIn(set([1, 4]), 'msn')).to.throw('No such message');
      expect(selected.uidsAmong(set([2, 9]), 'msn')).to.deep.equal([4, 6]);
    });
    it('"*" in an empty mailbox is an error', () => {
      const empty = new SimulatedClient(new ModelMailbox()).selected;
      expect(() => empty.uidsIn(set([1, star]), 'msn')).to.throw('empty');
      expect(empty.uidsIn(set([1, star]), 'uid')).to.deep.equal([]);
      expect(empty.uidsAmong(set([1, star]), 'msn')).to.deep.equal([]);
    });
    it('UIDs above the last one turn round at "*"', () => {
      expect(selected.uidsIn(set([100, star]), 'uid')).to.deep.equal([6, 6]);
    });
    it('UIDs that were not announced do not exist', () => {
      model.add(1); // UID 7
      expect(selected.uidsIn(set([1, 7]), 'uid')).to.deep.equal([1, 6]);
      expect(selected.uidNext).to.equal(7);
    });
    it('"$" is what was saved', () => {
      state.savedResult = [4, 4, 6, 6];
      expect(selected.uidsIn({ kind: 'saved' }, 'msn')).to.deep.equal([4, 4, 6, 6]);
    });
  });

  it('VANISHED (EARLIER) covers UIDs above the last message, and leaves ghosts to VANISHED', async () => {
    const model = new ModelMailbox();
    model.add(6);
    model.expunge([2, 6]);
    const client = new SimulatedClient(model, ['QRESYNC']);
    model.expunge([4]);
    const all = { kind: 'ranges' as const, ranges: [[1, star] as const] };
    expect(await client.selected.vanishedSince(0, all)).to.deep.equal([2, 2, 6, 6]);
  });

  it('lets the log of the view go when it closes', () => {
    const model = new ModelMailbox();
    model.add(1);
    const client = new SimulatedClient(model);
    client.selected.close();
    model.add(1);
    expect(client.selected.closed).to.equal(true);
    expect(model.view.readFrom(1)).to.equal(undefined);
  });
});
