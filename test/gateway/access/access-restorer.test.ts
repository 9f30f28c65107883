import { expect } from 'chai';
import { type AccountId, type MailboxName } from '../../../src/core/values.ts';
import { company, GatewayBench, password } from '../support/gateway-bench.ts';
import { registered } from '../support/registered.ts';
import { refused } from '../support/refused.ts';

const other = 'Тоғыз жолдың торабы 9';

describe('gateway: a lost password', function () {
  this.timeout(60_000);
  let bench: GatewayBench;
  beforeEach(async () => {
    bench = await GatewayBench.open();
  });
  afterEach(() => bench.close());

  const inbox = async (id: AccountId): Promise<number | undefined> =>
    (await bench.store.findMailbox(id, 'INBOX' as MailboxName))?.messages;

  it('an EDS of the owner gives a new one: sessions end, and a letter tells of it', async () => {
    const { by, address } = await registered(bench, 'aigerim', 'aigerim');
    const before = await bench.store.accounts.find(address);
    const id = before?.id ?? (0 as AccountId);
    bench.ended.length = 0;
    expect(await bench.gateway.access.reset(by, other, { keepDevices: false })).to.equal(address);
    const after = await bench.store.accounts.find(address);
    expect(after?.credentials.hash).not.to.equal(before?.credentials.hash);
    expect(bench.ended).to.include(id);
    expect(await inbox(id)).to.equal(2);
  });

  it('a password that is refused changes nothing', async () => {
    const { by, address } = await registered(bench, 'aigerim', 'aigerim');
    const before = await bench.store.accounts.find(address);
    const reset = (): Promise<string> =>
      bench.gateway.access.reset(by, 'short', { keepDevices: true });
    expect(await refused(reset)).to.match(/^PASSWORD_/);
    expect(await bench.store.accounts.find(address)).to.deep.equal(before);
    expect(bench.ended).not.to.equal(undefined);
  });

  it('an EDS of somebody without a mailbox opens none', async () => {
    const nurlan = await bench.signedBy(await bench.member('nurlan'));
    const reset = (): Promise<string> =>
      bench.gateway.access.reset(nurlan, other, { keepDevices: true });
    expect(await refused(reset)).to.equal('NO_MAILBOX');
  });

  it('an employee of a legal entity does not get into its mailbox', async () => {
    await registered(bench, 'aigerim', 'synaq', { asHead: true });
    const member = await bench.member('nurlan', { bin: company.bin, roles: ['EMPLOYEE'] });
    const employee = await bench.signedBy(member);
    const reset = (): Promise<string> =>
      bench.gateway.access.reset(employee, other, { keepDevices: true });
    expect(await refused(reset)).to.equal('EDS_ROLE');
  });

  it('who signed an application and never chose a password chooses it so', async () => {
    const member = await bench.member('aigerim');
    const by = await bench.signedBy(member);
    const { applications, access } = bench.gateway;
    const { id } = await applications.start(by, 'individual');
    const { document } = await applications.prepare(id, by, bench.fields('aigerim'));
    await applications.submit(id, await bench.sign(member, document));
    await access.reset(by, password, { keepDevices: false });
    expect((await applications.get(id, by))?.state).to.equal('complete');
  });
});
