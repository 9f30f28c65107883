import { expect } from 'chai';
import type {
  KeptRecord,
  RecordRange,
  RecordStore,
  StoredRecord,
} from '../../../src/store/records.ts';
import { failureOf, type OpenBackend } from '../support.ts';

/** What a call rejects with that is a mistake of the program. */
async function mistakeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return (error as Error).name;
  }
  throw new Error('it was not refused');
}

/** The promises of `RecordStore`. Each test has a kind of its own. */
export function recordsContract(opened: () => OpenBackend): void {
  describe('records', () => {
    let kinds = 0;
    const newKind = (): string =>
      `kind-${Array.from(String(kinds++), (digit) => 'abcdefghij'[Number(digit)] ?? '').join('')}`;
    const records = (): RecordStore => opened().store.records;
    const add = (kind: string, ...keys: readonly string[]): Promise<number> =>
      records().insert(
        kind,
        keys.map((key) => ({ key, value: `"${key}"` })),
      );
    const keysOf = async (kind: string, range: Omit<RecordRange, 'limit'> & { limit?: number }) =>
      (await records().list(kind, { limit: 1000, ...range })).map(({ key }) => key);

    it('keeps what it was given, with version 1, across a reopen', async () => {
      const kind = newKind();
      const value = '{"name":"Әйгерім 🙂","lines":"a\\r\\nb"}';
      expect(await records().insert(kind, [{ key: 'жазба/1', value }])).to.equal(1);
      const kept: StoredRecord = { key: 'жазба/1', version: 1, value };
      expect(await records().get(kind, 'жазба/1')).to.deep.equal(kept);
      await opened().reopen();
      expect(await records().get(kind, 'жазба/1')).to.deep.equal(kept);
      expect(await records().list(kind, { limit: 5 })).to.deep.equal([kept]);
    });

    it('knows nothing of another kind or key', async () => {
      const kind = newKind();
      await add(kind, 'a');
      expect(await records().get(newKind(), 'a')).to.equal(undefined);
      expect(await records().get(kind, 'A')).to.equal(undefined);
      expect(await records().get(kind, 'a ')).to.equal(undefined);
      expect(await records().get(kind.slice(0, -1), 'a')).to.equal(undefined);
      expect(await keysOf(newKind(), {})).to.deep.equal([]);
    });

    it('stops an insert at the first key that is taken, and answers how many came', async () => {
      const kind = newKind();
      expect(await add(kind, 'c')).to.equal(1);
      expect(await add(kind, 'a', 'b', 'c', 'd')).to.equal(2);
      expect(await add(kind, 'e', 'e')).to.equal(1);
      expect(await keysOf(kind, {})).to.deep.equal(['a', 'b', 'c', 'e']);
      expect(await records().insert(kind, [])).to.equal(0);
    });

    it('does not touch the record whose key is taken', async () => {
      const kind = newKind();
      await add(kind, 'a');
      expect(await records().insert(kind, [{ key: 'a', value: 'other' }])).to.equal(0);
      expect(await records().get(kind, 'a')).to.deep.equal({ key: 'a', version: 1, value: '"a"' });
    });

    it('replaces the version that is meant, and counts on', async () => {
      const kind = newKind();
      await add(kind, 'a', 'b');
      expect(await records().replace(kind, 'a', 1, 'two')).to.equal(true);
      expect(await records().replace(kind, 'a', 1, 'lost')).to.equal(false);
      expect(await records().replace(kind, 'a', 3, 'lost')).to.equal(false);
      expect(await records().replace(kind, 'a', 2, '')).to.equal(true);
      expect(await records().replace(kind, 'none', 1, 'lost')).to.equal(false);
      expect(await records().get(kind, 'a')).to.deep.equal({ key: 'a', version: 3, value: '' });
      expect(await records().get(kind, 'b')).to.deep.equal({ key: 'b', version: 1, value: '"b"' });
    });

    it('removes the version that is meant; the key is free again', async () => {
      const kind = newKind();
      await add(kind, 'a');
      await records().replace(kind, 'a', 1, 'two');
      expect(await records().remove(kind, 'a', 1)).to.equal(false);
      expect(await records().remove(kind, 'a', 2)).to.equal(true);
      expect(await records().get(kind, 'a')).to.equal(undefined);
      expect(await keysOf(kind, {})).to.deep.equal([]);
      expect(await records().remove(kind, 'a', 2)).to.equal(false);
      expect(await records().replace(kind, 'a', 2, 'lost')).to.equal(false);
      expect(await records().insert(kind, [{ key: 'a', value: 'new' }])).to.equal(1);
      expect(await records().get(kind, 'a')).to.deep.equal({ key: 'a', version: 1, value: 'new' });
      expect(await add(kind, 'a')).to.equal(0);
    });

    it('lists in order of the octets of UTF-8, either way', async () => {
      const kind = newKind();
      // In UTF-16 the last two change places.
      const sorted = ['!', '-', '/', '0', 'A', 'a', 'a!', 'aa', 'b', 'é', 'ә', '\uffee', '🙂'];
      await add(kind, ...[...sorted].sort((a, b) => (a.length - b.length || a > b ? -1 : 1)));
      expect(await keysOf(kind, {})).to.deep.equal(sorted);
      expect(await keysOf(kind, { newestFirst: true })).to.deep.equal([...sorted].reverse());
    });

    it('lists page by page, either way, after keys that are there or not', async () => {
      const kind = newKind();
      const keys = Array.from({ length: 30 }, (_, i) => String(i).padStart(3, '0'));
      await add(kind, ...keys);
      for (const newestFirst of [false, true]) {
        const found: string[] = [];
        for (;;) {
          const after = found.at(-1);
          const range = { limit: 7, newestFirst, ...(after !== undefined && { after }) };
          const page = await keysOf(kind, range);
          if (page.length === 0) break;
          found.push(...page);
        }
        expect(found).to.deep.equal(newestFirst ? [...keys].reverse() : keys);
      }
      expect(await keysOf(kind, { after: '0105', limit: 2 })).to.deep.equal(['011', '012']);
      expect(await keysOf(kind, { after: '0105', limit: 2, newestFirst: true })).to.deep.equal([
        '010',
        '009',
      ]);
    });

    it('lists keys with a prefix only, whatever it is', async () => {
      const kind = newKind();
      const last = String.fromCodePoint(0x10ffff);
      await add(kind, 'a', 'ab', 'aba', 'abz', `ab${last}`, `ab${last}x`, 'ac', last, '\ud7ff');
      expect(await keysOf(kind, { prefix: 'ab' })).to.deep.equal([
        ...['ab', 'aba', 'abz', `ab${last}`, `ab${last}x`],
      ]);
      expect(await keysOf(kind, { prefix: 'ab', after: 'abz' })).to.deep.equal([
        `ab${last}`,
        `ab${last}x`,
      ]);
      expect(await keysOf(kind, { prefix: 'ab', after: 'abz', newestFirst: true })).to.deep.equal([
        'aba',
        'ab',
      ]);
      expect(await keysOf(kind, { prefix: 'ab', after: 'b' })).to.deep.equal([]);
      expect(await keysOf(kind, { prefix: 'ab', after: 'Z', limit: 1 })).to.deep.equal(['ab']);
      expect(
        await keysOf(kind, { prefix: 'ab', after: 'z', limit: 1, newestFirst: true }),
      ).to.deep.equal([`ab${last}x`]);
      expect(await keysOf(kind, { prefix: `ab${last}` })).to.have.length(2);
      expect(await keysOf(kind, { prefix: last })).to.deep.equal([last]);
      expect(await keysOf(kind, { prefix: '\ud7ff' })).to.deep.equal(['\ud7ff']);
      expect(await keysOf(kind, { prefix: 'x' })).to.deep.equal([]);
    });

    it('keeps kinds apart that begin alike', async () => {
      const kind = newKind();
      await add(kind, 'a', '-x/b');
      await add(`${kind}-x`, 'b');
      expect(await keysOf(kind, {})).to.deep.equal(['-x/b', 'a']);
      expect(await keysOf(`${kind}-x`, { newestFirst: true })).to.deep.equal(['b']);
    });

    it('lists all that was asked for, however long the values are', async () => {
      const kind = newKind();
      const value = 'x'.repeat(200_000);
      const keys = ['a', 'b', 'c', 'd', 'e'];
      await records().insert(
        kind,
        keys.map((key) => ({ key, value })),
      );
      expect(await keysOf(kind, {})).to.deep.equal(keys);
      expect(await keysOf(kind, { limit: 4, newestFirst: true })).to.deep.equal([
        ...['e', 'd', 'c', 'b'],
      ]);
    });

    it('takes 1000 at once and lists them', async function () {
      // One after the other: on a busy machine two answers of a server may take ten milliseconds.
      this.timeout(60_000);
      const kind = newKind();
      const keys = Array.from({ length: 1001 }, (_, i) => String(i).padStart(4, '0'));
      expect(await add(kind, ...keys)).to.equal(1001);
      expect(await keysOf(kind, {})).to.deep.equal(keys.slice(0, 1000));
      // However many come after the one that is taken.
      const more = Array.from({ length: 1001 }, (_, i) => `x${i}`);
      expect(await add(kind, ...more.slice(0, 2), '0700', ...more.slice(2))).to.equal(2);
      expect(await keysOf(kind, { prefix: 'x' })).to.deep.equal(['x0', 'x1']);
    });

    it('bounds keys and values in octets: the longest fit, and nothing of a refused insert comes', async () => {
      const kind = newKind();
      const key = 'ә'.repeat(256);
      const value = 'ә'.repeat(524_288);
      expect(await records().insert(kind, [{ key, value }])).to.equal(1);
      expect(await records().get(kind, key)).to.deep.equal({ key, version: 1, value });
      expect(await records().replace(kind, key, 1, `${value.slice(1)}aa`)).to.equal(true);
      for (const tooLong of [
        { key: `${key}a`, value: '' },
        { key: 'b', value: `${value}a` },
      ]) {
        const insert = records().insert(kind, [{ key: 'a', value: '' }, tooLong]);
        expect(await failureOf(insert)).to.equal('limit');
      }
      const replace = records().replace(kind, key, 2, `${value}a`);
      expect(await failureOf(replace)).to.equal('limit');
      expect(await keysOf(kind, {})).to.deep.equal([key]);
    });

    it('refuses what is no text', async () => {
      const kind = newKind();
      for (const [key, value] of [
        ['', 'x'],
        ['a\0', 'x'],
        ['a\ud800', 'x'],
        ['a', 'x\0'],
        ['a', '\udc00'],
      ] as const) {
        expect(await failureOf(records().insert(kind, [{ key, value }]))).to.equal('invalid');
      }
      await add(kind, 'a');
      expect(await failureOf(records().replace(kind, 'a', 1, '\ud800'))).to.equal('invalid');
      expect(await keysOf(kind, {})).to.deep.equal(['a']);
    });

    it('has no record with a key that none can have', async () => {
      const kind = newKind();
      for (const key of ['', 'a\0', '\ud800', 'x'.repeat(513), 'x'.repeat(100_000)]) {
        expect(await records().get(kind, key)).to.equal(undefined);
        expect(await records().replace(kind, key, 1, '')).to.equal(false);
        expect(await records().remove(kind, key, 1)).to.equal(false);
        expect(await keysOf(kind, { prefix: key || 'a', after: key })).to.deep.equal([]);
      }
    });

    it('does not take another kind or limit for a word of the program', async () => {
      for (const kind of ['', 'Kind', 'a/b', 'a b', 'кінд', 'x'.repeat(33)]) {
        expect(await mistakeOf(records().get(kind, 'a'))).to.equal('TypeError');
        expect(await mistakeOf(records().list(kind, { limit: 1 }))).to.equal('TypeError');
        expect(await mistakeOf(records().insert(kind, []))).to.equal('TypeError');
        expect(await mistakeOf(records().replace(kind, 'a', 1, ''))).to.equal('TypeError');
        expect(await mistakeOf(records().remove(kind, 'a', 1))).to.equal('TypeError');
      }
      for (const limit of [0, -1, 1.5, 1001, NaN]) {
        expect(await mistakeOf(records().list('kind', { limit }))).to.equal('RangeError');
      }
    });

    it('lets one of many win: an insert, a replacement, a removal', async () => {
      const kind = newKind();
      const race = async (run: (i: number) => Promise<boolean>): Promise<number> => {
        const outcomes = await Promise.all(Array.from({ length: 40 }, (_, i) => run(i)));
        return outcomes.filter((won) => won).length;
      };
      const insert = async (i: number): Promise<boolean> =>
        (await records().insert(kind, [{ key: 'a', value: String(i) }])) === 1;
      expect(await race(insert)).to.equal(1);
      expect(await race((i) => records().replace(kind, 'a', 1, String(i)))).to.equal(1);
      expect(await race(() => records().remove(kind, 'a', 2))).to.equal(1);
      expect(await race(insert)).to.equal(1);
    });

    it('loses none of the changes of many who compare and set', async () => {
      const kind = newKind();
      await records().insert(kind, [{ key: 'n', value: '0' }]);
      const countUp = async (): Promise<void> => {
        for (;;) {
          const { version, value } = (await records().get(kind, 'n')) as StoredRecord;
          if (await records().replace(kind, 'n', version, String(Number(value) + 1))) return;
        }
      };
      await Promise.all(Array.from({ length: 12 }, countUp));
      expect(await records().get(kind, 'n')).to.deep.equal({ key: 'n', version: 13, value: '12' });
    });

    describe('carried elsewhere', () => {
      const all = async (): Promise<KeptRecord[]> => {
        const found: KeptRecord[] = [];
        for await (const slice of opened().store.upkeep.records()) found.push(...slice);
        return found;
      };
      const restore = (list: readonly KeptRecord[]): Promise<number> =>
        opened().store.upkeep.restoreRecords(list);

      it('are all there once, with their kinds, in order, without those that were removed', async () => {
        const [kind, other] = [newKind(), newKind()];
        const keys = Array.from({ length: 600 }, (_, i) => `ә${String(i).padStart(3, '0')}`);
        await add(kind, ...keys);
        await add(other, 'a', 'b');
        await records().replace(other, 'a', 1, 'two');
        await records().remove(other, 'b', 1);
        const found = await all();
        const ids = found.map((each) => `${each.kind}/${each.key}`);
        expect(new Set(ids).size).to.equal(ids.length);
        const octets = ids.map((id) => Buffer.from(id));
        expect(octets).to.deep.equal([...octets].sort((a, b) => Buffer.compare(a, b)));
        const of = (wanted: string) => found.filter((each) => each.kind === wanted);
        expect(of(kind).map(({ key }) => key)).to.deep.equal(keys);
        expect(of(other)).to.deep.equal([{ kind: other, key: 'a', version: 2, value: 'two' }]);
      });

      it('come with their versions, once; those that are there stay as they are', async () => {
        const [kind, other] = [newKind(), newKind()];
        await add(kind, 'there', 'removed');
        await records().remove(kind, 'removed', 1);
        const list = [
          { kind, key: 'there', version: 9, value: 'no' },
          { kind, key: 'removed', version: 7, value: 'again' },
          { kind: other, key: 'there', version: 1, value: 'x'.repeat(1_048_576) },
          ...Array.from({ length: 600 }, (_, i) => ({
            kind: other,
            key: `${i}`,
            version: i + 1,
            value: `${i}`,
          })),
        ];
        expect(await restore(list)).to.equal(602);
        expect(await restore(list)).to.equal(0);
        expect(await records().get(kind, 'there')).to.include({ version: 1, value: '"there"' });
        expect(await records().get(kind, 'removed')).to.include({ version: 7, value: 'again' });
        expect(await records().get(other, '599')).to.include({ version: 600, value: '599' });
        expect(await records().replace(other, '599', 600, 'next')).to.equal(true);
        expect(await restore([])).to.equal(0);
      });

      it('come not at all when one of them is none', async () => {
        const kind = newKind();
        const good = { kind, key: 'good', version: 1, value: '' };
        for (const [wrong, failure] of [
          [{ ...good, kind: 'A' }, 'invalid'],
          [{ ...good, kind: '' }, 'invalid'],
          [{ ...good, version: 0 }, 'invalid'],
          [{ ...good, version: 1.5 }, 'invalid'],
          [{ ...good, key: '' }, 'invalid'],
          [{ ...good, value: '\ud800' }, 'invalid'],
          [{ ...good, key: 'x'.repeat(513) }, 'limit'],
          [{ ...good, value: 'x'.repeat(1_048_577) }, 'limit'],
        ] as const) {
          expect(await failureOf(restore([good, wrong]))).to.equal(failure);
        }
        expect(await keysOf(kind, {})).to.deep.equal([]);
      });
    });
  });
}
