import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { inboxId } from '../../src/core/values.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { clusterLayout } from '../../src/store/mongo/cluster-layout.ts';
import { appendAll, letter } from '../store/support.ts';
import { createAccounts } from '../support/accounts.ts';
import { onMongo } from '../support/mongo/on-mongo.ts';
import { Place, zhashik } from './support.ts';

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

  it('cluster init: not where the store is embedded, nor on a database that is not there', async () => {
    const mongo = 'mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200';
    for (const [store, code, message] of [
      ['{ shards: 1 }', 65, /asks for an embedded store, which needs no init/],
      [`{ kind: mongodb, mongodb: { url: '${mongo}', database: x } }`, 69, /zhashik\.yaml/],
    ] as const) {
      const place = new Place({ store });
      const ran = await zhashik(['cluster', 'init', '--config', place.config]);
      place.remove();
      expect(ran).to.include({ code, stdout: '' });
      expect(ran.stderr).to.match(message);
    }
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
    const [name, fresh] = ['', '-fresh'].map(
      (end) => `zhashik-${randomBytes(6).toString('hex')}${end}`,
    ) as [string, string];
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'zhashik-migrate-'));
      await folderWithMail(join(folder, 'data'));
    });
    after(async () => {
      rmSync(folder, { recursive: true });
      const client = new MongoClient(url);
      for (const each of [name, fresh]) await client.db(each).dropDatabase();
      await client.close();
    });

    it('cluster init says what it made, what was there, and what the server is; for programs too', async () => {
      const place = new Place({
        store: `{ kind: mongodb, mongodb: { url: '${url}', database: ${fresh} } }`,
      });
      try {
        const init = async (...options: string[]): Promise<string[]> => {
          const command = ['cluster', 'init', '--config', place.config, ...options];
          const { code, stdout, stderr } = await zhashik(command);
          expect(code, stderr).to.equal(0);
          expect(stderr).to.equal('');
          return stdout.trimEnd().split('\n');
        };
        const things = Object.entries(clusterLayout).flatMap(([collection, { indexes }]) => [
          `collection ${collection}`,
          ...indexes.map(({ key }) => `index ${collection} ${JSON.stringify(key)}`),
        ]);
        const first = await init();
        const told = first.pop();
        expect(told).to.match(
          /^(standalone|replica set|sharded cluster), version \S+: w: .*; it keeps its word when writes race$/,
        );
        expect(first).to.include.members(things.map((what) => `made\t${what}`));
        expect(first.filter((line) => !line.startsWith('made\t'))).to.deep.equal([]);
        const second = await init();
        expect(second.pop()).to.equal(told);
        expect(second).to.deep.equal(first.map((line) => line.replace('made', 'there')));
        const facts = (await init('--json')).map((line) => JSON.parse(line) as object);
        expect(facts.pop()).to.have.all.keys('server', 'version', 'concerns');
        expect(facts).to.deep.equal(
          first.map((line) => ({ what: line.replace('made\t', ''), made: false })),
        );
      } finally {
        place.remove();
      }
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
