import { der } from '../../../src/eds/asn1/der.ts';
import {
  extension,
  extensions,
  issueCertificate,
} from '../../../src/eds/authority/issue-certificate.ts';
import { makeKey } from '../../../src/eds/authority/make-key.ts';
import {
  type IssueRequest,
  type Member,
  TestAuthority,
} from '../../../src/eds/authority/test-authority.ts';
import { signatureIdentifier } from '../../../src/eds/sign/algorithm-der.ts';
import { TrustStore } from '../../../src/eds/trust/trust-store.ts';
import { Certificate } from '../../../src/eds/x509/certificate.ts';
import { attackSuite } from '../support/attack-suite.ts';
import { authority, iin, otherIin, person, seededBytes } from '../support/authorities.ts';
import { day, hour, minute, now, year } from '../support/clock.ts';
import { forge, replace } from '../support/forge.ts';
import { documentPolicy, trusting } from '../support/policies.ts';

describe('eds: attacks on chains and times', function () {
  this.timeout(60_000);
  let ca: TestAuthority;
  let signer: Member;
  let counter = 0;
  before(async () => {
    ca = await authority('gost2015-256');
    signer = await person(ca);
  });
  const policy = () => documentPolicy(trusting(...ca.roots), now);

  /** Somebody certified by anyone. */
  const under = async (issuer: Member, request: Partial<IssueRequest> = {}): Promise<Member> => {
    const made = await makeKey('gost2015-256', seededBytes(`under ${counter++}`));
    const model = await ca.issue({
      subject: { commonName: 'СЫНАҚ', iin },
      ...request,
      key: made,
    });
    const { certificate: like } = model;
    const certificate = await issueCertificate(
      {
        serial: like.serial,
        subject: like.subject.raw,
        issuer: issuer.certificate.subject.raw,
        notBefore: like.notBefore,
        notAfter: like.notAfter,
        publicKeyInfo: made.key.publicKeyInfo,
        extensions: like.extensions.all.map((one) => extension(one.oid, one.value, one.critical)),
      },
      issuer.key,
    );
    return { ...model, certificate, chain: [issuer.certificate, ...issuer.chain] };
  };
  const asCa = (...more: readonly Buffer[]): Partial<IssueRequest> => ({
    subject: { commonName: 'ЖАЛҒАН ОРТАЛЫҚ' },
    extensions: [
      extensions.basicConstraints(true),
      extensions.keyUsage('keyCertSign', 'cRLSign'),
      ...more,
    ],
  });
  const signed = async (by: Member) => ({ signature: await forge(by) });

  describe('chains', () => {
    attackSuite(
      {
        'an authority of the same names and another key': [
          ['chain-untrusted'],
          async () => {
            const fake = await TestAuthority.create({
              family: 'gost2015-256',
              now,
              randomBytes: seededBytes('fake'),
            });
            return signed(await person(fake));
          },
        ],
        'an issuer of the same name, signed by itself': [
          ['chain-untrusted'],
          async () => {
            const made = await makeKey('gost2015-256', seededBytes('fake issuer'));
            const { certificate: real } = ca.issuing;
            const certificate = await issueCertificate(
              {
                serial: real.serial,
                subject: real.subject.raw,
                issuer: real.issuer.raw,
                notBefore: real.notBefore,
                notAfter: real.notAfter,
                publicKeyInfo: made.key.publicKeyInfo,
                extensions: real.extensions.all.map((one) =>
                  extension(one.oid, one.value, one.critical),
                ),
              },
              made.key,
            );
            return signed(await under({ ...made, certificate, chain: ca.issuing.chain }));
          },
        ],
        'a certificate signed by itself': [
          ['chain-untrusted'],
          async () => {
            const made = await makeKey('gost2015-256', seededBytes('self'));
            const { certificate: like } = signer;
            const certificate = await issueCertificate(
              {
                serial: like.serial,
                subject: like.subject.raw,
                issuer: like.subject.raw,
                notBefore: like.notBefore,
                notAfter: like.notAfter,
                publicKeyInfo: made.key.publicKeyInfo,
                extensions: like.extensions.all.map((one) =>
                  extension(one.oid, one.value, one.critical),
                ),
              },
              made.key,
            );
            return signed({ ...signer, key: made.key, certificate, chain: [] });
          },
        ],
        'no issuer at all': [
          ['chain-untrusted'],
          async () => ({ signature: await forge(signer, { certificates: [signer.certificate] }) }),
        ],
        'a root that only came along': [
          ['chain-untrusted'],
          async () => ({
            signature: await forge(signer),
            policy: { trust: new TrustStore('test', [], []) },
          }),
        ],
        'the issuing authority as a hint of the store only': [
          ['chain-untrusted'],
          async () => ({
            signature: await forge(signer),
            policy: { trust: new TrustStore('test', [], [ca.issuing.certificate]) },
          }),
        ],
        'a user as an authority': [['issuer-not-ca'], async () => signed(await under(signer))],
        'a user as an authority above an authority': [
          ['issuer-not-ca'],
          async () => signed(await under(await under(signer, asCa()))),
        ],
        'an authority that may not certify': [
          ['issuer-key-usage'],
          async () =>
            signed(
              await under(
                await under(ca.root, {
                  subject: { commonName: 'ОРТАЛЫҚ' },
                  extensions: [extensions.basicConstraints(true), extensions.keyUsage('cRLSign')],
                }),
              ),
            ),
        ],
        'an authority that does not say what it may': [
          ['issuer-key-usage'],
          async () =>
            signed(
              await under(
                await under(ca.root, {
                  subject: { commonName: 'ОРТАЛЫҚ' },
                  extensions: [extensions.basicConstraints(true)],
                }),
              ),
            ),
        ],
        'an authority below one that may have none': [
          ['path-too-long'],
          async () => signed(await under(await under(ca.issuing, asCa()))),
        ],
        'more authorities than the limit': [
          ['path-too-long'],
          async () => {
            let issuer = ca.root;
            for (let i = 0; i < 8; i++) {
              issuer = await under(issuer, { ...asCa(), subject: { commonName: `ОРТАЛЫҚ ${i}` } });
            }
            return signed(await under(issuer));
          },
        ],
        'two authorities that certify each other': [
          ['chain-untrusted'],
          async () => {
            const randomBytes = seededBytes('loop');
            const [a, b] = await Promise.all([
              TestAuthority.create({ family: 'gost2015-256', now, randomBytes, label: 'LOOP A' }),
              TestAuthority.create({ family: 'gost2015-256', now, randomBytes, label: 'LOOP B' }),
            ]);
            const cross = async (one: TestAuthority, by: TestAuthority): Promise<Certificate> =>
              issueCertificate(
                {
                  serial: Buffer.of(1),
                  subject: one.root.certificate.subject.raw,
                  issuer: by.root.certificate.subject.raw,
                  notBefore: now - hour,
                  notAfter: now + year,
                  publicKeyInfo: one.root.key.publicKeyInfo,
                  extensions: [
                    extensions.basicConstraints(true),
                    extensions.keyUsage('keyCertSign'),
                  ],
                },
                by.root.key,
              );
            const member = await person(a);
            return {
              signature: await forge(member, {
                certificates: [
                  member.certificate,
                  a.issuing.certificate,
                  await cross(a, b),
                  await cross(b, a),
                ],
              }),
            };
          },
        ],
        'a hundred authorities of one name and key': [
          ['path-too-long'],
          async () => {
            const made = await makeKey('gost2015-256', seededBytes('many'));
            const subject = ca.root.certificate.subject.raw;
            const many = await Promise.all(
              Array.from({ length: 100 }, (_, i) =>
                issueCertificate(
                  {
                    serial: Buffer.of(1, i),
                    subject,
                    issuer: subject,
                    notBefore: now - hour,
                    notAfter: now + year,
                    publicKeyInfo: made.key.publicKeyInfo,
                    extensions: [
                      extensions.basicConstraints(true),
                      extensions.keyUsage('keyCertSign'),
                    ],
                  },
                  made.key,
                ),
              ),
            );
            const [first] = many;
            if (first === undefined) throw new Error('none');
            const member = await under({ ...made, certificate: first, chain: [] });
            return {
              signature: await forge(member, { certificates: [member.certificate, ...many] }),
            };
          },
        ],
      },
      policy,
    );
  });

  describe('certificates', () => {
    const named = (name: string, change: (text: string) => string): Certificate => {
      const piece = Buffer.from(name);
      const by = Buffer.from(change(name));
      return new Certificate(replace(signer.certificate.der, piece, by));
    };
    attackSuite(
      {
        'with the number of somebody else written over': [
          ['ess-cert-mismatch'],
          async () => ({
            signature: await forge(signer, {
              certificates: [named(`IIN${iin}`, () => `IIN${otherIin}`), ...signer.chain],
            }),
          }),
        ],
        'with the number written over, where no hash names it': [
          ['chain-untrusted'],
          async () => ({
            signature: await forge(signer, {
              certificates: [named(`IIN${iin}`, () => `IIN${otherIin}`), ...signer.chain],
              attributes: (a) => [a.contentType, a.messageDigest],
            }),
            policy: { ess: 'when-present' },
          }),
        ],
        'with an unknown critical extension': [
          ['unknown-critical-extension'],
          async () =>
            signed(
              await ca.issue({
                subject: { commonName: 'СЫНАҚ', iin },
                extensions: [
                  extensions.keyUsage('nonRepudiation'),
                  extension('1.2.3.4', der.null(), true),
                ],
              }),
            ),
        ],
        'of an authority with an unknown critical extension': [
          ['unknown-critical-extension'],
          async () =>
            signed(
              await under(await under(ca.root, asCa(extension('2.5.29.30', der.sequence(), true)))),
            ),
        ],
        'whose signed part names another algorithm': [
          ['algorithm-fields-differ'],
          async () => {
            const made = await makeKey('gost2015-256', seededBytes('inner'));
            const { certificate: like } = signer;
            const certificate = await issueCertificate(
              {
                serial: like.serial,
                subject: like.subject.raw,
                issuer: like.issuer.raw,
                notBefore: like.notBefore,
                notAfter: like.notAfter,
                publicKeyInfo: made.key.publicKeyInfo,
                innerAlgorithm: signatureIdentifier({ family: 'rsa', digest: 'sha256' }),
                extensions: [extensions.keyUsage('nonRepudiation')],
              },
              ca.issuing.key,
            );
            return signed({ ...signer, key: made.key, certificate });
          },
        ],
      },
      policy,
    );
  });

  describe('times', () => {
    attackSuite(
      {
        'a certificate that has ended': [
          ['expired'],
          async () =>
            signed(await ca.issue({ subject: { commonName: 'А', iin }, notAfter: now - day })),
        ],
        'a certificate that has ended, with a signing time before its end': [
          ['expired'],
          async () => {
            const ended = await ca.issue({
              subject: { commonName: 'А', iin },
              notBefore: now - 9 * day,
              notAfter: now - day,
            });
            return { signature: await forge(ended, { signedAt: now - 2 * day }) };
          },
        ],
        'a certificate that has not begun': [
          ['not-yet-valid'],
          async () =>
            signed(await ca.issue({ subject: { commonName: 'А', iin }, notBefore: now + day })),
        ],
        'a signing time in the future': [
          ['signing-time-in-future'],
          async () => ({ signature: await forge(signer, { signedAt: now + hour }) }),
        ],
        'a signing time ahead as far as clocks differ': [
          [],
          async () => ({ signature: await forge(signer, { signedAt: now + 4 * minute }) }),
        ],
        'an issuer that has ended': [
          ['issuer-expired'],
          async () => {
            const issuer = await under(ca.root, { ...asCa(), notAfter: now - minute });
            return signed(await under(issuer));
          },
        ],
        'a root that has ended': [
          ['issuer-expired'],
          async () => {
            const later = now + 11 * year;
            const member = await under(
              await under(ca.root, { ...asCa(), notAfter: now + 40 * year }),
              {
                notAfter: now + 40 * year,
              },
            );
            return { signature: await forge(member), policy: { now: later + 10 * year } };
          },
        ],
      },
      policy,
    );
  });

  describe('the profile of production', () => {
    attackSuite(
      {
        'the identity of the test keys': [
          ['test-identity'],
          async () => ({
            signature: await forge(
              await ca.issue({ subject: { commonName: 'ТЕСТОВ ТЕСТ', iin: '123456789011' } }),
            ),
            policy: { trust: new TrustStore('production', ca.roots, []) },
          }),
        ],
        'the company of the test keys': [
          ['test-identity'],
          async () => ({
            signature: await forge(
              await ca.issue({ subject: { commonName: 'ТЕСТОВ ТЕСТ', iin, bin: '123456789021' } }),
            ),
            policy: { trust: new TrustStore('production', ca.roots, []) },
          }),
        ],
        'anybody else': [
          [],
          async () => ({
            signature: await forge(signer),
            policy: { trust: new TrustStore('production', ca.roots, []) },
          }),
        ],
      },
      policy,
    );
  });
});
