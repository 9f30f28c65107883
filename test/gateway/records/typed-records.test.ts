import { expect } from 'chai';
import * as z from 'zod';
import { limits } from '../../../src/gateway/records/limits.ts';
import { TypedRecords } from '../../../src/gateway/records/typed-records.ts';
import type { RecordStore } from '../../../src/store/records.ts';
import { openEmbedded, type OpenEmbedded } from '../../store/embedded/backend.ts';

const schema = z.strictObject({ b: z.number(), a: z.string() });

describe('typed records', () => {
  let house: OpenEmbedded;
  let store: RecordStore;
  let records: TypedRecords<{ a: string; b: number }>;

  beforeEach(async () => {
    house = await openEmbedded();
    store = house.store.records;
    records = new TypedRecords(store, 'note', schema);
  });
  afterEach(() => house.remove());

  it('are canonical JSON that names its format', async () => {
    expect(await records.insert('x', { b: 1, a: 'Ә' })).to.equal(true);
    expect((await store.get('note', 'x'))?.value).to.equal('{"a":"Ә","b":1,"format":1}');
    expect(await records.insert('x', { b: 2, a: 'Ә' })).to.equal(false);
    const kept = await records.get('x');
    expect(kept).to.deep.equal({
      key: 'x',
      version: 1,
      value: { a: 'Ә', b: 1 },
      text: '{"a":"Ә","b":1,"format":1}',
    });
    expect(await records.get('y')).to.equal(undefined);
  });

  for (const [title, text, says] of [
    ['of a newer version', '{"a":"secret","b":1,"format":2}', 'newer version'],
    ['without a format', '{"a":"secret","b":1}', 'at format'],
    ['with a format that is no number', '{"a":"secret","b":1,"format":"1"}', 'at format'],
    ['with another member', '{"a":"secret","b":1,"c":2,"format":1}', 'at its members'],
    ['with a wrong member', '{"a":"secret","b":"secret","format":1}', 'at b'],
    ['that are no object', '"secret"', 'not an object'],
    ['that are null', 'null', 'not an object'],
    ['that are no JSON', 'secret', 'not JSON'],
  ] as const) {
    it(`${title} are an error that tells nothing of them`, async () => {
      await store.insert('note', [{ key: 'secret', value: text }]);
      const error = await records.get('secret').catch((thrown: unknown) => thrown as Error);
      expect(error).to.be.instanceOf(Error);
      expect((error as Error).message)
        .to.contain(says)
        .and.contain('kind note');
      expect((error as Error).message).not.to.contain('secret');
    });
  }

  it('are changed as they are now, and left when there is nothing to change', async () => {
    const count = (value: { b: number } | undefined): { a: string; b: number } => ({
      a: 'n',
      b: (value?.b ?? 0) + 1,
    });
    await Promise.all(Array.from({ length: 10 }, () => records.change('x', count)));
    expect((await records.get('x'))?.value.b).to.equal(10);
    expect(await records.change('x', () => undefined)).to.deep.equal({ a: 'n', b: 10 });
    expect(await records.change('y', () => undefined)).to.equal(undefined);
    expect((await records.get('x'))?.version).to.equal(10);
  });

  it('are not changed for ever against others who are faster', async () => {
    let tries = 0;
    const stubborn = new TypedRecords(
      { ...bound(store), replace: () => Promise.resolve(false) },
      'note',
      schema,
    );
    await records.insert('x', { a: '', b: 0 });
    const error = await stubborn
      .change('x', (value) => {
        tries += 1;
        return value;
      })
      .catch((thrown: unknown) => thrown as Error);
    expect(error).to.include({ failure: 'unavailable' });
    expect(tries).to.equal(limits.changeAttempts);
  });

  it('are added where they are missing', async () => {
    await records.insert('b', { a: 'old', b: 1 });
    await records.insert('d', { a: 'old', b: 1 });
    await records.insertMissing(['a', 'b', 'c', 'd'].map((key) => [key, { a: 'new', b: 2 }]));
    const all = await records.list({ limit: 10 });
    expect(all.map(({ key, value }) => `${key} ${value.a}`)).to.deep.equal([
      'a new',
      'b old',
      'c new',
      'd old',
    ]);
  });

  it('are all looked through, in pages', async () => {
    const keys = Array.from({ length: limits.pageRecords + 1 }, (_, i) => String(1000 + i));
    await records.insertMissing(keys.map((key) => [`p/${key}`, { a: '', b: 1 }]));
    await records.insert('q', { a: '', b: 1 });
    const found: string[] = [];
    for await (const { key } of records.all('p/')) found.push(key.slice(2));
    expect(found).to.deep.equal(keys);
  });
});

function bound(store: RecordStore): RecordStore {
  return {
    get: (...all) => store.get(...all),
    list: (...all) => store.list(...all),
    insert: (...all) => store.insert(...all),
    replace: (...all) => store.replace(...all),
    remove: (...all) => store.remove(...all),
  };
}
