import { expect } from 'chai';
import { JournalRegistry } from '../../../src/gateway/registry/journal-registry.ts';
import type { RecordStore } from '../../../src/store/records.ts';
import { openEmbedded, type OpenEmbedded } from '../../store/embedded/backend.ts';
import { limits } from '../../../src/gateway/registry/limits.ts';
import {
  type OwnedAccount,
  verifyRegistry,
} from '../../../src/gateway/registry/verify-registry.ts';
import { clear, event, subjectOf, wrongIn } from './support.ts';

describe('verifying the unified base', () => {
  let house: OpenEmbedded;
  let records: RecordStore;

  before(async () => {
    house = await openEmbedded();
    ({ records } = house.store);
  });
  after(() => house.remove());

  /** Three mailboxes: one with a history, one that was closed and made anew. */
  beforeEach(async () => {
    await clear(records);
    const registry = new JournalRegistry(records);
    for (const one of [
      event('created', 1),
      event('created', 2, { facts: { level: 'basic' } }),
      event('level', 2),
      event('closed', 1),
      event('created', 1, { id: 'again', address: 'again@example.kz', at: 1_700_000_000_001 }),
      event('suspended', 2),
    ]) {
      await registry.enter(one);
    }
  });

  async function put(kind: string, key: string, value: string): Promise<void> {
    const stored = await records.get(kind, key);
    if (stored === undefined) await records.insert(kind, [{ key, value }]);
    else await records.replace(kind, key, stored.version, value);
  }
  async function take(kind: string, key: string): Promise<string> {
    const stored = await records.get(kind, key);
    await records.remove(kind, key, stored?.version ?? 0);
    return stored?.value ?? '';
  }
  async function texts(): Promise<string[]> {
    return (await wrongIn(records)).map(({ part, number, text }) => `${part} ${number} ${text}`);
  }

  it('R-10.1 finds nothing where nothing was changed', async () => {
    expect(await wrongIn(records)).to.deep.equal([]);
  });

  it('R-10.1 an empty one is right', async () => {
    await clear(records);
    expect(await wrongIn(records)).to.deep.equal([]);
  });

  for (const [what, kind, key] of [
    ['the first entry', 'registry', '000000000001'],
    ['the last entry', 'registry', '000000000006'],
    ['a view', 'registry-view', subjectOf(2)],
    ['an address', 'registry-address', 'user1@example.kz'],
    ['a row of an event', 'registry-event', 'again'],
    ['a row of a history', 'registry-history', `${subjectOf(1)}/000000000004`],
    ['the mark', 'registry-mark', 'projected'],
  ] as const) {
    it(`R-10.1 finds one changed octet of ${what}, wherever it is`, async () => {
      const text = (await records.get(kind, key))?.value ?? '';
      expect(text).to.match(/^\{.*\}$/);
      for (let i = 0; i < text.length; i++) {
        // The lowest bit: a letter stays a letter and a digit a digit, so that the text may well still be read.
        const other = String.fromCharCode(text.charCodeAt(i) ^ 1);
        await put(kind, key, text.slice(0, i) + other + text.slice(i + 1));
        expect(await wrongIn(records), `octet ${i} of ${text}`).not.to.deep.equal([]);
      }
      await put(kind, key, text);
      expect(await wrongIn(records)).to.deep.equal([]);
    }).timeout(120_000);

    // A mark that is gone is made anew: it is no more than how far the indexes are.
    if (kind === 'registry-mark') continue;
    it(`R-10.1 finds that ${what} is gone`, async () => {
      await take(kind, key);
      expect(await wrongIn(records)).not.to.deep.equal([]);
    });
  }

  it('R-10.1 finds a number that is missing', async () => {
    await take('registry', '000000000003');
    expect(await texts()).to.include('journal 3 is missing; after it comes 000000000004');
  });

  it('R-10.1 finds a number that is there twice', async () => {
    const text = (await records.get('registry', '000000000003'))?.value ?? '';
    await put('registry', '0000000000035', text);
    expect((await texts()).join('\n')).to.contain('journal 3 is kept as 0000000000035');
  });

  it('R-10.1 finds an entry that was made after the last one by somebody else', async () => {
    const text = (await records.get('registry', '000000000006'))?.value ?? '';
    await put('registry', '000000000007', text.replace('"number":6', '"number":7'));
    expect((await texts()).join('\n')).to.contain('journal 7 does not go on from the entry before');
  });

  it('R-10.1 finds the same text written in another way', async () => {
    const text = (await records.get('registry', '000000000002'))?.value ?? '';
    await put('registry', '000000000002', text.replace(',', ', '));
    expect((await texts()).join('\n')).to.contain('journal 2 is not what an entry is');
  });

  it('R-10.1 finds a view that no entry made', async () => {
    const text = (await records.get('registry-view', subjectOf(2)))?.value ?? '';
    const other = text.replaceAll(subjectOf(2), subjectOf(3));
    await put('registry-view', subjectOf(3), other);
    expect((await texts()).join('\n')).to.contain('a row of registry-view is not what its');
  });

  it('takes in what a process left undone before it looks', async () => {
    const view = await take('registry-view', subjectOf(2));
    expect(view).not.to.equal('');
    await take('registry-mark', 'projected');
    expect(await wrongIn(records)).to.deep.equal([]);
    expect((await records.get('registry-view', subjectOf(2)))?.value).to.equal(view);
  });

  describe('against the accounts', () => {
    const address = (number: number): string => `user${number}@example.kz`;

    async function found(accounts: readonly OwnedAccount[]): Promise<string[]> {
      const texts: string[] = [];
      const lookAlike = {
        find: (canonical: string) =>
          Promise.resolve(accounts.find((one) => one.canonical === canonical)),
        list: ({ after = '', limit }: { after?: string; limit: number }) =>
          Promise.resolve(accounts.filter(({ canonical }) => canonical > after).slice(0, limit)),
      };
      for await (const { text } of verifyRegistry(records, lookAlike)) texts.push(text);
      return texts;
    }

    /** The accounts as the entries say, in order of address. */
    const right: readonly OwnedAccount[] = [
      {
        id: 3,
        canonical: 'again@example.kz',
        status: 'active',
        owner: { subject: subjectOf(1), level: 'official' },
      },
      {
        id: 1,
        canonical: address(1),
        status: 'closed',
        owner: { subject: subjectOf(1), level: 'official' },
      },
      {
        id: 2,
        canonical: address(2),
        status: 'suspended',
        owner: { subject: subjectOf(2), level: 'official' },
      },
    ];

    it('R-13.1 finds nothing where both say the same, with others that nobody owns', async () => {
      const postmaster = { id: 9, canonical: 'postmaster@example.kz', status: 'active' } as const;
      expect(await found([...right, postmaster])).to.deep.equal([]);
    });

    for (const [title, change, text] of [
      ['has no entry', { canonical: 'zz@example.kz' }, 'account 2 is in no entry'],
      [
        'has another owner',
        { owner: { subject: subjectOf(7), level: 'official' } },
        'account 2 has another owner in the registry',
      ],
      [
        'has another level',
        { owner: { subject: subjectOf(2), level: 'basic' } },
        'account 2 is basic, and official in the registry',
      ],
      [
        'takes mail though it is suspended',
        { status: 'active' },
        'account 2 is active, and suspended in the registry',
      ],
      ['is closed', { status: 'closed' }, 'account 2 is closed, and suspended in the registry'],
    ] as const) {
      it(`R-13.1 finds an account that ${title}`, async () => {
        const changed = right.map((one) => (one.id === 2 ? { ...one, ...change } : one));
        expect(await found(changed)).to.include(text);
      });
    }

    it('R-13.1 finds an entry without an account', async () => {
      expect(await found(right.slice(0, 2))).to.deep.equal(['is of a mailbox that is not there']);
    });

    it('R-13.1 looks at all of them, in pages', async () => {
      const many = Array.from({ length: limits.pageAccounts }, (_, i) => ({
        id: 1000 + i,
        canonical: `0${i + 1000}@example.kz`,
        status: 'active' as const,
      }));
      expect(await found([...many, ...right])).to.deep.equal([]);
      expect(await found([...many, ...right.slice(0, 2)])).to.have.length(1);
    });

    it('leaves alone an account that the operator suspended for a technical reason', async () => {
      const changed = right.map((one) =>
        one.id === 3 ? { ...one, status: 'suspended' as const } : one,
      );
      expect(await found(changed)).to.deep.equal([]);
    });
  });
});
