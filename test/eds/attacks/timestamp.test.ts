import { digestOf } from '../../../src/eds/algorithms/digests.ts';
import { der } from '../../../src/eds/asn1/der.ts';
import { extensions } from '../../../src/eds/authority/issue-certificate.ts';
import {
  issueTimestamp,
  type TimestampRequest,
} from '../../../src/eds/authority/issue-timestamp.ts';
import { type Member, TestAuthority } from '../../../src/eds/authority/test-authority.ts';
import { readSignedData } from '../../../src/eds/cms/signed-data.ts';
import { oids } from '../../../src/eds/oids.ts';
import { attribute } from '../../../src/eds/sign/cms-der.ts';
import type { Signer } from '../../../src/eds/sign/signer.ts';
import { attackSuite } from '../support/attack-suite.ts';
import { iin, seededBytes } from '../support/authorities.ts';
import { day, hour, minute, now } from '../support/clock.ts';
import { flip, forge, type Forgery } from '../support/forge.ts';
import { documentPolicy, trusting } from '../support/policies.ts';

describe('eds: attacks on timestamps', function () {
  this.timeout(60_000);
  let ca: TestAuthority;
  let signer: Member;
  /** Whose certificate has ended: only a timestamp can make it good. */
  let ended: Member;
  before(async () => {
    // The authority's own certificates begin an hour ago; for stamps of the past there must be older ones.
    const aged = await TestAuthority.create({
      family: 'gost2015-512',
      now: now - 9 * day,
      randomBytes: seededBytes('aged'),
    });
    ca = aged;
    signer = await ca.issue({
      subject: { commonName: 'СЫНАҚ', iin },
      notAfter: now + day,
    });
    ended = await ca.issue({ subject: { commonName: 'БҰРЫНҒЫ', iin }, notAfter: now - day });
  });

  const policy = () => documentPolicy(trusting(...ca.roots), now);
  const genTime = now - 2 * day;

  const token = (signature: Uint8Array, changes: Partial<TimestampRequest> = {}): Promise<Buffer> =>
    issueTimestamp({
      authority: ca.timestamps,
      policy: ca.policy,
      digest: 'streebog512',
      imprint: digestOf('streebog512', signature),
      genTime,
      serial: 7n,
      ...changes,
    });
  const stamped = async (
    by: Signer,
    make: (signature: Uint8Array) => Promise<readonly Uint8Array[]>,
    forgery: Forgery = {},
  ) => ({
    signature: await forge(by, {
      signedAt: genTime - minute,
      unsigned: async (signature) => {
        const tokens = await make(signature);
        return tokens.map((one) => attribute(oids.signatureTimestamp, one));
      },
      ...forgery,
    }),
  });
  const by = (changes: Partial<TimestampRequest>, who: Signer = ended) =>
    stamped(who, async (signature) => [await token(signature, changes)]);
  const authorityWith = (usages: readonly string[], critical: boolean): Promise<Member> =>
    ca.issue({
      subject: { commonName: 'TSA' },
      notBefore: now - 9 * day,
      extensions: [
        extensions.keyUsage('digitalSignature'),
        extensions.extendedKeyUsage(usages, critical),
      ],
    });
  attackSuite(
    {
      'a stamp before the end of the certificate': [[], () => by({})],
      'two stamps': [
        [],
        () =>
          stamped(ended, async (signature) => [
            await token(signature),
            await token(signature, { genTime: genTime + hour, serial: 8n }),
          ]),
      ],
      'a stamp by RSA under a GOST signature': [
        [],
        async () => {
          const rsa = await TestAuthority.create({
            family: 'rsa',
            now: now - 9 * day,
            randomBytes: seededBytes('rsa tsa'),
          });
          const right = await stamped(ended, async (signature) => [
            await token(signature, {
              authority: rsa.timestamps,
              policy: rsa.policy,
              digest: 'sha256',
              imprint: digestOf('sha256', signature),
            }),
          ]);
          return { ...right, policy: { trust: trusting(...ca.roots, ...rsa.roots) } };
        },
      ],
      'no stamp where one is required': [
        ['tst-missing'],
        async () => ({ signature: await forge(signer), policy: { timestamp: 'required' } }),
      ],
      'a stamp after the end of the certificate': [['expired'], () => by({ genTime: now - hour })],
      'a stamp before the certificate': [
        ['not-yet-valid'],
        async () => {
          const late = await ca.issue({
            subject: { commonName: 'КЕШ', iin },
            notBefore: now - day,
            notAfter: now + day,
          });
          return by({}, late);
        },
      ],
      'the stamp of another signature': [
        ['tst-imprint-mismatch'],
        () => stamped(ended, () => token(Buffer.from('another')).then((one) => [one])),
      ],
      'an imprint of an unknown algorithm': [
        ['tst-imprint-mismatch'],
        () =>
          stamped(ended, async (signature) => {
            const one = await token(signature);
            const oid = der.oid('1.2.398.3.10.1.3.3');
            const copy = Buffer.from(one);
            // Within TSTInfo, which is the second place it is in: after digestAlgorithms.
            const at = copy.indexOf(oid, copy.indexOf(der.oid(oids.timestampInfo)));
            copy.writeUInt8(9, at + oid.length - 1);
            return [copy];
          }),
      ],
      'a good stamp and a bad one': [
        ['tst-imprint-mismatch'],
        () =>
          stamped(ended, async (signature) => [
            await token(signature),
            await token(Buffer.from('another')),
          ]),
      ],
      'more stamps than the limit': [
        ['too-large'],
        () =>
          stamped(ended, async (signature) =>
            Promise.all(
              Array.from({ length: 9 }, (_, i) => token(signature, { serial: BigInt(i) })),
            ),
          ),
      ],
      'an authority that nobody trusts': [
        ['tst-cert-untrusted'],
        async () => {
          const fake = await TestAuthority.create({
            family: 'gost2015-512',
            now: now - 9 * day,
            randomBytes: seededBytes('fake tsa'),
          });
          return by({ authority: fake.timestamps });
        },
      ],
      'an authority whose usage is not critical': [
        ['tst-eku'],
        async () => by({ authority: await authorityWith([oids.timeStamping], false) }),
      ],
      'an authority with another usage beside': [
        ['tst-eku'],
        async () =>
          by({ authority: await authorityWith([oids.timeStamping, oids.emailProtection], true) }),
      ],
      'a user as the authority': [['tst-eku'], () => by({ authority: signer })],
      'the signer himself as the authority': [['tst-eku'], () => by({ authority: ended })],
      'an authority that had ended then': [
        ['tst-cert-untrusted'],
        async () => {
          const one = await ca.issue({
            subject: { commonName: 'TSA' },
            notAfter: genTime - hour,
            extensions: [
              extensions.keyUsage('digitalSignature'),
              extensions.extendedKeyUsage([oids.timeStamping], true),
            ],
          });
          return by({ authority: one });
        },
      ],
      'an authority that began later': [
        ['tst-cert-untrusted'],
        async () => {
          const one = await ca.issue({
            subject: { commonName: 'TSA' },
            notBefore: now - hour,
            extensions: [
              extensions.keyUsage('digitalSignature'),
              extensions.extendedKeyUsage([oids.timeStamping], true),
            ],
          });
          return by({ authority: one });
        },
      ],
      'an authority whose key may not sign': [
        ['tst-eku'],
        async () => {
          const one = await ca.issue({
            subject: { commonName: 'TSA' },
            extensions: [
              extensions.keyUsage('keyEncipherment'),
              extensions.extendedKeyUsage([oids.timeStamping], true),
            ],
          });
          return by({ authority: one });
        },
      ],
      'a stamp from the future': [['tst-in-future'], () => by({ genTime: now + hour }, signer)],
      'a policy that is not accepted': [['tst-policy'], () => by({ policy: '1.2.398.3.3.2.6.3' })],
      'a stamp with its time changed': [
        ['tst-signature-invalid'],
        () =>
          stamped(ended, async (signature) => {
            const one = Buffer.from(await token(signature));
            const at = one.indexOf(der.generalizedTime(genTime));
            one.writeUInt8('1'.charCodeAt(0), at + 2 + 11);
            return [one];
          }),
      ],
      'a stamp with its signature changed': [
        ['tst-signature-invalid'],
        () =>
          stamped(ended, async (signature) => {
            const one = await token(signature);
            return [flip(one, one.length - 5)];
          }),
      ],
      'a stamp that does not name its certificate': [
        ['tst-signature-invalid'],
        () =>
          stamped(ended, async (signature) => {
            const { content } = readSignedData(await token(signature));
            const unnamed = await forge(ca.timestamps, {
              content: content ?? Buffer.alloc(0),
              contentType: oids.timestampInfo,
              attributes: (a) => [a.contentType, a.messageDigest, a.signingTime],
            });
            return [unnamed];
          }),
      ],
      'something else than a stamp': [
        ['tst-parse'],
        () => stamped(ended, () => Promise.resolve([der.sequence(der.integer(1))])),
      ],
      'a signature over a letter in place of a stamp': [
        ['tst-parse'],
        () => stamped(ended, () => forge(signer).then((one) => [one])),
      ],
      'a signing time after the stamp': [
        ['signing-time-in-future'],
        () =>
          stamped(ended, async (signature) => [await token(signature)], {
            signedAt: genTime + hour,
          }),
      ],
      'a login with a certificate that has ended, though it is stamped': [
        ['expired'],
        async () => ({ ...(await by({})), policy: { purpose: 'login' } }),
      ],
    },
    policy,
  );
});
