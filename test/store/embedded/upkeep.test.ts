import Database from 'better-sqlite3';
import { expect } from 'chai';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AccountId, inboxId } from '../../../src/core/values.ts';
import type { Finding } from '../../../src/store/api.ts';
import { appendAll, delivery, letter, newAccount, withContent } from '../support.ts';
import { openEmbedded, type OpenEmbedded } from './backend.ts';

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

  it('finds one octet of a file that is not as received, and a file that is not there', async () => {
    const [name] = readdirSync(join(open.folder, 'bodies'), {
      recursive: true,
      encoding: 'utf8',
    }).filter((each) => each.length > 60);
    const path = join(open.folder, 'bodies', name!);
    const octets = readFileSync(path);
    octets[50_000]! ^= 1;
    writeFileSync(path, octets);
    const [finding] = await found();
    expect(finding).to.include({ kind: 'octets', mailbox: inboxId, uid: 2, repairable: false });
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
