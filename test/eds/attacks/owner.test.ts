import { expect } from 'chai';
import type { IssueRequest, TestAuthority } from '../../../src/eds/authority/test-authority.ts';
import { nameDer } from '../../../src/eds/authority/name-der.ts';
import { oids } from '../../../src/eds/oids.ts';
import type { OwnerPolicy } from '../../../src/eds/verify/policy.ts';
import { roleOid } from '../../../src/eds/x509/roles.ts';
import { type Attack, attackSuite, verify } from '../support/attack-suite.ts';
import { authority, bin, head, iin, otherIin, person } from '../support/authorities.ts';
import { now } from '../support/clock.ts';
import { forge } from '../support/forge.ts';
import { documentPolicy, trusting } from '../support/policies.ts';

describe('eds: who signed', function () {
  this.timeout(60_000);
  let ca: TestAuthority;
  before(async () => {
    ca = await authority('gost2015-256');
  });
  const policy = () => documentPolicy(trusting(...ca.roots), now);
  const by = async (
    request: Partial<IssueRequest>,
    owner?: Partial<OwnerPolicy>,
  ): Promise<Attack> => ({
    signature: await forge(await ca.issue({ subject: { commonName: 'СЫНАҚ', iin }, ...request })),
    policy: { owner: { kind: 'person', roles: [], ...owner } },
  });
  const subject = (...attributes: readonly (readonly [string, string])[]): Uint8Array =>
    nameDer([[oids.commonName, 'СЫНАҚ'], [oids.country, 'KZ'], ...attributes]);
  const company = { kind: 'company', roles: ['CEO', 'CAN_SIGN'] } as const;
  const organization = { commonName: 'СЫНАҚ', iin, organization: 'ЖШС', bin };

  attackSuite(
    {
      'a person': [[], () => by({})],
      'the person that was expected': [[], () => by({}, { iin })],
      'a number in another place of the name': [
        [],
        () => by({ subject: subject([oids.organization, 'X'], [oids.serialNumber, `IIN${iin}`]) }),
      ],
      'a head of a company': [
        [],
        () => by({ subject: organization, roles: ['LEGAL_ENTITY', 'CEO'] }, { ...company, bin }),
      ],
      nobody: [['iin-missing'], () => by({ subject: { commonName: 'АЖ' } })],
      'an information system': [
        ['iin-missing', 'extended-key-usage'],
        () =>
          by({
            subject: { commonName: 'АЖ', organization: 'ЖШС', bin },
            extendedKeyUsage: [oids.clientAuth, roleOid('INFOSYSTEM')],
          }),
      ],
      'an information system where anyone may sign': [
        [],
        () =>
          by(
            {
              subject: { commonName: 'АЖ', organization: 'ЖШС', bin },
              extendedKeyUsage: [oids.clientAuth, roleOid('INFOSYSTEM')],
            },
            { kind: 'anyone' },
          ),
      ],
      'two numbers': [
        ['iin-ambiguous'],
        () =>
          by({
            subject: subject(
              [oids.serialNumber, `IIN${iin}`],
              [oids.serialNumber, `IIN${otherIin}`],
            ),
          }),
      ],
      'the expected number and another': [
        ['iin-ambiguous', 'iin-mismatch'],
        () =>
          by(
            {
              subject: subject(
                [oids.serialNumber, `IIN${iin}`],
                [oids.serialNumber, `IIN${otherIin}`],
              ),
            },
            { iin },
          ),
      ],
      'a number of 11 digits': [
        ['iin-ambiguous'],
        () => by({ subject: subject([oids.serialNumber, `IIN${iin.slice(1)}`]) }),
      ],
      'a number with something behind it': [
        ['iin-ambiguous'],
        () => by({ subject: subject([oids.serialNumber, `IIN${iin}0`]) }),
      ],
      'a number and one that is none': [
        ['iin-ambiguous'],
        () =>
          by({ subject: subject([oids.serialNumber, `IIN${iin}`], [oids.serialNumber, 'IIN']) }),
      ],
      'a number in the common name': [
        ['iin-missing'],
        () => by({ subject: subject([oids.commonName, `IIN${iin}`]) }),
      ],
      'a number in the unit': [
        ['iin-missing'],
        () => by({ subject: subject([oids.organizationalUnit, `IIN${iin}`]) }),
      ],
      'somebody else': [['iin-mismatch'], () => by({}, { iin: otherIin })],
      'nobody in place of the expected': [
        ['iin-missing', 'iin-mismatch'],
        () => by({ subject: { commonName: 'АЖ' } }, { iin }),
      ],
      'a company without a number': [
        ['bin-missing'],
        () => by({ roles: ['LEGAL_ENTITY', 'CEO'] }, company),
      ],
      'a company with two numbers': [
        ['bin-ambiguous'],
        () =>
          by(
            {
              subject: subject(
                [oids.serialNumber, `IIN${iin}`],
                [oids.organizationalUnit, `BIN${bin}`],
                [oids.organizationalUnit, 'BIN991240990115'],
              ),
              roles: ['CEO'],
            },
            company,
          ),
      ],
      'a unit that is no number': [
        [],
        () =>
          by(
            {
              subject: subject(
                [oids.serialNumber, `IIN${iin}`],
                [oids.organizationalUnit, 'БУХГАЛТЕРИЯ'],
                [oids.organizationalUnit, `BIN${bin}`],
              ),
              roles: ['CEO'],
            },
            company,
          ),
      ],
      'the head of another company': [
        ['bin-mismatch'],
        () =>
          by(
            { subject: organization, roles: ['LEGAL_ENTITY', 'CEO'] },
            { ...company, bin: '991240990115' },
          ),
      ],
      'an employee for the company': [
        ['role-missing'],
        () => by({ subject: organization, roles: ['LEGAL_ENTITY', 'EMPLOYEE'] }, company),
      ],
      'a person for a company': [['bin-missing', 'role-missing'], () => by({}, company)],
      'a key for logging in': [
        ['key-usage'],
        () => by({ keyUsage: ['digitalSignature', 'keyEncipherment'] }),
      ],
      'a key that is not for signatures': [
        ['extended-key-usage'],
        () => by({ extendedKeyUsage: [oids.clientAuth, roleOid('INDIVIDUAL')] }),
      ],
      'a certificate that does not say what the key may': [
        ['key-usage', 'extended-key-usage'],
        () => by({ extensions: [] }),
      ],
    },
    policy,
  );

  it('is told from the certificate of the signature', async () => {
    const [one, other] = await Promise.all([head(ca), person(ca)]);
    const signature = await forge(one, {
      certificates: [other.certificate, one.certificate, ...one.chain],
    });
    const verdict = await verify({ signature }, policy());
    expect(verdict.signers[0]).to.deep.include({ iin, bin, roles: ['LEGAL_ENTITY', 'CEO'] });
    expect(verdict.signers[0]?.chain.map((each) => each.fingerprint)).to.deep.equal(
      [one, ca.issuing, ca.root].map((each) => each.certificate.fingerprint),
    );
  });
});
