import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { flagBits, inboxId } from '../../src/core/values.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { shardPath, tamper } from '../store/embedded/rows.ts';
import { appendAll, letter } from '../store/support.ts';
import { createAccounts } from '../support/accounts.ts';
import { Place, type Ran, Served, zhashik } from './support.ts';

const aigerim = 'aigerim@example.kz';
const deleted = { system: flagBits['\\Deleted'], keywords: [] };

describe('zhashik verify, backup, restore, undelete', function () {
  this.timeout(120_000);
  let place: Place;
  let other: Place;
  before(async () => {
    place = new Place();
    other = new Place();
    const data = place.path('data');
    await createAccounts(data, [
      [aigerim, 'correct horse'],
      ['berik@example.kz', 'battery staple'],
    ]);
    const store = await openEmbeddedStore({ folder: data, shards: 1 });
    const id = (await store.accounts.find(aigerim))!.id;
    await appendAll(store, id, inboxId, [letter('one'), letter('two', 200_000), letter('three')]);
    await store.storeFlags(id, inboxId, [3, 3], { mode: 'add', flags: deleted });
    await store.expunge(id, inboxId);
    await store.close();
  });
  after(() => {
    place.remove();
    other.remove();
  });
  const on = (at: Place, ...args: string[]): Promise<Ran> =>
    zhashik([...args, '--config', at.config]);
  const backup = (): string => place.path('backup');

  it('work through the running server', async () => {
    const server = new Served(place.config);
    await server.event('started');
    const verified = await on(place, 'verify');
    expect(verified, verified.stderr).to.include({ code: 0 });
    expect(verified.stdout).to.match(
      /^(?:garbage.*\n)*2 accounts, 2 messages, .*: 0 damaged, 0 repaired\n$/,
    );

    const first = await on(place, 'backup', backup());
    expect(first.code, first.stderr).to.equal(0);
    expect(first.stdout).to.match(/^2 accounts \(0 unchanged\), 2 messages, 3 new letters, /);
    const second = await on(place, 'backup', backup());
    expect(second.stdout).to.match(/^2 accounts \(2 unchanged\)/);

    const list = await on(place, 'undelete', 'aigerim', '--list');
    expect(list.stdout).to.match(/^\S+\tINBOX\t3\t\d+\t-> INBOX\n$/);
    expect(list.stderr).to.contain('1 messages can come back');
    const back = await on(place, 'undelete', 'aigerim', '--uid', '3', '--apply');
    expect(back.code, back.stderr).to.equal(0);
    expect(back.stderr).to.contain('1 messages are back');
    expect((await on(place, 'undelete', 'aigerim', '--list')).stdout).to.equal('');
    server.signal('SIGTERM');
    expect(await server.ended()).to.equal(0);
  });

  it('restore into an empty store what was there, after a dry run that writes nothing', async () => {
    const dry = await on(other, 'restore', backup());
    expect(dry.code, dry.stderr).to.equal(0);
    expect(dry.stderr).to.contain('--apply');
    expect((await on(other, 'account', 'list')).stdout).to.equal('');

    const done = await on(other, 'restore', backup(), '--apply');
    expect(done.code, done.stderr).to.equal(0);
    expect(done.stdout).to.match(
      /^2 accounts: 2 made, 0 added to, 0 left alone, 0 failed; 2 messages/,
    );
    const again = await on(other, 'restore', backup(), '--apply');
    expect(again.stdout).to.match(
      /^2 accounts: 0 made, 0 added to, 2 left alone, 0 failed; 0 messages/,
    );
    expect((await on(other, 'verify')).code).to.equal(0);
    const shown = JSON.parse((await on(other, 'account', 'show', aigerim, '--json')).stdout) as {
      status: string;
      usedMessages: number;
    };
    expect(shown).to.include({ status: 'active', usedMessages: 2 });
  });

  it('tell damage by the exit code, and mend what can be derived', async () => {
    const shard = shardPath(other.path('data'), 0);
    tamper(shard, 'UPDATE mbx SET unseen = unseen + 1 WHERE m = 1');
    const told = await on(other, 'verify', 'aigerim');
    expect(told.code).to.equal(2);
    expect(told.stdout).to.match(/^DAMAGED\tcounters\taccount \d+, aigerim@example\.kz, mailbox 1/);
    expect((await on(other, 'verify', '--repair')).code).to.equal(1);
    expect((await on(other, 'verify')).code).to.equal(0);
  });

  it('check a backup without a server, octet by octet and file by file', async () => {
    const good = await zhashik(['backup', 'verify', backup()]);
    expect(good, good.stderr).to.include({ code: 0 });
    expect(good.stdout).to.match(/^2 accounts, 2 messages, 3 letters, .*: 0 damaged\n$/);

    const [file] = readdirSync(join(backup(), 'letters'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.eml'))
      .map((name) => join(backup(), 'letters', name)) as [string];
    const octets = readFileSync(file);
    octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1;
    writeFileSync(file, octets);
    const bad = await zhashik(['backup', 'verify', backup()]);
    expect(bad.code).to.equal(2);
    expect(bad.stderr).to.match(/letter [0-9a-f]{64} has other octets/);
    octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1;
    writeFileSync(file, octets);

    rmSync(join(backup(), 'accounts', readdirSync(join(backup(), 'accounts'))[0] as string));
    const missing = await zhashik(['backup', 'verify', backup()]);
    expect(missing.code).to.equal(2);
    expect(missing.stderr).to.contain('1 accounts are missing');
  });
});
