import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MailError } from '../../../src/core/errors.ts';
import { type AccountId, inboxId } from '../../../src/core/values.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded-store.ts';
import { directoryMigrations, shardMigrations } from '../../../src/store/embedded/schema.ts';
import {
  appendAll,
  audit,
  failureOf,
  letter,
  newAccount,
  noFlags,
  octetsOf,
  receive,
  unlimited,
  withContent,
} from '../support.ts';
import { openEmbedded, type OpenEmbedded } from './backend.ts';
import { directoryPath, shardPath, tamper } from './rows.ts';

describe('embedded: opening a folder', () => {
  let open: OpenEmbedded;
  beforeEach(async () => {
    open = await openEmbedded({ shards: 2 });
  });
  afterEach(() => open.remove());

  const refusal = async (): Promise<MailError> => {
    try {
      await openEmbeddedStore({ folder: open.folder, readers: 1 });
    } catch (error) {
      if (error instanceof MailError) return error;
      throw error;
    }
    throw new Error('it was opened');
  };

  it('is for one store at a time, and says which folder is in use', async () => {
    const error = await refusal();
    expect(error.failure).to.equal('in-use');
    expect(error.message).to.include(open.folder);
    await open.reopen();
  });

  it('keeps the number of shards it was made with', async () => {
    const { id } = await newAccount(open.store);
    await open.store.close();
    const store = await openEmbeddedStore({ folder: open.folder, shards: 7, readers: 1 });
    expect(await store.mailboxes(id)).to.have.length(7);
    await store.close();
    expect(existsSync(shardPath(open.folder, 2))).to.equal(false);
    await open.reopen();
  });

  const newer: readonly (readonly [string, (folder: string) => string, string, number])[] = [
    ['a shard', (folder) => shardPath(folder, 1), 'shard-1.sqlite', shardMigrations.length],
    ['the directory', directoryPath, 'directory.sqlite', directoryMigrations.length],
  ];
  for (const [what, file, name, version] of newer) {
    it(`refuses ${what} with a newer schema and leaves it alone`, async () => {
      await open.store.close();
      tamper(file(open.folder), 'PRAGMA user_version = 99');
      const error = await refusal();
      expect(error.failure).to.equal('invalid');
      expect(error.message).to.include(name).and.include('99');
      tamper(file(open.folder), `PRAGMA user_version = ${version}`);
      await open.reopen();
    });
  }

  it('refuses a newer layout, and a folder that lost its store.json', async () => {
    await open.store.close();
    const path = join(open.folder, 'store.json');
    const facts = readFileSync(path, 'utf8');
    writeFileSync(path, facts.replace('"format":1', '"format":2'));
    expect((await refusal()).failure).to.equal('invalid');
    rmSync(path);
    expect((await refusal()).failure).to.equal('invalid');
    writeFileSync(path, facts);
    await open.reopen();
  });

  it('makes the mailboxes of an account whose creation a crash cut in half', async () => {
    await open.store.close();
    tamper(
      directoryPath(open.folder),
      `INSERT INTO account VALUES
         (77, 'Half', 'half@x', 'half', 'active', '{}', 500, NULL, 0, NULL, NULL);
       INSERT INTO unsettled VALUES (77);`,
    );
    const store = await open.reopen();
    expect(await store.mailboxes(77 as AccountId)).to.have.length(7);
    expect((await store.quota(77 as AccountId)).limits.bytes).to.equal(500);
  });

  it('sets a quota whose change a crash cut in half', async () => {
    const { id } = await newAccount(open.store, { bytes: 10, messages: 10 });
    await open.store.close();
    tamper(
      directoryPath(open.folder),
      `UPDATE account SET max_bytes = 99 WHERE a = ${id}; INSERT INTO unsettled VALUES (${id});`,
    );
    const store = await open.reopen();
    expect((await store.quota(id)).limits).to.deep.equal({ bytes: 99, messages: 10 });
  });

  it('is given up whole when what a crash left cannot be mended', async () => {
    const shard = shardPath(open.folder, 1);
    await open.store.close();
    tamper(
      directoryPath(open.folder),
      `INSERT INTO account VALUES
         (77, 'Half', 'half@x', 'half', 'active', '{}', 500, NULL, 0, NULL, NULL);
       INSERT INTO unsettled VALUES (77);`,
    );
    tamper(
      shard,
      `CREATE TRIGGER broken BEFORE INSERT ON mbx BEGIN SELECT raise(ABORT, 'broken'); END`,
    );
    expect((await refusal()).failure).to.equal('internal');
    // No thread has the file open any more: the last one to close it removes its log.
    expect(existsSync(`${shard}-wal`)).to.equal(false);
    tamper(shard, 'DROP TRIGGER broken');
    await open.reopen();
  });

  it('ends the leases of the outbox: whoever held one is gone', async () => {
    await withContent(open.store, letter(), (content) =>
      open.store.accept(content, [], {
        relayId: 'relay',
        reversePath: '',
        recipients: [],
        envelopeId: undefined,
        returnContent: undefined,
        smtpUtf8: false,
        account: undefined,
      }),
    );
    const now = Date.parse('2030-01-01');
    expect(await open.store.outbox.claim(now, now + 600_000, 10)).to.have.length(1);
    expect(await open.store.outbox.claim(now, now + 600_000, 10)).to.have.length(0);
    const store = await open.reopen();
    const [entry] = await store.outbox.claim(now, now + 600_000, 10);
    expect(entry?.attempts).to.equal(1);
  });

  it('finds what was begun before the close, a large letter too', async () => {
    const { id } = await newAccount(open.store);
    const content = await receive(open.store, letter('', 1_000_000));
    const message = { content, flags: noFlags, internalDate: 0 };
    const appending = open.store.append(id, inboxId, [message]);
    const store = await open.reopen();
    expect((await appending).uids).to.deep.equal([1]);
    await content.release();
    const { view } = await store.open(id, inboxId);
    expect(await octetsOf(store, id, view.emailAt(0))).to.have.length(1_000_000);
  });

  it('waits for the close of the one before, whoever asked for it first', async () => {
    const first = open.store.close();
    await open.store.close();
    const store = await openEmbeddedStore({ folder: open.folder, readers: 1 });
    await Promise.all([first, store.close()]);
    await open.reopen();
  });

  it('never shows zeros where a body was', async () => {
    const { id } = await newAccount(open.store);
    await appendAll(open.store, id, inboxId, [letter('text')]);
    await open.store.close();
    tamper(shardPath(open.folder, id % 2), 'DELETE FROM body');
    const store = await open.reopen();
    const { view } = await store.open(id, inboxId);
    expect(await store.content(id, view.emailAt(0))).to.equal(undefined);
  });

  it('does not let the audit log be changed or shortened', async () => {
    await open.store.audit.append({ actor: 'a', action: 'b' });
    await open.store.close();
    const file = directoryPath(open.folder);
    expect(() => {
      tamper(file, 'DELETE FROM audit');
    }).to.throw('append-only');
    expect(() => {
      tamper(file, `UPDATE audit SET actor = 'x'`);
    }).to.throw('append-only');
    await open.reopen();
  });

  it('tells who asks for a store of another folder that contents are not shared', async () => {
    const other = await openEmbedded({ shards: 1 });
    const { id } = await newAccount(other.store);
    const writer = open.store.receive();
    const content = await writer.finish();
    let refused: unknown;
    try {
      await other.store.append(id, inboxId, [
        { content, flags: { system: 0, keywords: [] }, internalDate: 0 },
      ]);
    } catch (error) {
      refused = error;
    }
    await other.remove();
    expect(refused).to.be.instanceOf(TypeError);
  });
});

