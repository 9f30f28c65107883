import Database from 'better-sqlite3';
import { expect } from 'chai';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AccountId, inboxId } from '../../../src/core/values.ts';
import type { Finding } from '../../../src/store/api.ts';
import { appendAll, delivery, letter, newAccount, withContent } from '../support.ts';
import { bodyFileNames } from '../../../src/store/embedded/body-files.ts';
import { bodyPath } from '../../../src/store/embedded/paths.ts';
import { SnapshotReader } from '../../../src/store/embedded/reader/snapshot-reader.ts';
import { openEmbedded, type OpenEmbedded } from './backend.ts';
import { select, shardPath, tamper } from './rows.ts';

/** Damage, how it is named, and whether it can be repaired. */
const damages: readonly (readonly [
  string,
  string,
  Finding['kind'],
  number | undefined,
  boolean,
])[] = [
  ['a counter', 'UPDATE mbx SET unseen = unseen + 1 WHERE m = 1', 'counters', undefined, true],
  ['the quota', 'UPDATE mbx SET bytes = bytes + 1 WHERE m = 0', 'counters', undefined, true],
  ['UIDNEXT', 'UPDATE mbx SET uidnext = 2 WHERE m = 1', 'uid', 2, true],
  ['HIGHESTMODSEQ', 'UPDATE mbx SET ms = 1 WHERE m = 1', 'modseq', 1, true],
  ['a link', 'DELETE FROM link WHERE c = 1', 'link', 1, true],
  ['an identity', 'DELETE FROM mail WHERE e = 1', 'identity', 1, true],
  ['a rendering', `UPDATE content SET envelope = '()' WHERE c = 1`, 'renderings', 1, true],
  [
    'one octet',
    `UPDATE body SET bytes = CAST(x'00' || substr(bytes, 2) AS BLOB) WHERE c = 1`,
    'octets',
    1,
    false,
  ],
  ['a letter', 'DELETE FROM content WHERE c = 1', 'content', 1, false],
  ['a keyword', 'UPDATE idx SET f = f | 65536 WHERE u = 1', 'keywords', 1, false],
  [
    'a tombstone',
    'INSERT INTO gone (a, m, x, u, e, xt) SELECT a, m, 2, u, e, 0 FROM idx WHERE u = 1',
    'tombstone',
    1,
    false,
  ],
];

