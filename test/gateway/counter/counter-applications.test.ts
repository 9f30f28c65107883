import { expect } from 'chai';
import type { Member } from '../../../src/eds/authority/test-authority.ts';
import type { Iin } from '../../../src/gateway/identifiers/values.ts';
import type {
  CounterEmployee,
  CounterInput,
  CounterResult,
} from '../../../src/gateway/counter/counter-applications.ts';
import { activationMs, activationTries } from '../../../src/gateway/limits.ts';
import { GatewayBench, type Name, password, people } from '../support/gateway-bench.ts';
import { registered } from '../support/registered.ts';
import { refused } from '../support/refused.ts';

const scan = 'ab'.repeat(32);

describe('gateway: applications at a post office', function () {
  this.timeout(60_000);
  let bench: GatewayBench;
  let clerk: CounterEmployee;
  let supervisor: CounterEmployee;
  let clerkKey: Member;
  let supervisorKey: Member;
  beforeEach(async () => {
    bench = await GatewayBench.open();
    clerk = employee('clerk', ['employee']);
    supervisor = employee('supervisor', ['employee', 'supervisor']);
    clerkKey = await bench.member('clerk');
    supervisorKey = await bench.member('supervisor');
  });
  afterEach(() => bench.close());

  function employee(name: Name, roles: readonly string[]): CounterEmployee {
    const key = bench.gateway.subjects.keyOf({ type: 'individual', iin: people[name].iin as Iin });
    return { key, facility: '010000', roles };
  }
  const papers = (name: Name = 'aigerim', change: Partial<CounterInput> = {}): CounterInput => {
    const { iin, surname, given, patronymic } = people[name];
    return {
      identity: { type: 'individual', iin: iin as Iin },
      name: [surname, given, patronymic].filter((part) => part !== undefined).join(' '),
      document: { type: 'ID', number: '012345678', validUntil: '2031-05-01' },
      relative: false,
      ...change,
    };
  };
  const filled = async (
    input = papers(),
    login = 'aigerim',
  ): Promise<{ id: string; document: string }> => {
    const { counter } = bench.gateway;
    const { id } = await counter.begin(clerk, input);
    const { document } = await counter.prepare(id, clerk, bench.fields(login), scan);
    return { id, document: document ?? '' };
  };
  const sign = async (
    { id, document }: { id: string; document: string },
    member = clerkKey,
  ): Promise<CounterResult> =>
    bench.gateway.counter.sign(id, clerk, await bench.sign(member, document));

  it('R-6.3 an employee registers: the record has employee, facility and the digest of the scan', async () => {
    const application = await filled();
    expect(JSON.parse(application.document)).to.deep.include({
      counter: {
        facility: '010000',
        employee: clerk.key,
        document: { type: 'ID', number: '012345678', validUntil: '2031-05-01' },
        scanSha256: scan,
      },
    });
    const { application: made, slip } = await sign(application);
    expect(made).to.include({ state: 'created', address: 'aigerim@example.kz' });
    expect(slip?.code).to.match(/^[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}$/);
    const account = await bench.store.accounts.find('aigerim@example.kz');
    expect(account?.owner?.level).to.equal('basic');
    const key = bench.gateway.subjects.keyOf(papers().identity);
    const [created] = await bench.registry.history(key);
    expect(created?.facts).to.include({ channel: 'counter', level: 'basic' });
    const subject = await bench.gateway.subjects.find(key);
    expect(subject?.acceptance).to.include({ channel: 'paper' });
  });

  it('R-6.3 R-11.1 the citizen chooses the first password with the code, once', async () => {
    const { slip } = await sign(await filled());
    const { access } = bench.gateway;
    const use = (code = slip?.code ?? ''): Promise<string> =>
      access.activate('aigerim', code, password);
    expect(await refused(() => use('AAAA-AAAA-AAAA'))).to.equal('ACTIVATION_CODE');
    expect(await use(slip?.code.toLowerCase().replaceAll('-', ' '))).to.equal('aigerim@example.kz');
    const account = await bench.store.accounts.find('aigerim@example.kz');
    expect(account?.credentials.hash).to.match(/^scrypt/);
    expect(await refused(use)).to.equal('ACTIVATION_CODE');
  });

  it('a code is good for 30 days, and dead after ten wrong ones', async () => {
    const { slip } = await sign(await filled());
    const { access } = bench.gateway;
    const use = (code: string): Promise<string> =>
      refused(() => access.activate('aigerim', code, password));
    const issued = bench.clock.time;
    bench.clock.time += activationMs;
    expect(await use(slip?.code ?? '')).to.equal('ACTIVATION_CODE');
    bench.clock.time = issued;
    for (let i = 0; i < activationTries; i += 1) {
      expect(await use('AAAA-AAAA-AAAA')).to.equal('ACTIVATION_CODE');
    }
    expect(await use(slip?.code ?? '')).to.equal('ACTIVATION_CODE');
  });

  it('a lost code: a supervisor has another printed, and the old one is dead', async () => {
    const application = await filled();
    const { slip } = await sign(application);
    const { counter, access } = bench.gateway;
    expect(await refused(() => counter.newSlip(application.id, clerk))).to.equal(
      'SECOND_PERSON_NEEDED',
    );
    const again = await counter.newSlip(application.id, supervisor);
    const use = (code = ''): Promise<string> =>
      refused(() => access.activate('aigerim@example.kz', code, password));
    expect(await use(slip?.code)).to.equal('ACTIVATION_CODE');
    expect(await use(again.slip?.code)).to.equal('taken');
  });

  it('signing again answers the same, and prints no second slip', async () => {
    const application = await filled();
    await sign(application);
    const again = await sign(application);
    expect(again.application).to.include({ state: 'created' });
    expect(again.slip).to.equal(undefined);
  });

  for (const [what, change, name] of [
    ['registers himself', {}, 'clerk'],
    ['registers a relative', { relative: true }, 'aigerim'],
    ['sees another name than the state has', { name: 'АБИЛОВА АЙГЕРИМ' }, 'aigerim'],
  ] as const) {
    it(`R-6.3 an employee who ${what} needs a supervisor`, async () => {
      const { counter } = bench.gateway;
      const application = await filled(papers(name, change));
      expect(await refused(() => sign(application))).to.equal('SECOND_PERSON_NEEDED');
      expect(await bench.store.accounts.find('aigerim@example.kz')).to.equal(undefined);
      const own = await bench.sign(clerkKey, application.document);
      const byHimself = { ...clerk, roles: ['supervisor'] };
      expect(await refused(() => counter.approve(application.id, byHimself, own, ''))).to.equal(
        'SECOND_PERSON_NEEDED',
      );
      expect(await refused(() => counter.approve(application.id, supervisor, own, ''))).to.equal(
        'EDS_OTHER_PERSON',
      );
      const given = await bench.sign(supervisorKey, application.document);
      const approved = await counter.approve(application.id, supervisor, given, 'marriage');
      expect(approved.application).to.include({ state: 'created' });
      expect(approved.slip).not.to.equal(undefined);
    });
  }

  it('a supervisor cannot approve before the employee has signed', async () => {
    const application = await filled(papers('aigerim', { relative: true }));
    const given = await bench.sign(supervisorKey, application.document);
    const approve = (): Promise<CounterResult> =>
      bench.gateway.counter.approve(application.id, supervisor, given, '');
    expect(await refused(approve)).to.equal('APPLICATION_STATE');
  });

  it('names are the same whatever the case and the spaces', async () => {
    const name = '  әбілова  Айгерім қанатқызы ';
    const { application } = await sign(await filled(papers('aigerim', { name })));
    expect(application).to.include({ state: 'created' });
  });

  for (const [what, document] of [
    ['without a number', { type: 'ID', number: ' ' }],
    ['that has expired', { type: 'ID', number: '1', validUntil: '2020-01-01' }],
    ['with a date that is none', { type: 'ID', number: '1', validUntil: 'soon' }],
  ] as const) {
    it(`an identity document ${what} is refused`, async () => {
      const begin = (): Promise<unknown> =>
        bench.gateway.counter.begin(clerk, papers('aigerim', { document }));
      expect(await refused(begin)).to.equal('IDENTITY_DOCUMENT');
    });
  }

  it('the EDS of another employee, and of the applicant, are refused', async () => {
    const application = await filled();
    expect(await refused(() => sign(application, supervisorKey))).to.equal('EDS_OTHER_PERSON');
    const own = await bench.member('aigerim');
    expect(await refused(() => sign(application, own))).to.equal('EDS_OTHER_PERSON');
  });

  it('R-3.2 who has a mailbox gets no second one at the counter, and the other way round', async () => {
    await registered(bench, 'nurlan', 'nurlan');
    const begin = (): Promise<unknown> => bench.gateway.counter.begin(clerk, papers('nurlan'));
    expect(await refused(begin)).to.match(/^ALREADY_HAS_MAILBOX/);
    await sign(await filled());
    const by = await bench.signedBy(await bench.member('aigerim'));
    const online = (): Promise<unknown> => bench.gateway.applications.start(by, 'individual');
    expect(await refused(online)).to.match(/^ALREADY_HAS_MAILBOX/);
  });

  it('R-3.2 one person at the counter and online at once gets one mailbox', async () => {
    const { applications } = bench.gateway;
    const member = await bench.member('aigerim');
    const by = await bench.signedBy(member);
    const paper = await filled(papers(), 'on.paper');
    // What began later is the one that counts.
    const { id } = await applications.start(by, 'individual');
    const online = await applications.prepare(id, by, bench.fields('on.line'));
    const given = await bench.sign(member, online.document);
    const outcomes = await Promise.all([
      refused(() => sign(paper)),
      refused(() => applications.submit(id, given)),
    ]);
    expect(outcomes[0]).to.match(/^ALREADY_HAS_MAILBOX/);
    expect(outcomes[1]).to.equal('taken');
    const accounts = await bench.store.accounts.list({ limit: 10 });
    expect(accounts.map(({ canonical, status }) => [canonical, status])).to.deep.equal([
      ['on.line@example.kz', 'active'],
    ]);
    const key = bench.gateway.subjects.keyOf(papers().identity);
    expect(await bench.registry.history(key)).to.have.length(1);
  });

  it('R-6.1 paper and online give records of one shape', async () => {
    const { document } = await filled();
    const by = await bench.signedBy(await bench.member('nurlan'));
    const { applications } = bench.gateway;
    const { id } = await applications.start(by, 'individual');
    const online = await applications.prepare(id, by, bench.fields('nurlan'));
    const names = (text = ''): string[] =>
      Object.keys(JSON.parse(text) as object).filter((name) => name !== 'counter');
    expect(names(document)).to.deep.equal(names(online.document));
  });

  it('R-13.3 the state database is down: nothing is kept, begin again later', async () => {
    bench.state.behaviour = 'down';
    const begun = await bench.gateway.counter.begin(clerk, papers());
    expect(begun.state).to.equal('awaiting_state_check');
    bench.state.behaviour = 'right';
    expect((await sign(await filled())).application).to.include({ state: 'created' });
  });
});
