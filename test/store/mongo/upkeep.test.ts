import { expect } from 'chai';
import { type AccountId, flagBits, inboxId } from '../../../src/core/values.ts';
import type { Finding, MailStore } from '../../../src/store/api.ts';
import type { Database } from '../../../src/store/mongo/database.ts';
import type { BoxDocument, HeadDocument } from '../../../src/store/mongo/head.ts';
import {
  packGone,
  packRows,
  type PageDocument,
  type PageRow,
  unpackRows,
} from '../../../src/store/mongo/page.ts';
import { openMongoStore } from '../../../src/store/mongo/mongo-store.ts';
import { onMongo } from '../../support/mongo/on-mongo.ts';
import {
  appendAll,
  delivery,
  letter,
  ManualClock,
  named,
  newAccount,
  octetsOf,
  receive,
  rowsOf,
  uidsOf,
  withContent,
} from '../support.ts';
import { openMongo, type OpenMongo } from './backend.ts';

const title = 'mongo: upkeep';
/** Places in `BoxDocument`. */
const [uidValidityAt, uidNextAt, modSeqAt, unseenAt] = [1, 2, 3, 5];

await onMongo(title, (url) => {
  describe(title, () => {
    const clock = new ManualClock();
    let open: OpenMongo;
    let a: AccountId;
    beforeEach(async () => {
      open = await openMongo(url, clock);
      a = (await newAccount(open.store)).id;
      await appendAll(open.store, a, inboxId, [letter('one'), letter('two', 100_000)]);
      await open.store.indexTexts();
    });
    afterEach(() => open.remove());

    const found = async (): Promise<Finding[]> => {
      const findings: Finding[] = [];
      for await (const step of open.store.upkeep.checkAccount(a)) findings.push(...step.findings);
      for await (const step of open.store.upkeep.checkStore()) findings.push(...step.findings);
      return findings.filter(({ kind }) => kind !== 'garbage');
    };
    const head = async (): Promise<HeadDocument> =>
      (await open.db.find<HeadDocument>('heads', { _id: a }))[0]!;
    /** Sets something in the head, as if it had been committed so. */
    const setHead = async (change: Readonly<Record<string, unknown>>): Promise<void> => {
      await open.db.update('heads', { _id: a }, { $set: { ...change, v: (await head()).v + 1 } });
    };
    const setInbox = async (at: number, value: number): Promise<void> => {
      const box: BoxDocument = (await head()).mb['1']!.with(at, value);
      await setHead({ 'mb.1': box });
    };
    const inboxPage = async (): Promise<PageDocument> =>
      (await open.db.find<PageDocument>('pages', { _id: { a, m: 1, p: 0 }, a }))[0]!;
    const setPage = async (change: Readonly<Record<string, unknown>>): Promise<void> => {
      await open.db.update('pages', { _id: { a, m: 1, p: 0 }, a }, { $set: change });
    };
    const setRow = async (change: (row: PageRow) => PageRow): Promise<void> => {
      const [row, ...others] = unpackRows((await inboxPage()).r);
      await setPage({ r: packRows([change(row!), ...others]) });
    };
    const setEmail = (e: number, change: Readonly<Record<string, unknown>>): Promise<boolean> =>
      open.db.update('emails', { _id: { a, e }, a }, { $set: change });
    const tombstone = { x: 2, at: 0, e: 0, size: 0, f: 0, f2: 0, idate: 0, lives: false };

    /** Damage, how it is named, of which message, and whether it can be repaired. */
    const damages: readonly (readonly [
      string,
      () => Promise<unknown>,
      Finding['kind'],
      number | undefined,
      boolean,
    ])[] = [
      ['a counter', () => setInbox(unseenAt, 7), 'counters', undefined, true],
      ['the quota', () => setHead({ 'q.b': 1 }), 'counters', undefined, true],
      ['UIDNEXT', () => setInbox(uidNextAt, 2), 'uid', 2, true],
      ['UIDVALIDITY', () => setInbox(uidValidityAt, 4_000_000_000), 'uid', undefined, true],
      ['HIGHESTMODSEQ', () => setInbox(modSeqAt, 1), 'modseq', 1, true],
      ['HIGHESTMODSEQ past the account', () => setInbox(modSeqAt, 99), 'modseq', undefined, true],
      ['a mailbox number', () => setHead({ 'next.m': 2 }), 'account', undefined, true],
      [
        'an identity',
        async () => {
          // Where the tail tells of it, nothing is lost yet.
          await setHead({ base: (await head()).seq });
          await open.db.remove('refs', { a });
        },
        'identity',
        1,
        true,
      ],
      ['a rendering', () => setEmail(1, { en: '()' }), 'renderings', 1, true],
      ['a rendering of a large letter', () => setEmail(2, { bd: '()' }), 'renderings', 2, true],
      [
        'a header that ends elsewhere',
        async () => {
          const [email] = await open.db.find<{ readonly hd: Buffer; readonly b: Buffer }>(
            'emails',
            { _id: { a, e: 1 }, a },
          );
          const { hd, b } = email!;
          const moved = { hd: hd.subarray(0, 5), b: Buffer.concat([hd.subarray(5), b]) };
          await setEmail(1, moved);
        },
        'renderings',
        1,
        true,
      ],
      ['what leads to tombstones', () => setPage({ xs: 5, xt: 5 }), 'tombstone', undefined, true],
      ['one octet', () => setEmail(1, { b: Buffer.from('0ne') }), 'octets', 1, false],
      [
        'one octet of a large letter',
        async () => {
          const piece = { _id: { a, e: 2, n: 0 }, a };
          const [{ b }] = (await open.db.find<{ b: Buffer }>('bodies', piece)) as [{ b: Buffer }];
          const changed = Buffer.from(b);
          changed[50_000]! ^= 1;
          await open.db.update('bodies', piece, { $set: { b: changed } });
        },
        'octets',
        2,
        false,
      ],
      [
        'a piece',
        () => open.db.remove('bodies', { _id: { a, e: 2, n: 0 }, a }),
        'octets',
        2,
        false,
      ],
      ['a letter', () => open.db.remove('emails', { _id: { a, e: 1 }, a }), 'content', 1, false],
      [
        'another size than that of the letter',
        () => setRow((row) => ({ ...row, size: row.size + 1 })),
        'content',
        1,
        false,
      ],
      ['a keyword', () => setRow((row) => ({ ...row, f: row.f | 65_536 })), 'keywords', 1, false],
      [
        'a message in another page',
        () => setRow((row) => ({ ...row, uid: 300 })),
        'uid',
        300,
        false,
      ],
      [
        'a tombstone',
        () => setPage({ x: packGone([{ uid: 1, ...tombstone }]), xs: 2, xt: 0 }),
        'tombstone',
        1,
        false,
      ],
      [
        'a page cut short',
        async () => setPage({ r: (await inboxPage()).r.subarray(0, 50) }),
        'account',
        undefined,
        false,
      ],
      [
        'messages of a mailbox that is not there',
        () =>
          open.db.insert('pages', [
            { _id: { a, m: 77, p: 0 }, a, v: 1, s: 1, r: Buffer.alloc(0), x: Buffer.alloc(0) },
          ]),
        'account',
        undefined,
        false,
      ],
      [
        'an account that is not found by its address',
        () => open.db.remove('names', { a }),
        'account',
        undefined,
        true,
      ],
    ];
    for (const [what, act, kind, uid, repairable] of damages) {
      it(`finds ${what}${repairable ? ' and repairs it' : ''}`, async () => {
        // Everything is in the pages then.
        await open.store.close();
        expect(await act()).to.not.equal(false);
        await open.reopen();
        const findings = await found();
        const finding = findings.find((each) => each.kind === kind);
        expect(finding, JSON.stringify(findings)).to.include({ kind, repairable, account: a });
        expect(finding?.uid).to.equal(uid);
        for (const each of findings) {
          expect(await open.store.upkeep.repair(each)).to.equal(each.repairable);
        }
        if (repairable) expect(await found()).to.deep.equal([]);
      });
    }

    it('finds a name that leads to nobody, and a letter to be sent that is lost', async () => {
      const recipient = { forwardPath: 'b@example.org', notify: undefined };
      await withContent(open.store, letter('for elsewhere', 100_000), (content) =>
        open.store.accept(content, [], {
          relayId: 'r1',
          reversePath: 'a@example.kz',
          recipients: [{ ...recipient, originalRecipient: undefined }],
          envelopeId: undefined,
          returnContent: undefined,
          smtpUtf8: false,
          account: a,
        }),
      );
      expect(await found()).to.deep.equal([]);
      await open.db.insert('names', [{ _id: 'c:nobody@example.kz', a: 99, at: 0 }]);
      await open.db.remove('bodies', { _id: { o: 'r1', n: 0 }, a: 'r1' });
      const details = (await found()).map(({ kind, detail, account }) => [kind, detail, account]);
      expect(details).to.deep.equal([
        ['account', 'has no head', 99],
        ['content', 'letter r1 to be sent is lost', undefined],
      ]);
    });

    it('takes an address from nobody, when it mends the names of an account', async () => {
      const other = (await newAccount(open.store)).id;
      const [name] = await open.db.find<{ readonly _id: string }>('names', { a });
      await open.db.update('names', { _id: name!._id }, { $set: { a: other } });
      const [finding] = await found();
      expect(finding).to.include({ kind: 'account', account: a, repairable: false });
      expect(await open.store.upkeep.repair({ ...finding!, repairable: true })).to.equal(false);
    });

    it('tells of letters that nobody uses, when they are old enough', async () => {
      const content = await receive(open.store, letter('never committed'));
      await open.db.insert('emails', [
        { _id: { a, e: 9 }, a, at: Math.floor(clock.now() / 1000), h: Buffer.alloc(32), size: 1 },
      ]);
      await content.release();
      const garbage = async (): Promise<string[]> => {
        const details: string[] = [];
        for await (const { findings } of open.store.upkeep.checkAccount(a)) {
          details.push(...findings.map(({ detail }) => detail));
        }
        return details;
      };
      expect(await garbage()).to.deep.equal([]);
      clock.advance(25 * 3600 * 1000);
      expect(await garbage()).to.deep.equal(['1 letters that nobody uses']);
    });

    it('shows other processes what a repair changed', async () => {
      const other = await open.another();
      const box = await other.open(a, inboxId);
      await setInbox(uidNextAt, 2);
      await open.reopen();
      const finding = (await found()).find(({ kind }) => kind === 'uid');
      expect(await open.store.upkeep.repair(finding!)).to.equal(true);
      await appendAll(other, a, inboxId, [letter('three')]);
      expect(uidsOf(box.view)).to.deep.equal([1, 2, 3]);
      box.close();
      await other.close();
      expect(await found()).to.deep.equal([]);
    });

    it('takes a picture of one commit, while others are made', async () => {
      const enough = new AbortController();
      const traffic = (async () => {
        while (!enough.signal.aborted) {
          await appendAll(open.store, a, inboxId, [letter('more')]);
          const flags = { system: flagBits['\\Deleted'], keywords: [] };
          await open.store.storeFlags(a, inboxId, [1, 1000], { mode: 'add', flags });
          await open.store.expunge(a, inboxId);
        }
      })();
      const other = await open.another();
      for (let i = 0; i < 20; i++) {
        const snapshot = await other.upkeep.snapshot(a);
        let messages = 0;
        for await (const rows of snapshot.messages(inboxId)) messages += rows.length;
        expect(messages).to.equal(snapshot.mailboxes[0]!.messages);
        let tombstones = 0;
        for await (const rows of snapshot.tombstones(inboxId)) tombstones += rows.length;
        expect(messages + tombstones).to.equal(snapshot.mailboxes[0]!.uidNext - 1);
        for await (const { findings } of other.upkeep.checkAccount(a)) {
          expect(findings).to.deep.equal([]);
        }
      }
      enough.abort();
      await traffic;
      await other.close();
    });

    it('undeletes once, when two do it at once, and while letters come', async () => {
      const flags = { system: flagBits['\\Deleted'], keywords: [] };
      await open.store.storeFlags(a, inboxId, [1, 2], { mode: 'add', flags });
      await open.store.expunge(a, inboxId);
      const deleted = [];
      for await (const some of open.store.upkeep.deletedMessages(a)) deleted.push(...some);
      const other = await open.another();
      const counts = await Promise.all([
        open.store.upkeep.undelete(a, deleted, inboxId),
        other.upkeep.undelete(a, deleted, inboxId),
        withContent(open.store, letter('meanwhile'), (content) =>
          open.store.accept(content, [delivery(a)]),
        ).then(() => 0),
      ]);
      expect(counts.reduce((sum, count) => sum + count)).to.equal(2);
      const box = await open.store.open(a, inboxId);
      expect(box.view.count).to.equal(3);
      for (const { email } of rowsOf(box.view)) await octetsOf(open.store, a, email);
      box.close();
      await other.close();
    });

    it('takes the picture anew, when more was committed meanwhile than a tail holds', async () => {
      let busy = async (): Promise<void> => {
        busy = () => Promise.resolve();
        for (let i = 0; i < 200; i++) {
          const mode = i % 2 === 0 ? 'add' : 'remove';
          const flags = { system: flagBits['\\Seen'], keywords: [] };
          await open.store.storeFlags(a, inboxId, [1, 2], { mode, flags });
        }
        await appendAll(open.store, a, inboxId, [letter('three')]);
      };
      const { db } = open;
      const slow: Database = {
        async find<T>(...asked: Parameters<Database['find']>): Promise<T[]> {
          const found = await db.find<T>(...asked);
          if (asked[0] === 'pages') await busy();
          return found;
        },
        insert: (...asked) => db.insert(...asked),
        update: (...asked) => db.update(...asked),
        remove: (...asked) => db.remove(...asked),
        take: (...asked) => db.take(...asked),
        close: () => Promise.resolve(),
      };
      const other = await openMongoStore({ db: slow, clock });
      const snapshot = await other.upkeep.snapshot(a);
      const messages = [];
      for await (const rows of snapshot.messages(inboxId)) messages.push(...rows);
      expect(messages.map(({ modSeq }) => modSeq)).to.deep.equal([202, 202, 203]);
      await other.close();
    });

    it('tells of no delivery that came after the snapshot', async () => {
      const deliver = async (store: MailStore, deliveryId: string): Promise<void> => {
        await withContent(store, letter(), (content) =>
          store.accept(content, [{ ...delivery(a, deliveryId), lasting: true }]),
        );
      };
      const other = await open.another();
      await deliver(other, 'before');
      const snapshot = await open.store.upkeep.snapshot(a);
      await deliver(other, 'after');
      // Brings it to where it is looked up.
      await other.close();
      const ids = [];
      for await (const some of snapshot.deliveryIds()) ids.push(...some);
      expect(ids.map(({ deliveryId }) => deliveryId)).to.deep.equal(['before']);
    });

    for (const changed of [false, true]) {
      it(`shows what was restored in views that were there before${changed ? ', after another change' : ''}`, async () => {
        await appendAll(open.store, a, inboxId, [letter('three'), letter('four')]);
        const flags = { system: flagBits['\\Deleted'], keywords: [] };
        await open.store.storeFlags(a, inboxId, [4, 4], { mode: 'add', flags });
        await open.store.expunge(a, inboxId);
        clock.advance(5000);
        const to = (await newAccount(open.store)).id;
        // Then the tail reaches back to what the other process knows.
        if (changed) await open.store.subscribe(to, named('elsewhere'), true);
        const other = await open.another();
        for (const store of [open.store, other]) (await store.open(to, inboxId)).close();

        const { upkeep } = open.store;
        const snapshot = await upkeep.snapshot(a);
        await upkeep.beginRestore(to, 'test', snapshot);
        for await (const messages of snapshot.messages(inboxId)) {
          for (const uid of changed ? [1, 2, 3] : [2, 1, 3]) {
            const kept = messages.find((message) => message.uid === uid)!;
            const octets = await octetsOf(open.store, a, kept.email);
            await withContent(open.store, octets, (content) =>
              upkeep.restoreMessages(to, inboxId, [{ ...kept, content }]),
            );
          }
        }
        await upkeep.finishRestore(to);
        const original = await open.store.open(a, inboxId);
        for (const store of [open.store, other]) {
          const box = await store.open(to, inboxId);
          const { view } = box;
          expect(uidsOf(view)).to.deep.equal([1, 2, 3]);
          expect([view.uidNext, view.uidValidity, view.highestModSeq]).to.deep.equal([
            5,
            original.view.uidValidity,
            original.view.highestModSeq,
          ]);
          box.close();
        }
        original.close();
        await other.close();
      });
    }

    it('refuses to restore into an account with an open mailbox', async () => {
      const to = (await newAccount(open.store)).id;
      const snapshot = await open.store.upkeep.snapshot(a);
      const box = await open.store.open(to, inboxId);
      let refused: unknown;
      await open.store.upkeep.beginRestore(to, 'test', snapshot).catch((error: unknown) => {
        refused = error;
      });
      expect(refused).to.include({ failure: 'in-use' });
      box.close();
      expect(await open.store.upkeep.beginRestore(to, 'test', snapshot)).to.equal('begun');
    });
  });
});
