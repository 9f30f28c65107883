import { expect } from 'chai';
import { onMongo } from '../../support/mongo/on-mongo.ts';
import { ManualClock } from '../support.ts';
import { openMongo, type OpenMongo } from './backend.ts';

const title = 'mongo: records';

await onMongo(title, (url) => {
  describe(title, () => {
    const clock = new ManualClock();
    let open: OpenMongo;
    beforeEach(async () => {
      open = await openMongo(url, clock);
    });
    afterEach(() => open.remove());

    it('keeps the mark of a removed one for a day, without its value, and no longer', async () => {
      const { records } = open.store;
      await records.insert('registry', [
        { key: 'stays', value: 'one' },
        { key: 'goes', value: 'two' },
        { key: 'returns', value: 'three' },
      ]);
      for (const key of ['goes', 'returns']) await records.remove('registry', key, 1);
      await records.insert('registry', [{ key: 'returns', value: 'four' }]);
      const [mark] = await open.db.find('records', { _id: 'registry/goes' });
      expect(mark).to.have.all.keys('_id', 'w', 'ws', 'xt');

      clock.advance(23 * 3_600_000);
      await open.collect(clock.now());
      expect(await open.db.find('records', {})).to.have.length(3);
      clock.advance(2 * 3_600_000);
      await open.collect(clock.now());
      const left = await open.db.find<{ readonly _id: string }>(
        'records',
        {},
        { sort: { _id: 1 } },
      );
      expect(left.map(({ _id }) => _id)).to.deep.equal(['registry/returns', 'registry/stays']);
      expect(await records.get('registry', 'returns')).to.include({ version: 1, value: 'four' });
    });

    it('are one for all processes', async () => {
      const other = await open.another();
      try {
        await open.store.records.insert('registry', [{ key: 'a', value: '1' }]);
        expect(await other.records.replace('registry', 'a', 1, '2')).to.equal(true);
        expect(await open.store.records.replace('registry', 'a', 1, '3')).to.equal(false);
        expect(await open.store.records.get('registry', 'a')).to.include({
          version: 2,
          value: '2',
        });
        expect(await open.store.records.remove('registry', 'a', 2)).to.equal(true);
        expect(await other.records.get('registry', 'a')).to.equal(undefined);
      } finally {
        await other.close();
      }
    });

    it('remembers so many changes of a record, and no more', async () => {
      const { records } = open.store;
      await records.insert('registry', [{ key: 'a', value: '' }]);
      for (let version = 1; version <= 40; version++) {
        await records.replace('registry', 'a', version, `${version}`);
      }
      const [document] = await open.db.find<{ readonly ws: readonly string[] }>('records', {});
      expect(document?.ws).to.have.length(16);
    });
  });
});
