import { expect } from 'chai';
import { ScryptHasher } from '../../src/account/password.ts';
import { type Office, failureOf, openOffice, run } from './support.ts';

const password = 'correct horse';
const hasher = new ScryptHasher({ cost: { N: 2, r: 1, p: 1 }, concurrency: 1, maxWaiting: 1 });

describe('what an operator does', () => {
  let office: Office;
  /** Each test has an account name of its own in the one store. */
  let name: string;
  let address: string;
  let count = 0;
  before(async () => {
    office = await openOffice();
  });
  beforeEach(() => {
    name = `aigerim${++count}`;
    address = `${name}@example.kz`;
    office.ended.length = 0;
  });
  after(() => office.close());

  const create = (wanted: string, more: object = {}) =>
    run(office.admin, 'account.create', {
      address: wanted,
      password,
      allowReserved: false,
      apply: true,
      ...more,
    });

  describe('create', () => {
    it('makes an account with the default quota and leaves a record', async () => {
      const { result } = await create(`A${name.slice(1)}@Example.kz`);
      expect(result).to.deep.include({
        applied: true,
        address: `A${address.slice(1)}`,
        canonical: address,
        quotaBytes: 1000,
        quotaMessages: null,
      });
      const account = await office.store.accounts.find(address);
      expect(await hasher.verify(password, account?.credentials.hash)).to.equal(true);
      expect(account?.credentials.scram?.iterations).to.equal(4096);
      const [record] = await office.store.audit.list({ account: account!.id, limit: 10 });
      expect(record).to.deep.include({ actor: 'cli:test', action: 'account.create' });
      expect(JSON.stringify(record)).not.to.include(password);
    });

    it('takes limits, and 0 for none', async () => {
      const { result } = await create(address, { quotaBytes: 0, quotaMessages: 7 });
      expect(result).to.deep.include({ quotaBytes: null, quotaMessages: 7 });
    });

    it('writes nothing in a dry run, and says what a real one would', async () => {
      const { result } = await create(address, { apply: false });
      expect(result.applied).to.equal(false);
      expect(await office.store.accounts.find(address)).to.equal(undefined);
      await create(address);
      for (const apply of [false, true]) {
        for (const other of [
          address,
          address.toUpperCase(),
          address.replace('aigerim', 'a1ger1m'),
          address.replace('aigerim', 'aige-rim'),
        ]) {
          expect(await failureOf(create(other, { apply })), `${other} ${apply}`).to.equal(
            'already-exists',
          );
        }
      }
    });

    it('never gives the address of a closed account again', async () => {
      await create(address);
      await run(office.admin, 'account.close', { address: name, apply: true });
      expect(await failureOf(create(address))).to.equal('already-exists');
      expect(await failureOf(create(address.replace('i', 'l')))).to.equal('already-exists');
    });

    for (const [what, input] of [
      ['a short password', { password: '1234567' }],
      ['a password with control characters', { password: 'correct\u0000horse' }],
      [
        'the address as the password',
        { password: 'someone@example.kz', address: 'someone@example.kz' },
      ],
      ['another domain', { address: 'aigerim@example.com' }],
      ['a reserved name', { address: 'postmaster@example.kz' }],
    ] as const) {
      it(`refuses ${what}, also in a dry run`, async () => {
        for (const apply of [false, true]) {
          expect(await failureOf(create(address, { ...input, apply }))).to.equal('invalid');
        }
      });
    }

    it('gives a reserved name on demand', async () => {
      const { result } = await create('postmaster@example.kz', { allowReserved: true });
      expect(result.applied).to.equal(true);
    });
  });

  it('refuses input that is not the operation’s', async () => {
    const call = run(office.admin, 'account.show', { address: 'a', extra: 1 } as never);
    expect(await failureOf(call)).to.equal('invalid');
    expect(await failureOf(run(office.admin, 'toString' as never, {}))).to.equal('invalid');
  });

  it('passwd changes the password, ends sessions, and leaves a record', async () => {
    await create(address);
    const input = { address: name, password: 'battery staple' };
    await run(office.admin, 'account.passwd', { ...input, apply: false });
    let account = await office.store.accounts.find(address);
    expect(await hasher.verify(password, account?.credentials.hash)).to.equal(true);
    expect(office.ended).to.deep.equal([]);
    await run(office.admin, 'account.passwd', { ...input, apply: true });
    account = await office.store.accounts.find(address);
    expect(await hasher.verify('battery staple', account?.credentials.hash)).to.equal(true);
    expect(office.ended).to.deep.equal([account!.id]);
    const [record] = await office.store.audit.list({ account: account!.id, limit: 1 });
    expect(record?.action).to.equal('account.passwd');
    const missing = run(office.admin, 'account.passwd', {
      ...input,
      address: 'nobody',
      apply: true,
    });
    expect(await failureOf(missing)).to.equal('not-found');
  });

  it('suspend, resume and close change the status once, with a reason', async () => {
    await create(address);
    const go = (step: 'suspend' | 'resume' | 'close', apply = true) =>
      run(office.admin, `account.${step}`, { address: name, reason: 'asked', apply });
    expect((await go('suspend', false)).result).to.deep.include({
      applied: false,
      before: 'active',
      after: 'suspended',
    });
    expect((await go('suspend')).result).to.deep.include({ before: 'active', after: 'suspended' });
    expect((await go('suspend')).result).to.deep.include({
      before: 'suspended',
      after: 'suspended',
    });
    expect((await go('resume')).result).to.deep.include({ before: 'suspended', after: 'active' });
    expect((await go('close')).result).to.deep.include({ before: 'active', after: 'closed' });
    expect(await failureOf(go('resume'))).to.equal('invalid');
    expect(await failureOf(go('close', false))).to.equal('invalid');
    const account = await office.store.accounts.find(address);
    const records = await office.store.audit.list({ account: account!.id, limit: 10 });
    expect(records.map(({ action, detail }) => [action, detail?.['reason']])).to.deep.equal([
      ['account.close', 'asked'],
      ['account.resume', 'asked'],
      ['account.suspend', 'asked'],
      ['account.create', undefined],
    ]);
    expect(office.ended.length).to.equal(2);
  });

  it('quota is shown and changed', async () => {
    await create(address);
    const set = (more: object) =>
      run(office.admin, 'quota.set', { address: name, apply: true, ...more });
    expect((await set({ messages: 5 })).result).to.deep.include({
      quotaBytes: 1000,
      quotaMessages: 5,
    });
    expect((await set({ bytes: null, apply: false })).result).to.deep.include({
      quotaBytes: null,
      applied: false,
    });
    const { result } = await run(office.admin, 'quota.get', { address: name });
    expect(result).to.deep.equal({
      address: address,
      usedBytes: 0,
      usedMessages: 0,
      quotaBytes: 1000,
      quotaMessages: 5,
    });
    expect((await set({ bytes: null })).result.quotaBytes).to.equal(null);
  });

  it('mailbox list shows the mailboxes that an account is born with', async () => {
    await create(address);
    const { result } = await run(office.admin, 'mailbox.list', { address: name });
    const uses = result.mailboxes.map(({ name, specialUse, subscribed }) => [
      name,
      specialUse,
      subscribed,
    ]);
    expect(uses).to.have.deep.members([
      ['INBOX', null, true],
      ['Sent', '\\Sent', true],
      ['Drafts', '\\Drafts', true],
      ['Junk', '\\Junk', true],
      ['Trash', '\\Trash', true],
      ['Archive', '\\Archive', true],
      ['Official', '\\Official', true],
    ]);
  });

  it('show tells use and history, and no verifier', async () => {
    await create(address);
    const { result } = await run(office.admin, 'account.show', { address: name });
    expect(result).to.deep.include({
      status: 'active',
      password: true,
      scram: true,
      mailboxes: 7,
      usedBytes: 0,
    });
    expect(result.audit.map(({ action }) => action)).to.deep.equal(['account.create']);
    expect(JSON.stringify(result)).not.to.match(/scrypt\$|storedKey/);
    expect(await failureOf(run(office.admin, 'account.show', { address: 'nobody' }))).to.equal(
      'not-found',
    );
  });
});