describe('upkeep of the embedded store', () => {
  let open: OpenEmbedded;
  let account: AccountId;
  beforeEach(async () => {
    open = await openEmbedded({ shards: 1 });
    account = (await newAccount(open.store)).id;
    await appendAll(open.store, account, inboxId, [letter('one'), letter('two', 100_000)]);
    // Else the index would take a letter after its damage, and what it made of that would be damage too.
    await open.store.indexTexts();
  });
  afterEach(() => open.remove());

  const found = async (): Promise<Finding[]> => {
    const findings: Finding[] = [];
    for await (const step of open.store.upkeep.checkAccount(account))
      findings.push(...step.findings);
    for await (const step of open.store.upkeep.checkStore()) findings.push(...step.findings);
    return findings.filter(({ kind }) => kind !== 'garbage');
  };
  const damage = async (change: () => void): Promise<void> => {
    await open.store.close();
    change();
    await open.reopen();
  };

  for (const [what, sql, kind, uid, repairable] of damages) {
    it(`finds ${what}${repairable ? ' and repairs it' : ''}`, async () => {
      await damage(() => {
        const db = new Database(join(open.folder, 'shard-0.sqlite'));
        expect(db.prepare(sql).run().changes).to.be.greaterThan(0);
        db.close();
      });
      const findings = await found();
      const finding = findings.find((each) => each.kind === kind);
      expect(finding, JSON.stringify(findings)).to.include({ kind, repairable, account });
      expect(finding?.uid).to.equal(uid);
      for (const each of findings) {
        expect(await open.store.upkeep.repair(each)).to.equal(each.repairable);
      }
      if (repairable) expect(await found()).to.deep.equal([]);
    });
  }

  it('finds one octet of a file that is not as received', async () => {
    const [name] = bodyFileNames(open.folder);
    const path = bodyPath(open.folder, name!);
    const octets = readFileSync(path);
    octets[50_000]! ^= 1;
    writeFileSync(path, octets);
    const [finding] = await found();
    expect(finding).to.include({ kind: 'octets', mailbox: inboxId, uid: 2, repairable: false });
  });

  it('finds a file that is not there', async () => {
    const [name] = bodyFileNames(open.folder);
    rmSync(bodyPath(open.folder, name!));
    const [finding] = await found();
    expect(finding).to.include({ kind: 'octets', mailbox: inboxId, uid: 2, repairable: false });
  });

  it('finds an account without a head, and one with another quota, and repairs both', async () => {
    const other = (await newAccount(open.store, { bytes: 1000, messages: 5 })).id;
    await damage(() => {
      tamper(
        shardPath(open.folder, 0),
        `DELETE FROM mbx WHERE a = ${other}; UPDATE mbx SET max_bytes = 7 WHERE m = 0 AND a = ${account}`,
      );
    });
    const findings = await found();
    expect(findings.map(({ kind, account: of, detail }) => [kind, of, detail])).to.deep.equal([
      ['account', account, 'has another quota than the directory says'],
      ['account', other, 'has no head'],
    ]);
    for (const each of findings) expect(await open.store.upkeep.repair(each)).to.equal(true);
    expect(await found()).to.deep.equal([]);
  });

  it('finds messages of a mailbox that is not there, and an account that nobody knows', async () => {
    await damage(() => {
      tamper(
        shardPath(open.folder, 0),
        `UPDATE idx SET m = 77 WHERE u = 2;
         INSERT INTO mbx SELECT 99, m, name, uidvalidity, uidnext, ms, total, bytes, unseen, deleted,
           deleted_bytes, use, selectable, keywords, vanfloor, taken, max_bytes, max_count FROM mbx WHERE m = 0`,
      );
    });
    const findings = await found();
    expect(findings.map(({ kind, detail }) => [kind, detail])).to.deep.include.members([
      ['account', 'is not in the directory'],
      ['account', 'messages of mailbox 77, which is not there'],
    ]);
  });

  it('finds a mailbox whose UIDVALIDITY or number the account has not given yet', async () => {
    await damage(() => {
      tamper(
        shardPath(open.folder, 0),
        'UPDATE mbx SET uidvalidity = uidvalidity + 1000 WHERE m = 1; UPDATE mbx SET uidnext = 2 WHERE m = 0',
      );
    });
    const findings = await found();
    const kinds = new Set(findings.map(({ kind }) => kind));
    expect([...kinds].sort()).to.deep.equal(['account', 'uid']);
    for (const each of findings) expect(await open.store.upkeep.repair(each)).to.equal(true);
    expect(await found()).to.deep.equal([]);
  });

  it('finds another size than that of the letter, and a letter to be sent that is lost', async () => {
    await withContent(open.store, letter('for elsewhere'), (content) =>
      open.store.accept(content, [], {
        relayId: 'r1',
        reversePath: 'a@example.kz',
        recipients: [
          { forwardPath: 'b@example.org', notify: undefined, originalRecipient: undefined },
        ],
        envelopeId: undefined,
        returnContent: undefined,
        smtpUtf8: false,
        account,
      }),
    );
    await damage(() => {
      tamper(
        shardPath(open.folder, 0),
        `UPDATE idx SET size = size + 1 WHERE u = 1;
         DELETE FROM content WHERE c = (SELECT c FROM outbox)`,
      );
    });
    expect((await found()).map(({ detail }) => detail)).to.include.members([
      'its size is not that of its letter',
      'letter r1 to be sent is lost',
    ]);
  });

  it('finds a page of a database that is not as SQLite wrote it', async () => {
    await damage(() => {
      const path = shardPath(open.folder, 0);
      const [row] = select<{ page: number }>(
        open.folder,
        0,
        `SELECT rootpage AS page FROM sqlite_schema WHERE name = 'lasting'`,
      );
      const file = readFileSync(path);
      file.fill(0x5a, (row!.page - 1) * 4096, row!.page * 4096);
      writeFileSync(path, file);
    });
    const complaints: string[] = [];
    for await (const { findings } of open.store.upkeep.checkStore()) {
      for (const { kind, detail } of findings) if (kind === 'database') complaints.push(detail);
    }
    expect(complaints.join()).to.match(/shard-0\.sqlite/);
  });

  it('holds no list of all letters: they come some hundreds at a time, each once, in order', async () => {
    await appendAll(
      open.store,
      account,
      inboxId,
      Array.from({ length: 1100 }, () => letter()),
    );
    const snapshot = new SnapshotReader(open.folder, 0, account);
    try {
      expect(snapshot.head()?.count).to.equal(1102);
      let key: [number, Uint8Array] | undefined = [-1, new Uint8Array()];
      while (key !== undefined) key = snapshot.gatherEmails(key);
      const slices: number[][] = [];
      for (let after = -1; ;) {
        const slice = snapshot.gatheredEmails(after);
        if (slice.length === 0) break;
        slices.push(slice);
        after = slice.at(-1)!;
      }
      expect(slices.map(({ length }) => length)).to.deep.equal([500, 500, 102]);
      const all = slices.flat();
      expect(all).to.deep.equal([...new Set(all)].sort((one, other) => one - other));
    } finally {
      snapshot.close();
    }
  });

  it('finds nothing wrong with a notice of success that waits, which has no content of its own', async () => {
    const receipt = {
      forwardPath: 'a@example.kz',
      notify: ['SUCCESS'],
      originalRecipient: undefined,
    };
    const sender = {
      reversePath: 'sender@example.org',
      envelopeId: undefined,
      returnContent: undefined,
      smtpUtf8: false,
    };
    await withContent(open.store, letter('told'), (content) =>
      open.store.accept(content, [{ ...delivery(account), receipt }], undefined, sender),
    );
    expect(await open.store.outbox.count()).to.equal(1);
    expect(await found()).to.deep.equal([]);
  });

  it('asks projections that are kept elsewhere, and has them made again', async () => {
    let good = false;
    open.store.upkeep.projections.push({
      name: 'test',
      async *check() {
        const finding = {
          kind: 'projection',
          detail: 'stale',
          repairable: true,
          projection: 'test',
        } as const;
        yield await Promise.resolve({ messages: 0, bytes: 0, findings: good ? [] : [finding] });
      },
      rebuild() {
        good = true;
        return Promise.resolve();
      },
    });
    const [finding] = await found();
    expect(await open.store.upkeep.repair(finding!)).to.equal(true);
    expect(await found()).to.deep.equal([]);
  });
});
