import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { Member } from '../../../src/eds/authority/test-authority.ts';
import { EdsVerifier } from '../../../src/eds/verify/eds-verifier.ts';
import type { SubjectKey } from '../../../src/gateway/api.ts';
import { ConfirmationDrawer } from '../../../src/gateway/confirmation/confirmation-drawer.ts';
import { readConfirmationPdf } from '../../../src/gateway/confirmation/read-confirmation-pdf.ts';
import { verifyConfirmation } from '../../../src/gateway/confirmation/verify-confirmation.ts';
import { RegistrationConfirmations } from '../../../src/gateway/registrations/registration-confirmations.ts';
import { documentPolicy, trusting } from '../../eds/support/policies.ts';
import { refused } from '../support/refused.ts';
import { company, GatewayBench, password, people } from '../support/gateway-bench.ts';

const operatorBin = '160841000015';
const operator = {
  bin: operatorBin,
  name: { kk: 'Ұлттық пошта операторы', ru: 'Национальный оператор почты', en: 'the Operator' },
};

describe('RegistrationConfirmations', function () {
  this.timeout(30_000);
  let bench: GatewayBench;
  let signer: Member;
  const drawer = new ConfirmationDrawer();

  before(async () => {
    bench = await GatewayBench.open();
    const { authority } = bench.signing;
    signer = await authority.issue({
      subject: {
        commonName: 'ОПЕРАТОР',
        surname: 'ОПЕРАТОР',
        iin: people.clerk.iin,
        organization: 'ОПЕРАТОР',
        bin: operatorBin,
      },
      roles: ['LEGAL_ENTITY', 'CEO'],
    });
  });
  after(async () => {
    await drawer.close();
    await bench.close();
  });

  /** As each process has it: nothing in memory. */
  function confirmations(withKey = true): RegistrationConfirmations {
    return new RegistrationConfirmations({
      draw: (json, cms) => drawer.draw(json, cms),
      applications: bench.gateway.applicationTable,
      clock: bench.clock,
      operator: withKey ? { bin: operatorBin, names: operator.name, signer } : undefined,
    });
  }

  it('R-6.2 of a citizen who registered online: valid, and what was signed', async () => {
    const { applications, applicationTable } = bench.gateway;
    const member = await bench.member('nurlan');
    const by = await bench.signedBy(member);
    const { id } = await applications.start(by, 'individual');
    const subject = (await applicationTable.get(id))?.subject as SubjectKey;
    const prepared = await applications.prepare(id, by, bench.fields('nurlan'));
    expect(await confirmations().get(id, subject)).to.equal(undefined);
    await applications.submit(id, await bench.sign(member, prepared.document));
    expect(await refused(() => confirmations(false).get(id, subject))).to.equal('NO_OPERATOR_KEY');
    const first = await confirmations().get(id, subject);
    expect(first).to.not.equal(undefined);
    const { authority } = bench.signing;
    const policy = documentPolicy(
      trusting(authority.root.certificate, authority.issuing.certificate),
      bench.clock.now(),
    );
    const verdict = await verifyConfirmation(readConfirmationPdf(first!.pdf), {
      verifier: new EdsVerifier(),
      policy,
      operatorBin,
    });
    expect([verdict.verdict, verdict.pages]).to.deep.equal(['valid', 'as-issued']);
    const { facts } = verdict;
    expect(facts).to.deep.include({
      id,
      operator,
      subject: {
        type: 'individual',
        iin: people.nurlan.iin,
        name: 'СЕРІКОВ НҰРЛАН ӨМІРҰЛЫ',
      },
      channel: { type: 'online' },
    });
    expect(facts.mailbox).to.include({ address: 'nurlan@example.kz', level: 'basic' });
    const { version, sha256 } = bench.agreements.inForce(bench.clock.now());
    expect(facts.agreement).to.include({ version, sha256 });
    const signed = createHash('sha256')
      .update(prepared.document ?? '')
      .digest('hex');
    expect(facts.application.sha256).to.equal(signed);

    // The password changes nothing of it, nor does the time; a signature of ECDSA would be another one if it were made again.
    await applications.setPassword(id, by, password);
    bench.clock.time += 1000;
    const again = await confirmations().get(id, subject);
    expect(again).to.deep.equal(first);
  });

  it('R-6.2 of a company: who signed for it is named', async () => {
    const { applications, applicationTable } = bench.gateway;
    const member = await bench.member('aigerim', { bin: company.bin, roles: ['CEO'] });
    const by = await bench.signedBy(member);
    const { id } = await applications.start(by, 'legalEntity');
    const prepared = await applications.prepare(id, by, bench.fields('office-co'));
    await applications.submit(id, await bench.sign(member, prepared.document));
    const subject = (await applicationTable.get(id))?.subject as SubjectKey;
    const all = await Promise.all(
      Array.from({ length: 3 }, () => confirmations().get(id, subject)),
    );
    // Asked for at once, it is made once.
    expect(all[1]).to.deep.equal(all[0]);
    expect(all[2]).to.deep.equal(all[0]);
    const { facts } = JSON.parse(all[0]!.json.toString()) as { facts: Record<string, unknown> };
    expect(facts['subject']).to.include({ type: 'legalEntity', bin: company.bin });
    expect(JSON.stringify(facts['subject'])).to.contain('ӘБІЛОВА').and.contain(company.nameKk);
    // What was signed is given out without a key too; the next one is not.
    expect(await confirmations(false).get(id, subject)).to.deep.equal(all[0]);
    // Nobody else's, and none that is not there.
    expect(await confirmations().get(id, 'other' as SubjectKey)).to.equal(undefined);
    expect(await confirmations().get('ap_none', subject)).to.equal(undefined);
  });

  it('R-3.3 keeps nothing of it in clear', async () => {
    const records = await bench.store.records.list('application', { limit: 100 });
    expect(records).to.have.length(2);
    const kept = JSON.stringify(records);
    for (const word of [people.nurlan.iin, 'СЕРІКОВ', company.bin, 'nurlan@']) {
      expect(kept).to.not.contain(word);
      expect(kept).to.not.contain(Buffer.from(word).toString('base64').slice(0, -4));
    }
  });
});