describe('many accounts', () => {
  let office: Office;
  beforeEach(async () => {
    office = await openOffice();
  });
  afterEach(() => office.close());

  const row = (i: number, more: object = {}) => ({
    line: i + 2,
    address: `user${i}@example.kz`,
    password,
    ...more,
  });

  it('makes hundreds in batches, with progress', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => row(i));
    const { progress, result } = await run(
      office.admin,
      'account.import',
      { apply: true, allowReserved: false },
      rows,
    );
    expect(result).to.deep.equal({ applied: true, done: 300, created: 300, failed: 0 });
    expect(progress.map(({ done }) => done)).to.deep.equal([64, 128, 192, 256, 300]);
    const listed = await run(office.admin, 'account.list', {});
    expect(listed.result.count).to.equal(300);
    expect(listed.progress.flat()[0]).to.deep.include({
      address: 'user0@example.kz',
      quotaBytes: 1000,
    });
  });

  it('tells bad rows and goes on, and can be given again', async () => {
    await run(office.admin, 'account.import', { apply: true, allowReserved: false }, [row(1)]);
    const hash = await hasher.hash(password);
    const rows = [
      row(0),
      row(1),
      row(2, { password: 'short' }),
      row(3, { address: 'user3@example.com' }),
      row(4, { password: undefined, hash }),
      row(5, { password: undefined, hash: 'md5$x' }),
      row(6, { hash }),
      row(7, { password: undefined }),
      row(8, { address: 'u.ser0@example.kz' }),
    ];
    const wanted = [
      [3, 'already-exists'],
      [4, 'invalid'],
      [5, 'invalid'],
      [7, 'invalid'],
      [8, 'invalid'],
      [10, 'already-exists'],
    ];
    const input = { allowReserved: false };
    const dry = await run(office.admin, 'account.import', { ...input, apply: false }, rows);
    const failures = (progress: typeof dry.progress) =>
      progress
        .flatMap((one) => one.failures.map(({ line, failure }) => [line, failure]))
        .sort(([a], [b]) => Number(a) - Number(b));
    expect(failures(dry.progress)).to.deep.equal(wanted);
    expect(dry.result).to.deep.equal({ applied: false, done: 9, created: 3, failed: 6 });
    expect(await office.store.accounts.find('user0@example.kz')).to.equal(undefined);

    const real = await run(office.admin, 'account.import', { ...input, apply: true }, rows);
    expect(failures(real.progress)).to.deep.equal(wanted);
    expect(real.result).to.deep.equal({ applied: true, done: 9, created: 3, failed: 6 });
    const imported = await office.store.accounts.find('user4@example.kz');
    expect(imported?.credentials).to.deep.equal({ hash, scram: undefined });

    const again = await run(office.admin, 'account.import', { ...input, apply: true }, rows);
    expect(again.result.created).to.equal(0);
  });

  it('refuses items that are no rows', async () => {
    const call = run(office.admin, 'account.import', { apply: true, allowReserved: false }, [
      { line: 'x' },
    ]);
    expect(await failureOf(call)).to.equal('invalid');
  });

  it('list goes through all pages, and filters by status', async () => {
    const rows = Array.from({ length: 1203 }, (_, i) => ({
      line: i + 2,
      address: `u${i}@example.kz`,
    }));
    await run(office.admin, 'account.import', { apply: true, allowReserved: false }, rows);
    await run(office.admin, 'account.suspend', { address: 'u700', apply: true });
    const all = await run(office.admin, 'account.list', {});
    expect(all.result.count).to.equal(1203);
    const addresses = all.progress.flat().map(({ canonical }) => canonical);
    expect(addresses).to.deep.equal([...addresses].sort());
    const suspended = await run(office.admin, 'account.list', { status: 'suspended' });
    expect(suspended.progress.flat().map(({ canonical }) => canonical)).to.deep.equal([
      'u700@example.kz',
    ]);
  });
});
