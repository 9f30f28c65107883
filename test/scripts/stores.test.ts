import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { inboxId } from '../../src/core/values.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { appendAll, letter } from '../store/support.ts';
import { createAccounts } from '../support/accounts.ts';
import { onMongo } from '../support/mongo/on-mongo.ts';
import { zhashik } from './support.ts';

const aigerim = 'aigerim@example.kz';

async function folderWithMail(folder: string): Promise<void> {
  await createAccounts(folder, [
    [aigerim, 'correct horse'],
    ['berik@example.kz', 'battery staple'],
  ]);
  const store = await openEmbeddedStore({ folder, shards: 1 });
  const id = (await store.accounts.find(aigerim))!.id;
  await appendAll(store, id, inboxId, [letter('one'), letter('two', 200_000), letter('three')]);
  await store.close();
}

describe('zhashik migrate', function () {
  this.timeout(120_000);
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'zhashik-migrate-'));
    await folderWithMail(join(folder, 'data'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const from = (): string => `embedded:${join(folder, 'data')}`;

  it('says what is no store, and what is not there', async () => {
    const wrong = await zhashik(['migrate', '--from', 'postgres:x', '--to', from()]);
    expect(wrong).to.include({ code: 65, stdout: '' });
    expect(wrong.stderr).to.include('postgres:x is no store');
    const missing = await zhashik(['migrate', '--from', `embedded:${folder}`, '--to', from()]);
    expect(missing).to.include({ code: 67, stdout: '' });
    expect(missing.stderr).to.include('is not the data folder of a store');
    const same = await zhashik(['migrate', '--from', from(), '--to', from(), '--apply']);
    expect(same).to.include({ code: 69, stdout: '' });
  });

  it('copies into another folder, after a dry run that writes nothing', async () => {
    const to = `embedded:${join(folder, 'copy')}`;
    const dry = await zhashik(['migrate', '--from', from(), '--to', to]);
    expect(dry.code, dry.stderr).to.equal(0);
    expect(dry.stdout).to.match(/^2 accounts \(0 were there\), 3 messages, 0 were there/);
    const done = await zhashik(['migrate', '--from', from(), '--to', to, '--apply', '--json']);
    expect(done.code, done.stderr).to.equal(0);
    expect(JSON.parse(done.stdout)).to.include({ applied: true, messages: 3, different: 0 });
    const again = await zhashik(['migrate', '--from', from(), '--to', to, '--apply']);
    expect(again.stdout).to.match(/^2 accounts \(2 were there\), 0 messages, 3 were there/);
  });
});

await onMongo('a database and the commands', (url) => {
  describe('a database and the commands', function () {
    this.timeout(120_000);
    let folder: string;
    const name = `zhashik-${randomBytes(6).toString('hex')}`;
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'zhashik-migrate-'));
      await folderWithMail(join(folder, 'data'));
    });
    after(async () => {
      rmSync(folder, { recursive: true });
      const client = new MongoClient(url);
      await client.db(name).dropDatabase();
      await client.close();
    });

    it('migrate there and back: what comes back is what was there', async () => {
      const [home, back] = ['data', 'back'].map((each) => `embedded:${join(folder, each)}`);
      const database = `${url}/${name}`;
      for (const [from, to] of [
        [home, database],
        [database, back],
        // Compares once more.
        [home, back],
      ] as [string, string][]) {
        const ran = await zhashik(['migrate', '--from', from, '--to', to, '--apply', '--json']);
        expect(ran.code, ran.stderr).to.equal(0);
        expect(JSON.parse(ran.stdout)).to.include({ accounts: 2, different: 0, damaged: 0 });
      }
    });
  });
});
