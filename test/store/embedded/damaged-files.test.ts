import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MailError } from '../../../src/core/errors.ts';
import { type Log, type LogFields, silentLog } from '../../../src/core/log.ts';
import { type AccountId, inboxId } from '../../../src/core/values.ts';
import {
  type EmbeddedStore,
  openEmbeddedStore,
} from '../../../src/store/embedded/embedded-store.ts';
import { searchPath } from '../../../src/store/embedded/search/search-schema.ts';
import {
  appendAll,
  audit,
  delivery,
  accountData,
  failureOf,
  letter,
  octetsOf,
  withContent,
} from '../support.ts';
import { directoryPath, shardPath } from './rows.ts';

/** What may become of a file. */
const ruins: Readonly<Record<string, (file: string) => void>> = {
  'is overwritten at its start': (file) => {
    overwrite(file, 0, 4096);
  },
  'is cut short': (file) => {
    truncateSync(file, 3 * 4096);
  },
  'is empty': (file) => {
    truncateSync(file, 0);
  },
  'is gone': (file) => {
    rmSync(file);
  },
  'is another file': (file) => {
    writeFileSync(file, 'This is not a database.\n'.repeat(1000));
  },
};

const ways = Object.keys(ruins);

describe('embedded: damaged files', () => {
  const template = mkdtempSync(join(tmpdir(), 'zhashik-damaged-'));
  /** One for each shard: its number says which. */
  let accounts: AccountId[];
  let kept: AccountId;
  let folder: string;
  let store: EmbeddedStore | undefined;
  let logged: (LogFields & { readonly event: string })[];

  const log: Log = {
    ...silentLog,
    error(event, fields) {
      logged.push({ event, ...fields });
    },
    with: () => log,
  };
  const open = async (at = folder): Promise<EmbeddedStore> => {
    logged = [];
    const shards = ways.length + 1;
    store = await openEmbeddedStore({ folder: at, shards, readers: 1, writers: 2, log });
    return store;
  };
  const refusal = async (): Promise<MailError> => {
    try {
      await open();
    } catch (error) {
      if (error instanceof MailError) return error;
      throw error;
    }
    throw new Error('it was opened');
  };
  const damages = (): string[] =>
    logged.filter(({ event }) => event === 'store-damaged').map(({ file }) => String(file));
  const inboxOf = async (account: AccountId): Promise<number> => {
    const box = await store!.open(account, inboxId);
    const { count } = box.view;
    box.close();
    return count;
  };

  before(async () => {
    await open(template);
    const made = await store!.accounts.createMany(
      [...ways, ''].map(() => accountData()),
      audit,
    );
    accounts = [];
    for (const account of made) {
      if (typeof account !== 'object') throw new Error(account);
      accounts[account.id % made.length] = account.id;
      await appendAll(store!, account.id, inboxId, [letter('a'), letter('b', 100_000)]);
    }
    kept = accounts[0]!;
    const damaged = accounts[1]!;
    for (let i = 0; i < 30; i++) await appendAll(store!, damaged, inboxId, [letter('d', 20_000)]);
    await store!.close();
  });
  after(() => {
    rmSync(template, { recursive: true });
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zhashik-damaged-'));
    cpSync(template, folder, { recursive: true });
  });
  afterEach(async () => {
    await store?.close();
    store = undefined;
    rmSync(folder, { recursive: true });
  });

  it('files of shards are named and left alone, and the accounts of others go on', async () => {
    const files = ways.map((_, i) => shardPath(folder, i + 1));
    const left = files.map((file, i) => {
      ruins[ways[i]!]!(file);
      return existsSync(file) ? readFileSync(file) : undefined;
    });
    const running = await open();
    expect(damages().sort()).to.deep.equal(files);
    for (const lost of accounts.slice(1)) {
      expect(await failureOf(running.mailboxes(lost))).to.equal('unavailable');
      expect(await failureOf(running.quota(lost))).to.equal('unavailable');
      expect(await failureOf(appendAll(running, lost, inboxId, [letter()]))).to.equal(
        'unavailable',
      );
    }
    expect(await inboxOf(kept)).to.equal(2);
    await appendAll(running, kept, inboxId, [letter()]);
    // A letter for many goes where it can, whoever is named first and wherever its octets were to lie.
    const [, one, two] = accounts as [AccountId, AccountId, AccountId];
    for (const to of [
      [kept, one, two],
      [one, one, kept],
      [one, two, two, kept],
    ]) {
      const outcomes = await withContent(running, letter('c', 90_000), (content) =>
        running.accept(
          content,
          to.map((account) => delivery(account)),
        ),
      );
      expect(outcomes.map(({ status }) => status)).to.deep.equal(
        to.map((account) => (account === kept ? 'stored' : 'failed')),
      );
    }
    await running.indexTexts();
    expect(await running.findText(kept, 'body', 'xxxx')).not.to.equal(undefined);
    expect(await running.outbox.count()).to.equal(0);
    expect(await running.outbox.claim(Date.now(), Date.now() + 1000, 10)).to.deep.equal([]);
    // Bodies that only the lost rows name must not be swept away.
    expect(await failureOf(running.collect(Date.now() + 400 * 86_400_000))).to.equal('unavailable');
    const made = await running.accounts.createMany(
      ways.map(() => accountData()),
      audit,
    );
    await running.close();
    files.forEach((file, i) => {
      if (left[i] === undefined) expect(existsSync(file), ways[i]).to.equal(false);
      else expect(readFileSync(file).equals(left[i]), ways[i]).to.equal(true);
    });

    for (const file of files) copyFileSync(file.replace(folder, template), file);
    const healed = await open();
    expect(damages()).to.deep.equal([]);
    expect(await inboxOf(kept)).to.equal(6);
    for (const account of accounts.slice(2)) {
      const box = await healed.open(account, inboxId);
      expect(box.view.count).to.equal(2);
      expect(await octetsOf(healed, account, box.view.rowAt(1).email)).to.have.length(100_000);
      box.close();
    }
    for (const account of made) {
      if (typeof account !== 'object') throw new Error(account);
      expect(await inboxOf(account.id)).to.equal(0);
    }
  });

  it('pages that are found damaged while it runs are named once, and fail what stands on them', async () => {
    const file = shardPath(folder, 1);
    overwrite(file, 36 * 4096, Infinity);
    for (const suffix of ['', '-wal', '-shm']) {
      rmSync(searchPath(folder, 1) + suffix, { force: true });
    }
    const lost = accounts[1]!;
    const running = await open();
    expect(await inboxOf(kept)).to.equal(2);
    const refused: string[] = [];
    for (let i = 0; i < 3; i++) {
      const reading = running.open(lost, inboxId).then(async ({ view }) => {
        for (let n = 0; n < view.count; n++) await octetsOf(running, lost, view.rowAt(n).email);
      });
      refused.push(await failureOf(reading));
      refused.push(await failureOf(appendAll(running, lost, inboxId, [letter('', 20_000)])));
    }
    expect(new Set(refused)).to.deep.equal(new Set(['unavailable']));
    expect(damages()).to.deep.equal([file]);
    // The index of texts does not get better by being made anew over and over.
    await running.indexTexts();
    const troubles = logged.filter(({ err }) => String(err).startsWith('search index'));
    expect(troubles.length).to.be.within(1, 3);
  });

  it('a directory is named, and nothing is opened or made in its place', async () => {
    const file = directoryPath(folder);
    for (const way of ways) {
      ruins[way]!(file);
      const left = existsSync(file) ? readFileSync(file) : undefined;
      const { failure, message } = await refusal();
      expect(failure, way).to.equal('invalid');
      expect(message).to.include(file).and.include('put a copy in its place');
      if (left === undefined) expect(existsSync(file)).to.equal(false);
      else expect(readFileSync(file).equals(left), way).to.equal(true);
      copyFileSync(directoryPath(template), file);
    }
    await open();
    expect(await inboxOf(kept)).to.equal(2);
  });

  it('a store of which no shard can be read is not opened', async () => {
    for (const shard of accounts.keys()) overwrite(shardPath(folder, shard), 0, 4096);
    const { failure, message } = await refusal();
    expect(failure).to.equal('invalid');
    expect(message).to.match(/shard-\d\.sqlite cannot be used/);
  });

  it('a damaged lock or description of the folder is named', async () => {
    const lock = join(folder, 'lock.sqlite');
    writeFileSync(lock, 'This is not a database.\n'.repeat(1000));
    const locked = await refusal();
    expect([locked.failure, locked.message.includes(lock)]).to.deep.equal(['invalid', true]);
    rmSync(lock);
    const facts = join(folder, 'store.json');
    writeFileSync(facts, readFileSync(facts).subarray(0, 20));
    const described = await refusal();
    expect([described.failure, described.message.includes(facts)]).to.deep.equal(['invalid', true]);
  });

  it('a folder whose making was cut off is made to the end', async () => {
    for (const name of readdirSync(folder)) {
      if (name.endsWith('.sqlite')) rmSync(join(folder, name));
    }
    await (await open()).close();
    for (const gone of [shardPath(folder, 1), directoryPath(folder)]) rmSync(gone);
    await open();
    expect(damages()).to.deep.equal([]);
  });
});

/** Noise over a stretch of a file, at most to its end. */
function overwrite(file: string, from: number, bytes: number): void {
  const opened = openSync(file, 'r+');
  const length = Math.min(bytes, fstatSync(opened).size - from);
  expect(length).to.be.greaterThan(0);
  writeSync(opened, Buffer.alloc(length, 0xa5), 0, length, from);
  closeSync(opened);
}
