import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { expect } from 'chai';
import { type AccountId, flagBits, inboxId } from '../../../src/core/values.ts';
import { bodyFileNames } from '../../../src/store/embedded/body-files.ts';
import { bodyPath } from '../../../src/store/embedded/paths.ts';
import {
  appendAll,
  delivery,
  letter,
  ManualClock,
  newAccount,
  octetsOf,
  receive,
  withContent,
} from '../support.ts';
import { openEmbedded, type OpenEmbedded } from './backend.ts';
import { sum } from './rows.ts';

const hour = 3_600_000;
const shards = 3;
const deleted = { system: flagBits['\\Deleted'], keywords: [] };

describe('embedded: content is kept once', () => {
  const clock = new ManualClock();
  let open: OpenEmbedded;
  let accounts: AccountId[];
  let fileAge = 0;
  const count = (table: string): number =>
    sum(open.folder, shards, `SELECT count(*) AS n FROM ${table}`);
  const large = (): Buffer => letter('', 200_000);

  beforeEach(async () => {
    open = await openEmbedded({ clock, shards });
    accounts = [];
    fileAge = 0;
    for (let i = 0; i < 6; i++) accounts.push((await newAccount(open.store)).id);
  });
  afterEach(() => open.remove());

  const deliverToAll = (octets: Uint8Array): Promise<unknown> =>
    withContent(open.store, octets, (content) =>
      open.store.accept(
        content,
        accounts.map((account) => delivery(account)),
      ),
    );
  const emptyInbox = async (account: AccountId): Promise<void> => {
    await open.store.storeFlags(account, inboxId, [1, 100], { mode: 'add', flags: deleted });
    await open.store.expunge(account, inboxId);
  };
  /** Time goes by, for the files too: they have the real clock's times. */
  const age = (milliseconds: number): void => {
    clock.advance(milliseconds);
    fileAge += milliseconds;
    for (const name of bodyFileNames(open.folder)) {
      const then = new Date(clock.now() - fileAge);
      utimesSync(bodyPath(open.folder, name), then, then);
    }
  };

  it('for all recipients of a delivery, in whatever shards they are', async () => {
    await deliverToAll(letter('text'));
    expect(count('content')).to.equal(1);
    expect(count('body')).to.equal(1);
    expect(count('idx')).to.equal(6);
    expect(count('link')).to.equal(6);
  });

  it('for the same octets in an account, however they came', async () => {
    const octets = letter();
    const account = accounts[0]!;
    await appendAll(open.store, account, inboxId, [octets, octets]);
    await appendAll(open.store, account, inboxId, [octets]);
    await open.store.copy(account, inboxId, [1, 3], inboxId);
    await withContent(open.store, octets, (content) =>
      open.store.accept(content, [delivery(account)]),
    );
    expect(count('content')).to.equal(1);
    expect(count('idx')).to.equal(7);
  });

  it('in one file when it is large', async () => {
    const octets = large();
    await deliverToAll(octets);
    await appendAll(open.store, accounts[1]!, inboxId, [octets]);
    expect(bodyFileNames(open.folder)).to.have.length(1);
    expect(count('body')).to.equal(0);
  });

  it('until the last account lets go of it', async () => {
    const octets = large();
    await deliverToAll(octets);
    for (const account of accounts.slice(1)) await emptyInbox(account);
    age(31 * 24 * hour);
    await open.collect(clock.now());
    expect(count('content')).to.equal(1);
    expect(count('link')).to.equal(1);
    const { view } = await open.store.open(accounts[0]!, inboxId);
    expect((await octetsOf(open.store, accounts[0]!, view.emailAt(0))).equals(octets)).to.equal(
      true,
    );

    await emptyInbox(accounts[0]!);
    age(31 * 24 * hour);
    await open.collect(clock.now());
    for (const table of ['content', 'body', 'link', 'mail', 'gone', 'idx']) {
      expect(count(table), table).to.equal(0);
    }
    expect(bodyFileNames(open.folder)).to.deep.equal([]);
  });

  it('and messages of a deleted mailbox go in slices, whatever their number', async () => {
    const account = accounts[0]!;
    const { id } = await open.store.createMailbox(account, 'Many' as never);
    const octets = letter();
    for (let i = 0; i < 13; i++) {
      await appendAll(open.store, account, id, Array<Buffer>(100).fill(octets));
    }
    await open.store.deleteMailbox(account, id);
    expect(count('idx')).to.equal(1300);
    clock.advance(31 * 24 * hour);
    expect(await open.store.collect(clock.now())).to.include({ messages: 1300 });
    for (const table of ['idx', 'ended', 'mail', 'content'])
      expect(count(table), table).to.equal(0);
  });

  it('and a link that its account never used goes after a day', async () => {
    const full = (await newAccount(open.store, { bytes: 1, messages: undefined })).id;
    // Two in one other shard: that is where the content is kept.
    const others = accounts.filter((account) => account % shards === (full + 1) % shards);
    await withContent(open.store, letter(), (content) =>
      open.store.accept(content, [delivery(full), delivery(others[0]!), delivery(others[1]!)]),
    );
    const before = count('link');
    clock.advance(23 * hour);
    expect((await open.store.collect(clock.now())).links).to.equal(0);
    clock.advance(2 * hour);
    expect((await open.store.collect(clock.now())).links).to.equal(1);
    expect(count('link')).to.equal(before - 1);
    expect(count('content')).to.equal(1);
  });

  describe('files without a row', () => {
    const refuse = async (octets: Uint8Array): Promise<void> => {
      const full = (await newAccount(open.store, { bytes: 1, messages: undefined })).id;
      await withContent(open.store, octets, (content) =>
        open.store.accept(content, [delivery(full)]),
      );
    };

    it('are swept a day later, not before', async () => {
      await refuse(large());
      expect(bodyFileNames(open.folder)).to.have.length(1);
      age(23 * hour);
      expect((await open.store.collect(clock.now())).files).to.equal(0);
      age(2 * hour);
      expect((await open.store.collect(clock.now())).files).to.equal(1);
      expect(bodyFileNames(open.folder)).to.deep.equal([]);
    });

    it('are swept by one run at a time, which all who ask share', async () => {
      await refuse(large());
      age(30 * hour);
      const [one, other] = await Promise.all([
        open.store.collect(clock.now()),
        open.store.collect(clock.now()),
      ]);
      expect(one).to.equal(other);
      expect(one.files).to.equal(1);
      expect((await open.store.collect(clock.now())).files).to.equal(0);
    });

    it('wait for the next run when the store is closed', async () => {
      await refuse(large());
      age(30 * hour);
      const collecting = open.store.collect(clock.now());
      const reopened = await open.reopen();
      expect(await collecting).to.include({ files: 0 });
      expect((await reopened.collect(clock.now())).files).to.equal(1);
    });

    it('are left alone while a content of the same octets is on its way', async () => {
      const octets = large();
      await refuse(octets);
      age(30 * hour);
      const content = await receive(open.store, octets);
      const [kept, collected] = await Promise.all([
        open.store.accept(content, [delivery(accounts[0]!)]),
        open.store.collect(clock.now()),
      ]);
      await content.release();
      expect(kept[0]?.status).to.equal('stored');
      const { view } = await open.store.open(accounts[0]!, inboxId);
      const stored = await octetsOf(open.store, accounts[0]!, view.emailAt(0));
      expect(stored.equals(octets)).to.equal(true);
      expect(collected.files).to.be.at.most(1);
    });
  });

  it('leaves nothing in the spool, whatever became of the contents', async () => {
    const spool = `${open.folder}/spool`;
    await deliverToAll(large());
    const aborted = open.store.receive();
    await aborted.write(large());
    await aborted.abort();
    const released = await receive(open.store, large());
    await released.release();
    expect(readdirSync(spool)).to.deep.equal([]);
    const left = open.store.receive();
    await left.write(large());
    await open.reopen();
    await left.abort();
    expect(existsSync(spool)).to.equal(true);
    expect(readdirSync(spool)).to.deep.equal([]);
  });
});
