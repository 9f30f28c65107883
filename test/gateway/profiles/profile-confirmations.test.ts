import { expect } from 'chai';
import type { SubjectKey } from '../../../src/gateway/api.ts';
import { applicationMs } from '../../../src/gateway/limits.ts';
import { AgreementVersions } from '../../../src/gateway/agreement/agreement-versions.ts';
import { DyingRecords } from '../support/dying-records.ts';
import { company, GatewayBench } from '../support/gateway-bench.ts';
import { type Registered, registered } from '../support/registered.ts';
import { refused } from '../support/refused.ts';

describe('gateway: confirmation of the data', function () {
  this.timeout(60_000);
  let bench: GatewayBench;
  let aigerim: Registered;
  beforeEach(async () => {
    bench = await GatewayBench.open();
    aigerim = await registered(bench, 'aigerim', 'aigerim');
  });
  afterEach(() => bench.close());

  const level = async (): Promise<string | undefined> =>
    (await bench.store.accounts.find(aigerim.address))?.owner?.level;
  const confirm = async ({ key, member }: Registered = aigerim): Promise<unknown> => {
    const { id, document } = await bench.gateway.profiles.confirmation(key);
    return bench.gateway.profiles.confirm(key, id, await bench.sign(member, document));
  };

  it('R-12.1 an EDS over the profile makes the level official, in the account and the unified base', async () => {
    expect(await level()).to.equal('basic');
    expect(await confirm()).to.include({ level: 'official', confirmedAt: bench.clock.now() });
    expect(await level()).to.equal('official');
    expect(await bench.registry.find(aigerim.key)).to.include({ level: 'official' });
  });

  it('R-12.1 the confirmation of another person is refused', async () => {
    const nurlan = await registered(bench, 'nurlan', 'nurlan');
    const signed = { ...aigerim, member: nurlan.member };
    expect(await refused(() => confirm(signed))).to.equal('EDS_OTHER_PERSON');
    expect(await level()).to.equal('basic');
  });

  it('R-12.1 an expired certificate is refused', async () => {
    const issued = await bench.signing.authority.issue({
      subject: { commonName: 'ӘБІЛОВА АЙГЕРІМ', surname: 'ӘБІЛОВА', iin: aigerim.by.iin },
      notAfter: bench.clock.now() - 1000,
    });
    expect(await refused(() => confirm({ ...aigerim, member: issued }))).to.match(/^EDS_EXPIRED/);
    expect(await level()).to.equal('basic');
  });

  it('R-12.1 a revoked certificate is refused', async () => {
    const { authority } = bench.signing;
    authority.revoked.set(aigerim.member.certificate.serialHex, {
      serialHex: aigerim.member.certificate.serialHex,
      revokedAt: bench.clock.now() - 1000,
      reason: 'keyCompromise',
    } as never);
    expect(await refused(() => confirm())).to.match(/^EDS_REVOKED/);
  });

  it('data that changed after the signature are not what was signed', async () => {
    const { profiles } = bench.gateway;
    const { id, document } = await profiles.confirmation(aigerim.key);
    const given = await bench.sign(aigerim.member, document);
    await profiles.change(aigerim.key, { phoneMobile: '87029998877' });
    expect(await refused(() => profiles.confirm(aigerim.key, id, given))).to.equal(
      'CONFIRMATION_CHANGED',
    );
    expect(await confirm()).to.include({ level: 'official' });
  });

  it('a confirmation is for one subject, and for a day', async () => {
    const { profiles } = bench.gateway;
    const nurlan = await registered(bench, 'nurlan', 'nurlan');
    const { id, document } = await profiles.confirmation(aigerim.key);
    const given = await bench.sign(aigerim.member, document);
    const as = (key: SubjectKey): Promise<string> =>
      refused(() => profiles.confirm(key, id, given));
    expect(await as(nurlan.key)).to.equal('CONFIRMATION_CHANGED');
    bench.clock.time += applicationMs;
    const later = await bench.sign(aigerim.member, document);
    expect(await refused(() => profiles.confirm(aigerim.key, id, later))).to.equal(
      'CONFIRMATION_CHANGED',
    );
  });

  it('the same confirmation again answers the same and enters nothing twice', async () => {
    const { profiles } = bench.gateway;
    const { id, document } = await profiles.confirmation(aigerim.key);
    const given = await bench.sign(aigerim.member, document);
    const answers = await Promise.all([
      profiles.confirm(aigerim.key, id, given),
      profiles.confirm(aigerim.key, id, given),
    ]).catch(async () => [await profiles.confirm(aigerim.key, id, given)]);
    for (const answer of answers) expect(answer).to.include({ level: 'official' });
    const kinds = (await bench.registry.history(aigerim.key)).map(({ kind }) => kind);
    expect(kinds).to.deep.equal(['created', 'level']);
  });

  it('R-12.1 with a crash before or after each write the level and the unified base agree', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let write = 1, lived = false; !lived; write += 1) {
        let dying: DyingRecords | undefined;
        bench.breakRecords = (records) => (dying = new DyingRecords(records, write, when));
        bench.rebuild();
        await confirm().catch(() => undefined);
        lived = dying?.died === false;
        bench.breakRecords = undefined;
        const gateway = bench.rebuild();
        await gateway.sweep(true);
        const entered = (await bench.registry.find(aigerim.key))?.level;
        expect(await level(), `${when} write ${write}`).to.equal(entered);
        expect((await gateway.profiles.get(aigerim.key))?.level).to.equal(entered);
        expect(write).to.be.lessThan(40);
        await gateway.lives.compromised(aigerim.key, 'individual', `test:${when}${write}`);
        expect(await level()).to.equal('basic');
      }
    }
  });

  it('R-5.1 a newer agreement is asked for at the next visit, is accepted with the signature, and cuts nobody off', async () => {
    await confirm();
    const [first] = bench.agreements.all;
    if (first === undefined) throw new Error('there is an agreement');
    const newer = {
      ...first,
      version: '2027-01-01',
      sha256: 'ab'.repeat(32),
      inForceFrom: bench.clock.now() + 1000,
    };
    bench.agreements = new AgreementVersions([first, newer]);
    const { profiles } = bench.rebuild();
    expect((await profiles.get(aigerim.key))?.agreementDue).to.equal(undefined);
    bench.clock.time += 2000;
    expect((await profiles.get(aigerim.key))?.agreementDue).to.equal('2027-01-01');
    expect((await bench.store.accounts.find(aigerim.address))?.status).to.equal('active');
    expect(await level()).to.equal('official');
    await confirm();
    const after = await profiles.get(aigerim.key);
    expect(after?.agreementDue).to.equal(undefined);
    expect(after?.acceptance).to.include({ version: '2027-01-01', sha256: newer.sha256 });
    const kinds = (await bench.registry.history(aigerim.key)).map(({ kind }) => kind);
    expect(kinds).to.deep.equal(['created', 'level', 'agreement']);
  });

  it('a legal entity confirms by who may sign for it, not by an employee', async () => {
    const entity = await registered(bench, 'aigerim', 'synaq', { asHead: true });
    const employee = await bench.member('nurlan', { bin: company.bin, roles: ['EMPLOYEE'] });
    expect(await refused(() => confirm({ ...entity, member: employee }))).to.equal('EDS_ROLE');
    const signer = await bench.member('nurlan', { bin: company.bin, roles: ['CAN_SIGN'] });
    expect(await confirm({ ...entity, member: signer })).to.include({ level: 'official' });
  });

  for (const [change, code] of [
    [{ phoneMobile: '123' }, 'PHONE_WRONG'],
    [{ residenceAddress: 'x'.repeat(301) }, 'FIELD_WRONG field=residenceAddress'],
    [{ actualAddress: 'a\u0000b' }, 'FIELD_WRONG field=actualAddress'],
  ] as const) {
    it(`refuses a field: ${code}`, async () => {
      expect(await refused(() => bench.gateway.profiles.change(aigerim.key, change))).to.equal(
        code,
      );
    });
  }

  it('says that there is no mailbox', async () => {
    const key = 'f'.repeat(64) as SubjectKey;
    expect(await bench.gateway.profiles.get(key)).to.equal(undefined);
    expect(await refused(() => bench.gateway.profiles.confirmation(key))).to.equal('NO_MAILBOX');
  });
});
