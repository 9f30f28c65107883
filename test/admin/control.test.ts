import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { ControlClient, isServed } from '../../src/admin/control-client.ts';
import { longestLineBytes } from '../../src/admin/control-protocol.ts';
import { type ControlServer, startControlServer } from '../../src/admin/control-server.ts';
import { silentLog } from '../../src/core/log.ts';
import { type Office, failureOf, openOffice, run } from './support.ts';

describe('the control socket', () => {
  let office: Office;
  let server: ControlServer;
  let path: string;
  let client: ControlClient;
  before(async () => {
    office = await openOffice();
  });
  after(() => office.close());
  beforeEach(async () => {
    path = join(office.folder, 'control.sock');
    const context = (actor: string) => ({ ...office.context, actor });
    server = await startControlServer({ path, context, log: silentLog });
    client = new ControlClient(path, 'cli:somebody');
  });
  afterEach(async () => {
    await server.close(0);
  });

  const aigerim = {
    address: 'aigerim@example.kz',
    password: 'correct horse',
    allowReserved: false,
    apply: true,
  };

  /** What the server says to raw lines. */
  async function raw(text: string): Promise<string> {
    const socket = connect(path);
    socket.end(text);
    let said = '';
    for await (const chunk of socket) said += String(chunk);
    return said;
  }

  it('is the owner’s alone', () => {
    expect((statSync(path).mode & 0o777).toString(8)).to.equal('600');
  });

  it('carries operations out and keeps who asked', async () => {
    const { result } = await run(client, 'account.create', aigerim);
    expect(result.account?.canonical).to.equal('aigerim@example.kz');
    const shown = await run(client, 'account.show', { address: 'aigerim' });
    expect(shown.result.audit[0]?.actor).to.equal('cli:somebody');
  });

  it('hands failures over as they are', async () => {
    expect(await failureOf(run(client, 'account.show', { address: 'nobody' }))).to.equal(
      'not-found',
    );
    const taken = { ...aigerim, address: 'taken@example.kz' };
    await run(client, 'account.create', taken);
    expect(await failureOf(run(client, 'account.create', taken))).to.equal('already-exists');
    expect(await failureOf(run(client, 'quota.set', { address: 'x' } as never))).to.equal(
      'invalid',
    );
  });

  it('streams rows in and progress out', async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => ({
      line: i + 2,
      address: `u${i}@example.kz`,
    }));
    const { progress, result } = await run(
      client,
      'account.import',
      { apply: true, allowReserved: false },
      rows,
    );
    expect(result.created).to.equal(1000);
    expect(progress.length).to.equal(16);
    const listed = await run(client, 'account.list', {});
    expect(listed.progress.length).to.be.at.least(2);
    expect(listed.progress.flat().length).to.equal(listed.result.count);
    expect(listed.result.count).to.be.at.least(1000);
  });

  it('tells a failure in the middle of many rows', async () => {
    const rows: unknown[] = Array.from({ length: 20_000 }, (_, i) => ({
      line: i + 2,
      address: `failing${i}@example.kz`,
    }));
    rows[100] = { line: 0 };
    const call = run(client, 'account.import', { apply: true, allowReserved: false }, rows);
    expect(await failureOf(call)).to.equal('invalid');
    // The batch before it was durable and stays.
    expect(await office.store.accounts.find('failing63@example.kz')).not.to.equal(undefined);
    expect(await office.store.accounts.find('failing64@example.kz')).to.equal(undefined);
  });

  it('lets a failure of the rows themselves be the caller’s', async () => {
    async function* broken(): AsyncGenerator<unknown, void, void> {
      yield await Promise.resolve({ line: 2, address: 'u2@example.kz' });
      throw new Error('the disk is gone');
    }
    const call = client.call('account.import', { apply: true, allowReserved: false }, broken());
    const error: unknown = await call.next().catch((e: unknown) => e);
    expect(String(error)).to.include('the disk is gone');
  });

  it('stops when the client goes away', async () => {
    const rows = Array.from({ length: 640 }, (_, i) => ({
      line: i + 2,
      address: `u${i}@example.kz`,
    }));
    async function* slowly(): AsyncGenerator<unknown, void, void> {
      for (const row of rows) yield await Promise.resolve(row);
      // Never ends: only the client's leaving can stop the call.
      await new Promise(() => undefined);
    }
    const call = client.call('account.import', { apply: true, allowReserved: false }, slowly());
    await call.next();
    const socketsGone = call.return({} as never);
    await Promise.race([socketsGone, new Promise((resolve) => setImmediate(resolve))]);
    await server.close(5000);
    server = await startControlServer({ path, context: () => office.context, log: silentLog });
  });

  for (const [name, text] of [
    ['nothing', ''],
    ['what is no JSON', 'hello\n'],
    ['what is no request', '{"a":1}\n'],
    ['an unknown operation', '{"call":"account.delete","actor":"x","input":{}}\n'],
    ['an inherited name', '{"call":"constructor","actor":"x","input":{}}\n'],
    [
      'wrong items',
      '{"call":"account.import","actor":"x","input":{"apply":true,"allowReserved":true}}\n"x"\n',
    ],
  ] as const) {
    it(`answers ${name} with an error, or not at all`, async () => {
      const said = await raw(text);
      if (text === '') expect(said).to.equal('');
      else expect(JSON.parse(said)).to.have.nested.property('error.failure', 'invalid');
    });
  }

  it('does not read a line without end into memory', async () => {
    const said = await raw('x'.repeat(longestLineBytes + 100_000));
    expect(JSON.parse(said)).to.have.nested.property('error.failure', 'too-big');
  });

  it('is seen while it is there, and a stale one is replaced', async () => {
    expect(await isServed(path)).to.equal(true);
    await server.close(0);
    expect(await isServed(path)).to.equal(false);
    expect(await failureOf(run(client, 'account.list', {}))).to.equal('unavailable');
    server = await startControlServer({ path, context: () => office.context, log: silentLog });
    expect(await isServed(path)).to.equal(true);
  });
});
