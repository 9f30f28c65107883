import { expect } from 'chai';
import type { Member } from '../../../src/eds/authority/test-authority.ts';
import type { Application, SignedBy } from '../../../src/gateway/api.ts';
import { applicationMs, stateRetryMs, waitingApplicationMs } from '../../../src/gateway/limits.ts';
import { company, GatewayBench, password, people } from '../support/gateway-bench.ts';
import { refused } from '../support/refused.ts';

describe('gateway: applications online', function () {
  this.timeout(60_000);
  let bench: GatewayBench;
  let aigerim: Member;
  let by: SignedBy;
  beforeEach(async () => {
    bench = await GatewayBench.open();
    aigerim = await bench.member('aigerim');
    by = await bench.signedBy(aigerim);
  });
  afterEach(() => bench.close());

  const start = (): Promise<Application> => bench.gateway.applications.start(by, 'individual');
  const prepare = ({ id }: Application, login = 'aigerim'): Promise<Application> =>
    bench.gateway.applications.prepare(id, by, bench.fields(login));
  const submit = async ({ id, document }: Application, member = aigerim): Promise<Application> =>
    bench.gateway.applications.submit(id, await bench.sign(member, document));
  const register = async (login = 'aigerim'): Promise<Application> =>
    submit(await prepare(await start(), login));

  it('R-6.2 R-7.1 R-3.2 from an EDS to a mailbox that takes mail, in one go', async () => {
    const started = await start();
    expect(started.state).to.equal('identified');
    expect(started.applicant).to.deep.include({ type: 'individual', iin: people.aigerim.iin });
    const prepared = await prepare(started);
    expect(prepared.state).to.equal('prepared');
    const made = await submit(prepared);
    expect(made).to.include({ state: 'created', address: 'aigerim@example.kz' });
    const account = await bench.store.accounts.find('aigerim@example.kz');
    expect(account).to.include({ status: 'active' });
    expect(account?.owner?.level).to.equal('basic');
    const entry = await bench.registry.findAddress('aigerim@example.kz');
    expect(entry).to.include({ level: 'basic', status: 'active', subjectType: 'individual' });
    const complete = await bench.gateway.applications.setPassword(made.id, by, password);
    expect(complete.state).to.equal('complete');
    const { credentials } = (await bench.store.accounts.find('aigerim@example.kz')) ?? {};
    expect(credentials?.hash).to.match(/^scrypt\$/);
  });

  it('R-6.1 what is signed has every field of the Annex', async () => {
    const { document } = await prepare(await start());
    const signed = JSON.parse(document ?? '') as Record<string, unknown>;
    const agreement = bench.agreements.inForce(bench.clock.now());
    expect(signed).to.deep.include({
      v: 'zhashik-application/1',
      requestedLogin: 'aigerim',
      address: 'aigerim@example.kz',
      phones: { mobile: '+77011234567' },
      addresses: { residence: 'Астана қ., Қабанбай батыр д., 1' },
      language: 'kk',
      agreement: {
        version: agreement.version,
        sha256: agreement.sha256,
        url: `https://example.kz/agreement/${agreement.version}`,
        basis: 'Civil Code of the Republic of Kazakhstan, article 389',
      },
      applicant: {
        type: 'individual',
        fullName: 'ӘБІЛОВА АЙГЕРІМ ҚАНАТҚЫЗЫ',
        iin: people.aigerim.iin,
      },
    });
  });

  it('R-7.1 the entry of the unified base comes with the acceptance', async () => {
    const { id } = await register();
    const key = bench.gateway.subjects.keyOf({ type: 'individual', iin: by.iin });
    const subject = await bench.gateway.subjects.find(key);
    expect(subject?.pending).to.deep.equal([]);
    const history = await bench.registry.history(key);
    expect(history.map(({ kind, cause }) => [kind, cause])).to.deep.equal([
      ['created', `application:${id}`],
    ]);
    expect(history[0]?.at).to.equal(subject?.acceptance?.at);
  });

  it('R-5.1 no mailbox without the agreement in force: another version is refused', async () => {
    const { id } = await start();
    const fields = bench.fields('aigerim', { agreement: '2020-01-01' });
    const { version } = bench.agreements.inForce(bench.clock.now());
    expect(await refused(() => bench.gateway.applications.prepare(id, by, fields))).to.equal(
      `AGREEMENT_REQUIRED version=${version}`,
    );
  });

  it('R-5.1 the acceptance names version, digest, channel and time', async () => {
    await register();
    const key = bench.gateway.subjects.keyOf({ type: 'individual', iin: by.iin });
    const { version, sha256 } = bench.agreements.inForce(bench.clock.now());
    expect((await bench.gateway.subjects.find(key))?.acceptance).to.deep.equal({
      version,
      sha256,
      at: bench.clock.now(),
      channel: 'eds',
    });
  });

  it('R-6.2 the signature of another person is refused', async () => {
    const prepared = await prepare(await start());
    const nurlan = await bench.member('nurlan');
    expect(await refused(() => submit(prepared, nurlan))).to.equal('EDS_OTHER_PERSON');
    expect(await bench.store.accounts.find('aigerim@example.kz')).to.equal(undefined);
  });

  it('R-6.2 a tampered application is refused', async () => {
    const { id, document } = await prepare(await start());
    const other = document?.replace('aigerim@', 'president@');
    const given = await bench.sign(aigerim, other);
    expect(await refused(() => bench.gateway.applications.submit(id, given))).to.equal(
      'EDS_CHANGED',
    );
  });

  it('R-6.2 a signature over what was filled in before is refused', async () => {
    const first = await prepare(await start());
    const given = await bench.sign(aigerim, first.document);
    await prepare(first, 'aigerim.abilova');
    expect(await refused(() => bench.gateway.applications.submit(first.id, given))).to.equal(
      'EDS_CHANGED',
    );
  });

  it('an application is shown to its applicant alone', async () => {
    const { id } = await start();
    const nurlan = await bench.signedBy(await bench.member('nurlan'));
    expect(await bench.gateway.applications.get(id, nurlan)).to.equal(undefined);
    expect((await bench.gateway.applications.get(id, by))?.id).to.equal(id);
    const asked = (): Promise<Application> =>
      bench.gateway.applications.prepare(id, nurlan, bench.fields('nurlan'));
    expect(await refused(asked)).to.equal('APPLICATION_NOT_FOUND');
  });

  it('two tabs, and a browser that was closed, go on with one application', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    expect(one.id).to.equal(two.id);
    const prepared = await prepare(one);
    expect((await start()).id).to.equal(prepared.id);
    const made = await submit(prepared);
    expect(await start()).to.include({ id: made.id, state: 'created' });
  });

  it('R-3.2 R-13.2 a second application gets the masked address of the mailbox there is', async () => {
    const made = await register();
    await bench.gateway.applications.setPassword(made.id, by, password);
    expect(await refused(start)).to.match(/^ALREADY_HAS_MAILBOX masked=\S*\*\S*@example\.kz$/);
  });

  it('the same signature again, after a lost answer, makes nothing twice', async () => {
    const prepared = await prepare(await start());
    const given = await bench.sign(aigerim, prepared.document);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => bench.gateway.applications.submit(prepared.id, given)),
    );
    for (const answer of answers) expect(answer).to.include({ state: 'created' });
    const key = bench.gateway.subjects.keyOf({ type: 'individual', iin: by.iin });
    expect(await bench.registry.history(key)).to.have.length(1);
  });

  it('R-4.1 R-11.2 of 200 parallel applications for one login one gets it', async () => {
    const { applications } = bench.gateway;
    const prepared = await prepare(await start(), 'qazaqstan');
    const nurlan = await bench.member('nurlan');
    const other = await bench.signedBy(nurlan);
    const theirs = await applications.start(other, 'individual');
    const filled = await applications.prepare(theirs.id, other, bench.fields('qazaqstan'));
    const signed = [
      [prepared.id, await bench.sign(aigerim, prepared.document)],
      [filled.id, await bench.sign(nurlan, filled.document)],
    ] as const;
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, i) => {
        const [id, given] = signed[i % 2] as (typeof signed)[0];
        return refused(() => applications.submit(id, given));
      }),
    );
    const won = outcomes.filter((outcome) => outcome === 'taken').length;
    const others = outcomes.filter(
      (outcome) => !/^(taken|LOGIN_TAKEN .*|APPLICATION_STATE)$/.test(outcome),
    );
    expect(others).to.deep.equal([]);
    // Half of them are one person's, who had it in the end, whoever it was.
    expect(won).to.equal(100);
    const accounts = await bench.store.accounts.list({ limit: 10 });
    expect(accounts.map(({ canonical }) => canonical)).to.deep.equal(['qazaqstan@example.kz']);
    const loser = [
      await applications.get(prepared.id, by),
      await applications.get(theirs.id, other),
    ];
    expect(loser.map((one) => one?.state).toSorted()).to.deep.equal(['created', 'identified']);
  });

  it('R-11.2 who comes second is told free variants, and goes on', async () => {
    await register('qazaqstan');
    const nurlan = await bench.member('nurlan');
    const other = await bench.signedBy(nurlan);
    const { applications } = bench.gateway;
    const { id } = await applications.start(other, 'individual');
    const outcome = await refused(() => applications.prepare(id, other, bench.fields('qazaqstan')));
    const variants = /^LOGIN_TAKEN list=(.+)$/.exec(outcome)?.[1]?.split(/,\s*/) ?? [];
    expect(variants).to.have.length(3);
    const prepared = await applications.prepare(id, other, bench.fields(variants[0] ?? ''));
    expect(await submit(prepared, nurlan)).to.include({ state: 'created' });
  });

  for (const [what, change, code] of [
    ['not found', { type: 'none' }, 'STATE_NOT_FOUND'],
    ['dead', { type: 'dead' }, 'STATE_DECEASED'],
  ] as const) {
    it(`R-13.3 a person whom the state database has ${what} is refused, with a case number`, async () => {
      if (change.type === 'dead') bench.state.setLifeStatus(people.aigerim.iin, 'DEAD');
      else {
        const stranger = await bench.signing.authority.issue({
          subject: { commonName: 'БЕЛГІСІЗ АДАМ', surname: 'БЕЛГІСІЗ', iin: '040115699117' },
        });
        by = await bench.signedBy(stranger);
      }
      const application = await start();
      expect(application).to.deep.include({
        state: 'refused',
        refusal: { code, params: { case: application.id } },
      });
      expect(await refused(() => prepare(application))).to.equal('APPLICATION_STATE');
    });
  }

  it('R-13.3 an outage makes applications wait, and they go on by themselves', async () => {
    bench.state.behaviour = 'down';
    const waiting = await start();
    expect(waiting.state).to.equal('awaiting_state_check');
    expect(waiting.retryAt).to.equal(bench.clock.now() + stateRetryMs[0]);
    await bench.gateway.sweep();
    expect((await start()).state).to.equal('awaiting_state_check');
    bench.clock.time += stateRetryMs[0];
    await bench.gateway.sweep();
    const again = await bench.gateway.applications.get(waiting.id, by);
    expect(again?.retryAt).to.equal(bench.clock.now() + stateRetryMs[1]);
    bench.state.behaviour = 'right';
    bench.clock.time += stateRetryMs[1];
    await bench.rebuild().sweep();
    expect((await bench.gateway.applications.get(waiting.id, by))?.state).to.equal('identified');
    expect(await submit(await prepare(waiting))).to.include({ state: 'created' });
  });

  it(`an application that waits for its applicant is kept ${applicationMs / 3_600_000} hours`, async () => {
    const first = await start();
    bench.clock.time += applicationMs - 1;
    expect((await start()).id).to.equal(first.id);
    bench.clock.time += 1;
    by = await bench.signedBy(aigerim);
    expect(await refused(() => prepare(first))).to.equal('APPLICATION_EXPIRED');
    expect((await start()).id).not.to.equal(first.id);
  });

  it(`one that waits for the state is kept ${waitingApplicationMs / 86_400_000} days`, async () => {
    bench.state.behaviour = 'down';
    const first = await start();
    bench.clock.time += waitingApplicationMs;
    bench.state.behaviour = 'right';
    await bench.gateway.sweep();
    expect((await bench.gateway.applications.get(first.id, by))?.state).to.equal(
      'awaiting_state_check',
    );
  });

  describe('of a legal entity', () => {
    const roles = { head: ['CEO'], signer: ['CAN_SIGN'], employee: ['EMPLOYEE'] } as const;
    const begin = async (
      name: 'aigerim' | 'nurlan',
      role: keyof typeof roles,
    ): Promise<readonly [Member, SignedBy]> => {
      const member = await bench.member(name, { bin: company.bin, roles: roles[role] });
      return [member, await bench.signedBy(member)];
    };

    it('R-6.1 R-13.2 the head registers it by the BIN', async () => {
      const [member, head] = await begin('aigerim', 'head');
      const { applications } = bench.gateway;
      const { id } = await applications.start(head, 'legalEntity');
      const prepared = await applications.prepare(id, head, bench.fields('synaq'));
      const signed = JSON.parse(prepared.document ?? '') as Record<string, unknown>;
      expect(signed['applicant']).to.deep.include({
        type: 'legalEntity',
        bin: company.bin,
        fullName: { kk: company.nameKk, ru: company.nameRu },
      });
      expect(await submit(prepared, member)).to.include({ state: 'created' });
      expect(await bench.registry.findAddress('synaq@example.kz')).to.include({
        subjectType: 'legalEntity',
      });
    });

    it('R-3.2 its head has a mailbox of his own beside it', async () => {
      const [member, head] = await begin('aigerim', 'head');
      const { applications } = bench.gateway;
      const { id } = await applications.start(head, 'legalEntity');
      await submit(await applications.prepare(id, head, bench.fields('synaq')), member);
      expect(await register()).to.include({ state: 'created', address: 'aigerim@example.kz' });
    });

    it('whoever has the right to sign may register it', async () => {
      const [, signer] = await begin('nurlan', 'signer');
      const application = await bench.gateway.applications.start(signer, 'legalEntity');
      expect(application.state).to.equal('identified');
    });

    it('the state names another head', async () => {
      const [, head] = await begin('nurlan', 'head');
      const application = await bench.gateway.applications.start(head, 'legalEntity');
      expect(application.refusal?.code).to.equal('ENTITY_HEAD');
    });

    it('an employee may not', async () => {
      const [, employee] = await begin('nurlan', 'employee');
      const begun = (): Promise<Application> =>
        bench.gateway.applications.start(employee, 'legalEntity');
      expect(await refused(begun)).to.equal('EDS_ROLE');
    });

    it('an EDS of an entity opens no mailbox of a person, nor the other way round', async () => {
      const [, head] = await begin('aigerim', 'head');
      const { applications } = bench.gateway;
      expect(await refused(() => applications.start(head, 'individual'))).to.equal(
        'PERSONAL_EDS_NEEDED',
      );
      expect(await refused(() => applications.start(by, 'legalEntity'))).to.equal('EDS_ROLE');
    });

    for (const status of ['IN_LIQUIDATION', 'LIQUIDATED'] as const) {
      it(`R-13.3 ${status}: refused`, async () => {
        bench.state.setStatus(company.bin, status);
        const [, head] = await begin('aigerim', 'head');
        const application = await bench.gateway.applications.start(head, 'legalEntity');
        expect(application.refusal?.code).to.equal('STATE_LIQUIDATED');
      });
    }
  });

  it('R-11.1 a password that is known to everybody is refused, and the application stays', async () => {
    const made = await register();
    const choose = (words: string): Promise<Application> =>
      bench.gateway.applications.setPassword(made.id, by, words);
    expect(await refused(() => choose('password1234'))).to.match(/^PASSWORD_/);
    expect((await bench.gateway.applications.get(made.id, by))?.state).to.equal('created');
    expect((await choose(password)).state).to.equal('complete');
    expect(await refused(() => choose(`${password}!`))).to.equal('APPLICATION_STATE');
  });

  it('a welcome letter is in the mailbox, once, in the language of the applicant', async () => {
    await register();
    await bench.gateway.sweep(true);
    const account = await bench.store.accounts.find('aigerim@example.kz');
    const mailboxes = account === undefined ? [] : await bench.store.mailboxes(account.id);
    expect(mailboxes.find(({ name }) => name === 'INBOX')).to.include({ messages: 1 });
  });

  it('R-10.1 neither records nor log hold an identity number, a name or a telephone number', async () => {
    await register();
    const { records } = bench.store;
    const kinds = ['application', 'subject', 'registry', 'application-due', 'subject-due'];
    const lists = await Promise.all(kinds.map((kind) => records.list(kind, { limit: 100 })));
    const stored = lists.flat().map(({ key, value }) => `${key} ${value}`);
    const audit = await bench.store.audit.list({ limit: 100 });
    const all = JSON.stringify([stored, audit, bench.lines]);
    expect(stored.length).to.be.greaterThan(2);
    for (const secret of [people.aigerim.iin, 'ӘБІЛОВА', 'ҚАНАТҚЫЗЫ', '77011234567']) {
      expect(all).not.to.include(secret);
    }
  });
});
