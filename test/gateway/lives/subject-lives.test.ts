import { expect } from 'chai';
import { StateEvents } from '../../../src/gateway/state/state-events.ts';
import type { StateEvent } from '../../../src/gateway/api.ts';
import type { Bin, Iin } from '../../../src/gateway/identifiers/values.ts';
import { silentLog } from '../../../src/core/log.ts';
import { company, GatewayBench, password, people } from '../support/gateway-bench.ts';
import { registered } from '../support/registered.ts';

describe('gateway: what happens to the owner of a mailbox', function () {
  this.timeout(60_000);
  let bench: GatewayBench;
  beforeEach(async () => {
    bench = await GatewayBench.open();
  });
  afterEach(() => bench.close());

  const aigerimIin = people.aigerim.iin as Iin;
  const bin = company.bin as Bin;
  const at = 1_790_000_000_000;
  const kinds = async (key: Parameters<typeof bench.registry.history>[0]): Promise<string[]> =>
    (await bench.registry.history(key)).map(({ kind }) => kind);
  const twice = async (event: StateEvent): Promise<void> => {
    await bench.gateway.lives.apply(event);
    await bench.gateway.lives.apply(event);
  };

  it('R-13.3 a death suspends the mailbox and ends sessions; a wrong one is taken back without loss', async () => {
    const { key, address } = await registered(bench, 'aigerim', 'aigerim');
    const account = await bench.store.accounts.find(address);
    bench.ended.length = 0;
    await twice({ kind: 'death', cursor: 'e1', at, iin: aigerimIin });
    expect((await bench.store.accounts.find(address))?.status).to.equal('suspended');
    expect(bench.ended).to.include(account?.id);
    await twice({ kind: 'death-cancelled', cursor: 'e2', at, iin: aigerimIin });
    expect((await bench.store.accounts.find(address))?.status).to.equal('active');
    expect(await kinds(key)).to.deep.equal(['created', 'suspended', 'restored']);
    expect((await bench.store.accounts.find(address))?.credentials.hash).to.equal(
      account?.credentials.hash,
    );
  });

  it('R-13.3 a new name is kept, and no name is in the unified base', async () => {
    const { key } = await registered(bench, 'aigerim', 'aigerim');
    const name = { surname: 'ЖАҢАБАЕВА', given: 'АЙГЕРІМ' };
    await twice({ kind: 'name', cursor: 'e1', at, iin: aigerimIin, name });
    const profile = await bench.gateway.profiles.get(key);
    expect(profile?.data['name']).to.deep.equal(name);
    const history = await bench.registry.history(key);
    expect(history.map(({ kind }) => kind)).to.deep.equal(['created', 'name']);
    expect(JSON.stringify(history)).not.to.include('ЖАҢАБАЕВА');
  });

  it('R-13.3 a new head: the one before gets in no more, the new one takes over with an EDS', async () => {
    const { key, address } = await registered(bench, 'aigerim', 'synaq', { asHead: true });
    const account = await bench.store.accounts.find(address);
    bench.ended.length = 0;
    const headIin = people.nurlan.iin as Iin;
    await twice({ kind: 'head', cursor: 'e1', at, bin, headIin });
    expect(bench.ended).to.include(account?.id);
    expect(bench.cabinetsEnded).to.include(key);
    expect((await bench.store.accounts.find(address))?.credentials.hash).to.equal(undefined);
    expect(await kinds(key)).to.deep.equal(['created', 'head']);
    const head = await bench.signedBy(
      await bench.member('nurlan', { bin: company.bin, roles: ['CEO'] }),
    );
    await bench.gateway.access.reset(head, password, { keepDevices: false });
    expect((await bench.store.accounts.find(address))?.credentials.hash).to.match(/^scrypt/);
  });

  it('R-13.3 liquidation is entered when it begins, and suspends at its end', async () => {
    const { key, address } = await registered(bench, 'aigerim', 'synaq', { asHead: true });
    await twice({ kind: 'liquidation-begun', cursor: 'e1', at, bin });
    expect((await bench.store.accounts.find(address))?.status).to.equal('active');
    await twice({ kind: 'liquidated', cursor: 'e2', at, bin });
    expect((await bench.store.accounts.find(address))?.status).to.equal('suspended');
    expect(await kinds(key)).to.deep.equal(['created', 'liquidation', 'suspended']);
  });

  it('a key in wrong hands: nobody gets in, and the data are to be confirmed anew', async () => {
    const { key, address, member } = await registered(bench, 'aigerim', 'aigerim');
    const { profiles, lives } = bench.gateway;
    const { id, document } = await profiles.confirmation(key);
    await profiles.confirm(key, id, await bench.sign(member, document));
    expect(await lives.compromised(key, 'individual', 'operator:test')).to.equal(true);
    const account = await bench.store.accounts.find(address);
    expect(account?.credentials.hash).to.equal(undefined);
    expect(account?.owner?.level).to.equal('basic');
  });

  it('an event about somebody without a mailbox changes nothing', async () => {
    await bench.gateway.lives.apply({ kind: 'death', cursor: 'e1', at, iin: aigerimIin });
    expect((await bench.registry.head()).number).to.equal(0);
  });

  it('an operator who suspended an account is not overruled by other changes', async () => {
    const { key, address, member } = await registered(bench, 'aigerim', 'aigerim');
    const account = await bench.store.accounts.find(address);
    if (account === undefined) throw new Error('there is an account');
    const audit = { actor: 'test', action: 'account.suspend' };
    await bench.store.accounts.update(account.id, { status: 'suspended' }, audit);
    const { profiles } = bench.gateway;
    const { id, document } = await profiles.confirmation(key);
    await profiles.confirm(key, id, await bench.sign(member, document));
    expect(await bench.store.accounts.find(address)).to.include({ status: 'suspended' });
  });

  it('R-13.3 the feed of the state is applied from where it was left', async () => {
    const { address } = await registered(bench, 'aigerim', 'aigerim');
    bench.state.setLifeStatus(people.aigerim.iin, 'DEAD');
    const events = (): StateEvents =>
      new StateEvents({
        registry: bench.stateRegistry,
        records: bench.store.records,
        handle: (event) => bench.gateway.lives.apply(event),
        log: silentLog,
      });
    expect(await events().run()).to.equal(1);
    expect((await bench.store.accounts.find(address))?.status).to.equal('suspended');
    bench.state.setLifeStatus(people.aigerim.iin, 'ALIVE');
    expect(await events().run()).to.equal(1);
    expect(await events().run()).to.equal(0);
    expect((await bench.store.accounts.find(address))?.status).to.equal('active');
  });
});
