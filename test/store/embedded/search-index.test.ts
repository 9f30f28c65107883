import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { random } from '../../../bench/letters.ts';
import { type AccountId, flagBits, inboxId } from '../../../src/core/values.ts';
import type { Finding } from '../../../src/store/api.ts';
import {
  type EmbeddedStore,
  openEmbeddedStore,
} from '../../../src/store/embedded/embedded-store.ts';
import { storeFacts } from '../../../src/store/embedded/folder.ts';
import { verdict } from '../../../src/store/embedded/protocol.ts';
import { compareTexts } from '../../../src/store/embedded/search/compare-texts.ts';
import { SearchReader } from '../../../src/store/embedded/search/search-reader.ts';
import { searchPath } from '../../../src/store/embedded/search/search-schema.ts';
import { appendAll, letter, ManualClock, newAccount } from '../support.ts';
import { openEmbedded, type OpenEmbedded } from './backend.ts';
import { tamper } from './rows.ts';

const day = 86_400_000;

describe('embedded: the index of texts', () => {
  const clock = new ManualClock();
  let open: OpenEmbedded;
  let account: AccountId;
  beforeEach(async () => {
    open = await openEmbedded({ shards: 1, clock });
    ({ id: account } = await newAccount(open.store));
    await appendAll(
      open.store,
      account,
      inboxId,
      ['heron', 'stork', 'crane'].map((word) => letter(word)),
    );
    await open.store.indexTexts();
  });
  afterEach(() => open.remove());

  /** For each message of the inbox whether it may hold the text. */
  const mayHold = async (text: string): Promise<boolean[]> => {
    const box = await open.store.open(account, inboxId);
    const matcher = await open.store.findText(account, 'body', text);
    const all = Array.from(
      { length: box.view.count },
      (_, i) => matcher!(box.view.emailAt(i)) !== false,
    );
    box.close();
    return all;
  };
  const rows = (table = 'body_docsize'): number => {
    const db = new Database(searchPath(open.folder, 0), { readonly: true });
    try {
      return db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
    } finally {
      db.close();
    }
  };

  const harm: Readonly<Record<string, (path: string) => void>> = {
    gone: (path) => {
      rmSync(path);
    },
    'no database': (path) => {
      writeFileSync(path, 'x'.repeat(10_000));
    },
    'cut short': (path) => {
      truncateSync(path, 6000);
    },
    'of other texts': (path) => {
      tamper(path, 'UPDATE mark SET version = 0');
    },
    'of another store': (path) => {
      tamper(path, `UPDATE mark SET store = 'x'`);
    },
    'of an older layout': (path) => {
      rmSync(path);
      tamper(
        path,
        `CREATE TABLE mark (id INTEGER PRIMARY KEY, store TEXT, version INTEGER, c INTEGER);
         INSERT INTO mark VALUES (1, 'x', 1, 4)`,
      );
    },
    'ahead of its shard': (path) => {
      tamper(path, `UPDATE mark SET c = 1000; INSERT INTO body (body) VALUES ('delete-all')`);
    },
  };
  for (const [what, act] of Object.entries(harm)) {
    it(`is made anew when its file is ${what}`, async () => {
      await open.store.close();
      act(searchPath(open.folder, 0));
      await open.reopen();
      // Found while the index is not what it should be, and still found when it was mended.
      if (what !== 'ahead of its shard') expect((await mayHold('stork'))[1], what).to.equal(true);
      await open.store.indexTexts();
      expect(await mayHold('stork'), what).to.deep.equal([false, true, false]);
      expect(await open.store.checkTexts(), what).to.deep.equal({ missing: 0, problems: [] });
    });
  }

  it('tells what is missing, and makes it anew on demand', async () => {
    await open.store.close();
    tamper(
      searchPath(open.folder, 0),
      `DELETE FROM body WHERE rowid = (SELECT max(id) FROM body_docsize)`,
    );
    await open.reopen();
    expect((await open.store.checkTexts()).missing).to.equal(1);
    await open.store.close();
    tamper(searchPath(open.folder, 0), `DELETE FROM header_text WHERE c = 1`);
    await open.reopen();
    expect((await open.store.checkTexts()).missing).to.equal(2);
    const found = async (): Promise<Finding[]> => {
      const findings: Finding[] = [];
      for await (const step of open.store.upkeep.checkStore()) findings.push(...step.findings);
      return findings.filter(({ kind }) => kind === 'projection');
    };
    const [finding, ...others] = await found();
    expect(finding).to.include({ projection: 'search index', detail: '2 messages are not in it' });
    expect(others).to.deep.equal([]);
    expect(await open.store.upkeep.repair(finding!)).to.equal(true);
    expect(await found()).to.deep.equal([]);
    expect((await open.store.checkTexts()).missing).to.equal(0);
    expect(await mayHold('crane')).to.deep.equal([false, false, true]);
  });

  it('is up to what was committed before, though letters keep coming', async () => {
    const enough = new AbortController();
    const traffic = (async () => {
      while (!enough.signal.aborted)
        await appendAll(open.store, account, inboxId, [letter('dunlin')]);
    })();
    await appendAll(open.store, account, inboxId, [letter('turnstone')]);
    const box = await open.store.open(account, inboxId);
    const before = box.view.count;
    box.close();
    await open.store.indexTexts();
    enough.abort();
    await traffic;
    const held = (await mayHold('turnstone')).slice(0, before);
    expect(held.filter(Boolean)).to.have.length(1);
  });

  it('forgets contents that are gone, when the collector comes', async () => {
    const deleted = { system: flagBits['\\Deleted'], keywords: [] };
    await open.store.storeFlags(account, inboxId, [2, 2], { mode: 'add', flags: deleted });
    await open.store.expunge(account, inboxId);
    expect([rows(), rows('header_text'), rows('body_text')]).to.deep.equal([3, 3, 3]);
    clock.advance(31 * day);
    await open.collect(clock.now());
    expect([rows(), rows('header_text'), rows('body_text')]).to.deep.equal([2, 2, 2]);
    expect(await mayHold('crane')).to.deep.equal([false, true]);
  });

  it('compares a bounded number of octets in one read, and leaves the rest for the next', async () => {
    const texts = Array.from({ length: 7 }, () => letter('knot '.repeat(190_000)));
    await appendAll(open.store, account, inboxId, texts);
    await open.store.indexTexts();
    const box = await open.store.open(account, inboxId);
    const emails = texts.map((_, i) => box.view.emailAt(3 + i));
    box.close();
    const reader = new SearchReader(open.folder, 0, storeFacts(open.folder, 1).id);
    const text = { part: 'body', field: undefined, needle: 'knots' } as const;
    const { verdicts } = compareTexts([reader], text, emails);
    reader.close();
    const { lacks, later } = verdict;
    expect([...verdicts]).to.deep.equal([lacks, lacks, lacks, lacks, lacks, later, later]);
  });

  it('takes the trigrams alone of a long text, and looks at a letter with too many', async () => {
    const long = `${'lorem ipsum dolor '.repeat(100_000)}kingfisher`;
    // More different trigrams than are kept: ideographs in no order.
    const next = random(1);
    const many = Array.from({ length: 1_100_000 }, () =>
      String.fromCharCode(0x4e00 + Math.floor(next() * 20_000)),
    ).join('');
    const plain = (text: string): Buffer =>
      Buffer.from(`Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}`);
    await appendAll(open.store, account, inboxId, [plain(long), plain(many)]);
    await open.store.indexTexts();
    expect(rows('unbounded')).to.equal(1);
    expect((await mayHold('kingfisher')).slice(3)).to.deep.equal([true, true]);
    expect((await mayHold('goldfinch')).slice(3)).to.deep.equal([false, true]);
  });
});