describe('embedded: a machine that fails', () => {
  /** Runs a script in a process of its own, with the shell's limits on it. */
  function start(script: string, folder: string, limits = ''): ReturnType<typeof spawn> {
    const program = new URL(`./${script}`, import.meta.url).pathname;
    const command = `${limits} exec "$0" --import tsx "$1" "$2"`;
    return spawn('sh', ['-c', command, process.execPath, program, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zhashik-store-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('lets go of the folder with the process, and keeps every answered letter, when it is killed', async () => {
    const child = start('deliver-for-ever.ts', folder);
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.split('\n').length > 300) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const answered = output
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' '));
    expect(answered.length).to.be.greaterThan(250);

    const store = await openEmbeddedStore({ folder, readers: 1 });
    const found = new Map<string, string>();
    for (const account of await store.accounts.list({ limit: 10 })) {
      const { view } = await store.open(account.id, inboxId);
      let bytes = 0;
      for (let i = 0; i < view.count; i++) {
        const octets = await octetsOf(store, account.id, view.emailAt(i));
        bytes += octets.length;
        expect(view.sizeAt(i)).to.equal(octets.length);
        const id = /^X-Id: (.*)\r$/m.exec(octets.toString('latin1'))?.[1] ?? '';
        const key = `${account.id} ${id}`;
        expect(found.has(key), key).to.equal(false);
        found.set(key, String(view.uidAt(i)));
      }
      expect(await store.quota(account.id)).to.include({
        usedBytes: bytes,
        usedMessages: view.count,
      });
    }
    for (const [account, id, uid] of answered) {
      expect(found.get(`${account} ${id}`), `${account} ${id}`).to.equal(uid);
    }
    await store.close();
  });

  it('refuses with unavailable while the disk is full, loses nothing, and goes on when there is room', async () => {
    // 4,000 blocks of 1,024 octets: a log that wants to grow beyond is refused, as on a full disk.
    const child = start('fill-disk.ts', folder, 'ulimit -f 4000;');
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
    const [, signal] = (await once(child, 'close')) as [number | null, string];
    expect(signal, output).to.equal('SIGKILL');
    const { stored, failures } = JSON.parse(output) as { stored: number; failures: string[] };
    expect(stored).to.be.greaterThan(10);
    expect(new Set(failures)).to.deep.equal(new Set(['unavailable']));

    const store = await openEmbeddedStore({ folder, readers: 1 });
    const [account] = await store.accounts.list({ limit: 1 });
    const { view } = await store.open(account!.id, inboxId);
    expect(view.count).to.equal(stored);
    expect(await store.quota(account!.id)).to.include({ usedMessages: stored });
    await appendAll(store, account!.id, inboxId, [letter('', 100_000)]);
    expect(view.count).to.equal(stored + 1);
    await store.accounts.update(account!.id, { quota: unlimited }, audit);
    expect(
      await failureOf(
        store.accounts.create(
          { ...account!, skeleton: 'x', credentials: { hash: undefined, scram: undefined } },
          audit,
        ),
      ),
    ).to.equal('already-exists');
    await store.close();
  });
});
