import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { migrate } from '../../../src/store/embedded/database.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded-store.ts';
import { directoryPath } from '../../../src/store/embedded/paths.ts';
import { directoryMigrations } from '../../../src/store/embedded/schema.ts';
import { audit } from '../support.ts';

describe('embedded: a directory from before records and owners', () => {
  it('is brought to what it is now; its accounts are nobodys of the registry', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zhashik-store-'));
    const options = { folder, shards: 1, readers: 1 };
    try {
      await (await openEmbeddedStore(options)).close();
      const path = directoryPath(folder);
      for (const ending of ['', '-wal', '-shm']) rmSync(path + ending, { force: true });
      const db = new Database(path);
      migrate(db, path, directoryMigrations.slice(0, 1));
      db.exec(
        `INSERT INTO account VALUES (1, 'Old@x', 'old@x', 'old@x', 'active', '{}', NULL, NULL, 5);
         INSERT INTO unsettled VALUES (1);`,
      );
      db.close();

      const store = await openEmbeddedStore(options);
      try {
        const account = await store.accounts.find('old@x');
        expect(account).to.include({ address: 'Old@x', createdAt: 5 });
        expect(account).not.to.have.property('owner');
        const owner = { subject: 's', level: 'official' } as const;
        await store.accounts.update(account!.id, { owner }, audit);
        expect((await store.accounts.find('old@x'))?.owner).to.deep.equal(owner);
        expect(await store.records.insert('registry', [{ key: 'a', value: '' }])).to.equal(1);
      } finally {
        await store.close();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