describe('embedded: the index of texts of a server that was killed', function () {
  this.timeout(60_000);

  it('goes on where it was, and leaves out nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zhashik-store-'));
    const program = new URL('./index-for-ever.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, ['--import', 'tsx', program, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let steps = 0;
    child.stdout.on('data', () => {
      // In the middle of a step, as those follow each other without a pause.
      if (++steps === 8) child.kill('SIGKILL');
    });
    await once(child, 'close');
    expect(existsSync(searchPath(folder, 0))).to.equal(true);

    let store: EmbeddedStore = await openEmbeddedStore({ folder, readers: 1 });
    const holds = async (): Promise<void> => {
      for (const { id } of await store.accounts.list({ limit: 10 })) {
        const box = await store.open(id, inboxId);
        const matcher = await store.findText(id, 'body', 'common');
        for (let i = 0; i < box.view.count; i++)
          expect(matcher!(box.view.emailAt(i))).to.not.equal(false);
        expect(box.view.count).to.be.greaterThan(0);
      }
    };
    await holds();
    await store.indexTexts();
    await holds();
    expect(await store.checkTexts()).to.deep.equal({ missing: 0, problems: [] });
    await store.close();
    store = await openEmbeddedStore({ folder, readers: 1 });
    await holds();
    await store.close();
    rmSync(folder, { recursive: true });
  });
});
