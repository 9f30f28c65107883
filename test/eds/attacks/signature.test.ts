import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { digestOf, digestOids } from '../../../src/eds/algorithms/digests.ts';
import { der } from '../../../src/eds/asn1/der.ts';
import { makeKey } from '../../../src/eds/authority/make-key.ts';
import type { Member, TestAuthority } from '../../../src/eds/authority/test-authority.ts';
import { gost2015Bits512 } from '../../../src/eds/crypto/gost-curves.ts';
import { toLittleEndian } from '../../../src/eds/crypto/little-endian.ts';
import { oids } from '../../../src/eds/oids.ts';
import { attribute } from '../../../src/eds/sign/cms-der.ts';
import { NodeKey } from '../../../src/eds/sign/node-key.ts';
import { signCms } from '../../../src/eds/sign/sign-cms.ts';
import type { SigningKey } from '../../../src/eds/sign/signing-key.ts';
import { attackSuite, verify } from '../support/attack-suite.ts';
import { authority, otherIin, person, seededBytes } from '../support/authorities.ts';
import { now } from '../support/clock.ts';
import { flip, forge, letter } from '../support/forge.ts';
import { documentPolicy, trusting } from '../support/policies.ts';

describe('eds: attacks on algorithms, keys and signatures', function () {
  this.timeout(60_000);
  let ca: TestAuthority;
  let rsa: TestAuthority;
  let signer: Member;
  let other: Member;
  let rsaSigner: Member;
  before(async () => {
    [ca, rsa] = await Promise.all([authority('gost2015-512'), authority('rsa')]);
    [signer, other, rsaSigner] = await Promise.all([person(ca), person(ca), person(rsa)]);
  });
  const policy = () => documentPolicy(trusting(...ca.roots, ...rsa.roots), now);
  const algorithm = (oid: string, ...parameters: readonly Buffer[]): Buffer =>
    der.sequence(der.oid(oid), ...parameters);

  describe('algorithms', () => {
    attackSuite(
      {
        'SHA-1 with RSA': [
          ['algorithm-not-allowed'],
          async () => ({
            signature: await forge(rsaSigner, {
              algorithm: algorithm('1.2.840.113549.1.1.5', der.null()),
            }),
          }),
        ],
        'SHA-1 beside a bare RSA key': [
          ['digest-alg-mismatch'],
          async () => ({
            signature: await forge(rsaSigner, {
              algorithm: algorithm('1.2.840.113549.1.1.1', der.null()),
              digest: algorithm(digestOids.sha1, der.null()),
            }),
          }),
        ],
        MD5: [
          ['algorithm-not-allowed'],
          async () => ({
            signature: await forge(rsaSigner, {
              algorithm: algorithm('1.2.840.113549.1.1.1', der.null()),
              digest: algorithm('1.2.840.113549.2.5', der.null()),
            }),
          }),
        ],
        'GOST of the years before 2017': [
          ['algorithm-not-allowed'],
          async () => ({
            signature: await forge(signer, {
              algorithm: algorithm('1.3.6.1.4.1.6801.1.2.2', der.null()),
            }),
          }),
        ],
        'RSA with the key of GOST': [
          ['algorithm-not-allowed'],
          async () => ({
            signature: await forge(signer, {
              algorithm: algorithm('1.2.840.113549.1.1.11', der.null()),
              digest: algorithm(digestOids.sha256, der.null()),
              attributes: (a) => [
                a.contentType,
                a.ess,
                attribute(oids.messageDigest, der.octets(digestOf('sha256', letter))),
              ],
            }),
          }),
        ],
        'GOST of 256 bits with a key of 512': [
          ['algorithm-not-allowed'],
          async () => ({
            signature: await forge(signer, {
              algorithm: algorithm('1.2.398.3.10.1.1.2.3.1', der.null()),
              digest: algorithm(digestOids.streebog256, der.null()),
              attributes: (a) => [
                a.contentType,
                a.ess,
                attribute(oids.messageDigest, der.octets(digestOf('streebog256', letter))),
              ],
            }),
          }),
        ],
        'parameters of the signature algorithm': [
          ['algorithm-not-allowed'],
          async () => ({
            signature: await forge(signer, {
              algorithm: algorithm('1.2.398.3.10.1.1.2.3.2', der.sequence()),
            }),
          }),
        ],
        'parameters of the digest algorithm': [
          ['algorithm-not-allowed'],
          async () => ({
            signature: await forge(signer, {
              digest: algorithm(digestOids.streebog512, der.sequence()),
            }),
          }),
        ],
      },
      policy,
    );
  });

  describe('the value of a GOST signature', () => {
    const r = (s: Uint8Array): Buffer => Buffer.from(s.subarray(0, 64));
    const s = (value: Uint8Array): Buffer => Buffer.from(value.subarray(64));
    const q = Buffer.from(toLittleEndian(gost2015Bits512.q, 64));
    const zero = Buffer.alloc(64);
    const values: Readonly<Record<string, (right: Uint8Array) => Uint8Array>> = {
      'one bit of r': (v) => flip(v, 10),
      'one bit of s': (v) => flip(v, 100),
      'r = 0': (v) => Buffer.concat([zero, s(v)]),
      's = 0': (v) => Buffer.concat([r(v), zero]),
      'r = s = 0': () => Buffer.alloc(128),
      'r = q': (v) => Buffer.concat([q, s(v)]),
      's = q': (v) => Buffer.concat([r(v), q]),
      'all bits set': () => Buffer.alloc(128, 0xff),
      's before r': (v) => Buffer.concat([s(v), r(v)]),
      'big-endian, s before r (RFC 9215)': (v) => Buffer.from(v).reverse(),
      'big-endian': (v) => Buffer.concat([r(v).reverse(), s(v).reverse()]),
      'as a SEQUENCE of two numbers': (v) =>
        der.sequence(der.integer(r(v).reverse()), der.integer(s(v).reverse())),
      'an octet short': (v) => v.subarray(1),
      'an octet long': (v) => Buffer.concat([v, Buffer.of(0)]),
      nothing: () => Buffer.alloc(0),
      'a megabyte': () => Buffer.alloc(2 ** 20, 1),
    };
    attackSuite(
      Object.fromEntries(
        Object.entries(values).map(([name, signature]) => [
          name,
          [
            ['signature-invalid'],
            async () => ({ signature: await forge(signer, { signature }) }),
          ] as const,
        ]),
      ),
      policy,
    );
  });

  describe('the value of an RSA signature', () => {
    const values: Readonly<Record<string, (right: Uint8Array) => Uint8Array>> = {
      'one bit of it': (v) => flip(v, 100),
      'RSA: nothing': () => Buffer.alloc(0),
      'RSA: zero': (v) => Buffer.alloc(v.length),
      'RSA: all bits set': (v) => Buffer.alloc(v.length, 0xff),
      'RSA: a zero before it': (v) => Buffer.concat([Buffer.of(0), v]),
    };
    attackSuite(
      Object.fromEntries(
        Object.entries(values).map(([name, signature]) => [
          name,
          [
            ['signature-invalid'],
            async () => ({ signature: await forge(rsaSigner, { signature }) }),
          ] as const,
        ]),
      ),
      policy,
    );
  });

  describe('the key', () => {
    /** Somebody with a certificate over any SubjectPublicKeyInfo, who signs with a key that is not it. */
    const withKey = async (publicKeyInfo: Uint8Array, signing: SigningKey): Promise<Member> => {
      const key: SigningKey = { ...pick(signing), publicKeyInfo };
      return ca.issue({
        subject: { commonName: 'КІЛТ', iin: '850101399113' },
        key: { key, privateKeyInfo: Buffer.alloc(0) },
      });
    };
    const pick = (key: SigningKey): Omit<SigningKey, 'publicKeyInfo'> => ({
      algorithm: key.algorithm,
      sign: (message) => key.sign(message),
    });
    const gostInfo = (point: Uint8Array, curve = gost2015Bits512.oid): Buffer =>
      der.sequence(
        der.sequence(
          der.oid('1.2.398.3.10.1.1.2.2'),
          der.sequence(der.oid(curve), der.oid(digestOids.streebog512)),
        ),
        der.bits(der.octets(point)),
      );
    const rsaOf = (modulusLength: number, publicExponent: number): NodeKey => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
      return new NodeKey(
        createPrivateKey({
          key: privateKey.export({ format: 'der', type: 'pkcs8' }),
          format: 'der',
          type: 'pkcs8',
        }),
      );
    };
    const attack = async (publicKeyInfo: Uint8Array, signing: SigningKey = signer.key) => ({
      signature: await forge(await withKey(publicKeyInfo, signing)),
    });
    attackSuite(
      {
        'of somebody else': [
          ['signature-invalid'],
          async () => ({
            signature: await forge({ ...other, certificate: signer.certificate }),
          }),
        ],
        'that is no point of the curve': [
          ['signature-invalid'],
          () => attack(gostInfo(Buffer.alloc(128, 1))),
        ],
        'that is zero': [['signature-invalid'], () => attack(gostInfo(Buffer.alloc(128)))],
        'with coordinates beyond p': [
          ['signature-invalid'],
          () => attack(gostInfo(Buffer.alloc(128, 0xff))),
        ],
        'that is short': [['key-invalid'], () => attack(gostInfo(Buffer.alloc(127, 1)))],
        'on the curve of another standard': [
          ['algorithm-not-allowed'],
          () => attack(gostInfo(Buffer.alloc(128, 1), '1.2.398.3.10.1.1.1.1.1')),
        ],
        'with a digest of another standard': [
          ['algorithm-not-allowed'],
          () => {
            const info = Buffer.from(signer.key.publicKeyInfo);
            const digest = der.oid(digestOids.streebog512);
            info.set(der.oid(digestOids.streebog256), info.indexOf(digest));
            return attack(info);
          },
        ],
        'RSA of 1024 bits': [
          ['key-invalid'],
          async () => {
            const key = rsaOf(1024, 65_537);
            return attack(key.publicKeyInfo, key);
          },
        ],
        'RSA with the exponent 3': [
          ['key-invalid'],
          async () => {
            const key = rsaOf(2048, 3);
            return attack(key.publicKeyInfo, key);
          },
        ],
        Ed25519: [
          ['algorithm-not-allowed'],
          () => {
            const { publicKey } = generateKeyPairSync('ed25519');
            return attack(publicKey.export({ format: 'der', type: 'spki' }));
          },
        ],
        'an elliptic curve that is not in the list': [
          ['algorithm-not-allowed'],
          () => {
            const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
            return attack(publicKey.export({ format: 'der', type: 'spki' }));
          },
        ],
      },
      policy,
    );
  });

  describe('the certificate that is named', () => {
    /** A second certificate for the signer's key, of somebody else and with the same key identifier. */
    const twin = async (): Promise<Member> =>
      ca.issue({
        subject: { commonName: 'БАСҚА АДАМ', iin: otherIin },
        key: { key: signer.key, privateKeyInfo: Buffer.alloc(0) },
      });
    const byKey = (): Buffer =>
      der.contextPrimitive(0, signer.certificate.subjectKeyId ?? Buffer.alloc(0));
    attackSuite(
      {
        'is missing': [
          ['signer-cert-missing'],
          async () => ({ signature: await forge(signer, { certificates: signer.chain }) }),
        ],
        'is another of the same issuer': [
          ['signer-cert-missing'],
          async () => ({ signature: await forge(signer, { certificates: [other.certificate] }) }),
        ],
        'is replaced by a second one for the same key': [
          ['ess-cert-mismatch'],
          async () => ({
            signature: await forge(signer, {
              identifier: byKey(),
              certificates: [(await twin()).certificate],
            }),
          }),
        ],
        'is one of two that fit': [
          ['signer-cert-missing'],
          async () => ({
            signature: await forge(signer, {
              identifier: byKey(),
              certificates: [signer.certificate, (await twin()).certificate],
            }),
          }),
        ],
        'is not named in the signature': [
          ['ess-cert-missing'],
          async () => ({
            signature: await forge(signer, { attributes: (a) => [a.contentType, a.messageDigest] }),
          }),
        ],
        'is not named in a login, whatever the policy says of documents': [
          ['ess-cert-missing'],
          async () => ({
            signature: await forge(signer, { attributes: (a) => [a.contentType, a.messageDigest] }),
            policy: { ess: 'when-present', purpose: 'login' },
          }),
        ],
        'is not named in a document, where that is enough': [
          [],
          async () => ({
            signature: await forge(signer, { attributes: (a) => [a.contentType, a.messageDigest] }),
            policy: { ess: 'when-present' },
          }),
        ],
        'is named by the hash of another': [
          ['ess-cert-mismatch'],
          async () => ({ signature: await forge(signer, { essOf: other.certificate }) }),
        ],
        'is named by SHA-1 where SHA-256 is the least': [
          ['algorithm-not-allowed'],
          async () => ({
            signature: await forge(signer, {
              attributes: (a) => [
                a.contentType,
                a.messageDigest,
                essWith(
                  der.sequence(der.oid(digestOids.sha1), der.null()),
                  der.octets(digestOf('sha1', signer.certificate.der)),
                ),
              ],
            }),
          }),
        ],
        'is named with the number of another': [
          ['ess-cert-mismatch'],
          async () => ({
            signature: await forge(signer, {
              attributes: (a) => [
                a.contentType,
                a.messageDigest,
                essWith(
                  der.octets(digestOf('sha256', signer.certificate.der)),
                  der.sequence(
                    der.sequence(der.context(4, signer.certificate.issuer.raw)),
                    der.integer(other.certificate.serial),
                  ),
                ),
              ],
            }),
          }),
        ],
        'is named by hash, issuer and number': [
          [],
          async () => ({
            signature: await forge(signer, {
              attributes: (a) => [
                a.contentType,
                a.messageDigest,
                essWith(
                  der.octets(digestOf('sha256', signer.certificate.der)),
                  der.sequence(
                    der.sequence(der.context(4, signer.certificate.issuer.raw)),
                    der.integer(signer.certificate.serial),
                  ),
                ),
              ],
            }),
          }),
        ],
      },
      policy,
    );
  });

  it('a second signer that is bad makes the whole bad', async () => {
    const bad: Member = { ...other, key: (await makeKey('gost2015-512', seededBytes('bad'))).key };
    const signature = await signCms({
      content: letter,
      detached: false,
      signers: [signer, bad],
      signedAt: now,
    });
    const verdict = await verify({ signature }, policy());
    expect(verdict.reasons).to.deep.equal(['signature-invalid']);
    expect(verdict.signers.map((one) => one.reasons.length).toSorted()).to.deep.equal([0, 1]);
  });
});

function essWith(...parts: readonly Buffer[]): Buffer {
  return attribute(oids.signingCertificateV2, der.sequence(der.sequence(der.sequence(...parts))));
}
