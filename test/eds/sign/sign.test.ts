import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { SignatureVerifier } from '../../../src/eds/algorithms/signature-verifier.ts';
import type { KeyFamily } from '../../../src/eds/algorithms/signature-algorithms.ts';
import { type Member, TestAuthority } from '../../../src/eds/authority/test-authority.ts';
import { Refusal } from '../../../src/eds/refusal.ts';
import { issuerKey } from '../../../src/eds/revocation/verified-crl.ts';
import type { StatusSource } from '../../../src/eds/revocation/status-source.ts';
import { GivenAnswers } from '../../../src/eds/revocation/given-answers.ts';
import type { Timestamper } from '../../../src/eds/services/timestamper.ts';
import { GostKey } from '../../../src/eds/sign/gost-key.ts';
import { longTermAttributes, timestampAttribute } from '../../../src/eds/sign/long-term.ts';
import { NodeKey } from '../../../src/eds/sign/node-key.ts';
import { readPrivateKeyInfo } from '../../../src/eds/sign/private-key-info.ts';
import { RemoteKey } from '../../../src/eds/sign/remote-key.ts';
import { signCms } from '../../../src/eds/sign/sign-cms.ts';
import { signSmime } from '../../../src/eds/sign/sign-smime.ts';
import type { Signer } from '../../../src/eds/sign/signer.ts';
import { SimulatedToken } from '../../../src/eds/simulators/simulated-token.ts';
import { EdsVerifier } from '../../../src/eds/verify/eds-verifier.ts';
import { authority, iin, person, seededBytes } from '../support/authorities.ts';
import { day, hour, minute, now } from '../support/clock.ts';
import { letter } from '../support/forge.ts';
import { documentPolicy, trusting } from '../support/policies.ts';

const families: readonly KeyFamily[] = ['gost2015-512', 'gost2015-256', 'gost2004', 'rsa', 'ecdsa'];
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe('eds: signing', function () {
  this.timeout(120_000);

  for (const family of families) {
    describe(`with ${family}`, () => {
      let ca: TestAuthority;
      let signer: Member;
      before(async () => {
        ca = await authority(family);
        signer = await person(ca);
      });
      const verify = async (signature: Uint8Array, content?: Uint8Array) =>
        new EdsVerifier().verify(
          { signature, ...(content === undefined ? {} : { content }) },
          documentPolicy(trusting(...ca.roots), now),
        );

      it('attached and detached signatures are good', async () => {
        const request = { content: letter, signers: [signer], signedAt: now };
        expect(
          (await verify(await signCms({ ...request, detached: false }))).reasons,
        ).to.deep.equal([]);
        const detached = await signCms({ ...request, detached: true });
        expect((await verify(detached, letter)).reasons).to.deep.equal([]);
        expect((await verify(detached)).reasons).to.deep.equal(['content-missing']);
      });

      it('a stream is signed as the octets are', async () => {
        const detached = await signCms({
          content: () => [letter.subarray(0, 5), letter.subarray(5)],
          detached: true,
          signers: [signer],
          signedAt: now,
        });
        expect((await verify(detached, letter)).valid).to.equal(true);
      });

      it('the key survives PKCS #8', async () => {
        const key = readPrivateKeyInfo(signer.privateKeyInfo);
        expect(Buffer.from(key.publicKeyInfo)).to.deep.equal(Buffer.from(signer.key.publicKeyInfo));
        const message = Buffer.from('message');
        const { publicKey } = signer.certificate;
        const signature = await key.sign(message);
        const verifier = new SignatureVerifier();
        expect(await verifier.verify(publicKey, key.algorithm, message, signature)).to.equal(true);
      });
    });
  }

  it('GOST signatures of one message are one: nothing depends on chance', async () => {
    const signer = await person(await authority('gost2015-512'));
    const request = { content: letter, detached: false, signers: [signer], signedAt: now };
    expect((await signCms(request)).equals(await signCms(request))).to.equal(true);
  });

  it('several signers, of several families', async () => {
    const cas = await Promise.all(
      (['gost2015-512', 'rsa', 'gost2004'] as const).map((f) => authority(f)),
    );
    const signers = await Promise.all(cas.map(person));
    const signature = await signCms({ content: letter, detached: false, signers, signedAt: now });
    const trust = trusting(...cas.flatMap((ca) => ca.roots));
    const verdict = await new EdsVerifier().verify({ signature }, documentPolicy(trust, now));
    expect(verdict.reasons).to.deep.equal([]);
    expect(verdict.signers).to.have.lengthOf(3);
  });

  describe('for long', () => {
    let ca: TestAuthority;
    let signer: Member;
    before(async () => {
      ca = await TestAuthority.create({
        family: 'gost2015-512',
        now: now - 9 * day,
        randomBytes: seededBytes('long'),
      });
      signer = await ca.issue({ subject: { commonName: 'СЫНАҚ', iin }, notAfter: now - day });
    });
    const signedAt = now - 3 * day;
    const timestamper: Timestamper = { timestamp: (octets) => ca.timestamp(octets, signedAt) };
    const verifier = new EdsVerifier();
    const tools = { verifier: verifier.signatures, links: verifier.links };
    const verify = (signature: Uint8Array, required = true) => {
      const policy = documentPolicy(trusting(...ca.roots), now);
      const revocation = { ...policy.revocation, signer: required ? 'required' : 'none' } as const;
      return verifier.verify({ signature }, { ...policy, timestamp: 'required', revocation });
    };

    it('CAdES-T outlives the certificate', async () => {
      const signature = await signCms({
        content: letter,
        detached: false,
        signers: [signer],
        signedAt,
        unsigned: async (made) => [await timestampAttribute(made, timestamper)],
      });
      const verdict = await verify(signature, false);
      expect(verdict.reasons).to.deep.equal([]);
      expect(verdict.signers[0]?.timestamp?.time).to.equal(signedAt);
      expect((await verify(signature)).reasons).to.deep.equal(['revocation-unknown']);
    });

    it('the long-term form needs nobody any more', async () => {
      const answer = await ca.ocsp(signer.certificate, signedAt + minute);
      const status: StatusSource = new GivenAnswers(tools, [answer], 5 * minute);
      const signature = await signCms({
        content: letter,
        detached: false,
        signers: [{ ...signer, chain: signer.chain }],
        signedAt,
        unsigned: (made) =>
          longTermAttributes(made, { timestamper, status, now: () => signedAt + 2 * minute }),
      });
      const verdict = await verify(signature);
      expect(verdict.reasons).to.deep.equal([]);
      expect(verdict.signers[0]?.revocation).to.include({ status: 'good', source: 'ocsp' });
    });

    it('is not made for a certificate that is revoked, or of which nobody knows', async () => {
      const other = await ca.issue({ subject: { commonName: 'СЫНАҚ', iin } });
      ca.revoke(other.certificate, signedAt - hour, 'keyCompromise');
      const answer = await ca.ocsp(other.certificate, signedAt + minute);
      for (const [answers, code] of [
        [[answer], 'revoked'],
        [[], 'revocation-unknown'],
      ] as const) {
        const status = new GivenAnswers(tools, answers, 5 * minute);
        const error: unknown = await signCms({
          content: letter,
          detached: false,
          signers: [other],
          signedAt,
          unsigned: (made) =>
            longTermAttributes(made, { timestamper, status, now: () => signedAt + minute }),
        }).catch((e: unknown) => e);
        expect(error).to.be.instanceOf(Refusal).and.to.include({ code });
      }
    });
  });

  describe('by a token', () => {
    for (const family of ['gost2015-512', 'gost2004', 'rsa'] as const) {
      it(`that holds a key of ${family}`, async () => {
        const ca = await authority(family);
        const member = await person(ca);
        const token = new SimulatedToken();
        token.addKey('own', member.privateKeyInfo);
        const { family: kind, digest } = member.key.algorithm;
        if (kind === 'ecdsa') throw new Error('not of a token');
        const key = new RemoteKey({
          token,
          label: 'own',
          algorithm: { family: kind, digest },
          publicKeyInfo: member.key.publicKeyInfo,
          timeoutMs: 50,
        });
        const signer: Signer = { key, certificate: member.certificate, chain: member.chain };
        const request = { content: letter, detached: false, signers: [signer], signedAt: now };
        const signature = await signCms(request);
        const policy = documentPolicy(trusting(...ca.roots), now);
        expect((await new EdsVerifier().verify({ signature }, policy)).reasons).to.deep.equal([]);
        for (const behaviour of ['slow', 'locked'] as const) {
          token.behaviour = behaviour;
          const error: unknown = await signCms(request).catch((e: unknown) => e);
          expect(error, behaviour)
            .to.be.instanceOf(Refusal)
            .and.to.include({ code: 'service-silent' });
        }
      });
    }
  });

  describe('keys', () => {
    it('refuse to be what they are not', () => {
      const { privateKey } = generateKeyPairSync('ed25519');
      expect(() => new NodeKey(privateKey)).to.throw(RangeError);
      expect(() => new GostKey('gost2004', 0n)).to.throw(RangeError);
      const info = privateKey.export({ format: 'der', type: 'pkcs8' });
      expect(() => readPrivateKeyInfo(info))
        .to.throw(Refusal)
        .with.property('code', 'algorithm-not-allowed');
    });
    it('of one authority have different names for CRLs', async () => {
      const ca = await authority('gost2004');
      expect(issuerKey(ca.root.certificate)).to.not.equal(issuerKey(ca.issuing.certificate));
    });
  });

  describe('S/MIME', () => {
    const entity = Buffer.from('Content-Type: text/plain; charset=us-ascii\r\n\r\nHello\r\n');
    it('is refused in a form that relays change', async () => {
      const signer = await person(await authority('rsa'));
      for (const text of ['a\nb', 'a\rb', 'а', '\n']) {
        const error: unknown = await signSmime({
          entity: Buffer.from(text),
          signers: [signer],
          signedAt: now,
        }).catch((e: unknown) => e);
        expect(error, JSON.stringify(text)).to.be.instanceOf(RangeError);
      }
    });
    it('carries what was signed as it is', async () => {
      const ca = await authority('gost2015-512');
      const signer = await person(ca);
      const message = (
        await signSmime({ entity, signers: [signer], signedAt: now, boundary: 'b' })
      ).toString('latin1');
      expect(message)
        .to.include('micalg="streebog-512"')
        .and.to.include(`--=_b\r\n${entity.toString()}\r\n--=_b\r\n`);
      const base64 = /\r\n\r\n([A-Za-z0-9+/=\r\n]+)\r\n--=_b--\r\n$/.exec(message)?.[1] ?? '';
      const verdict = await new EdsVerifier().verify(
        { signature: Buffer.from(base64), content: entity },
        documentPolicy(trusting(...ca.roots), now),
      );
      expect(verdict.reasons).to.deep.equal([]);
    });
  });

  describe('OpenSSL', () => {
    let folder = '';
    before(function () {
      if (!hasOpenssl) {
        process.stdout.write('    (openssl is not here: its tests are skipped)\n');
        this.skip();
      }
      folder = mkdtempSync(join(tmpdir(), 'zhashik-openssl-'));
    });
    after(() => {
      if (folder !== '') rmSync(folder, { recursive: true });
    });
    const put = (name: string, bytes: Uint8Array): string => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    for (const family of ['rsa', 'ecdsa'] as const) {
      it(`accepts what we sign with ${family}, attached, detached and as S/MIME`, async () => {
        const ca = await authority(family);
        const signer = await person(ca);
        const root = put('root.pem', pemOf(ca.root.certificate.der));
        const common = [
          '-CAfile',
          root,
          '-purpose',
          'any',
          '-attime',
          String(now / 1000),
          '-binary',
        ];
        const request = { content: letter, signers: [signer], signedAt: now };
        const attached = put('a.p7s', await signCms({ ...request, detached: false }));
        const args = ['cms', '-verify', '-cades', '-inform', 'DER', '-in', attached, ...common];
        expect(
          execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] }),
        ).to.deep.equal(letter);
        const detached = put('d.p7s', await signCms({ ...request, detached: true }));
        const content = put('content', letter);
        execFileSync(
          'openssl',
          [
            'cms',
            '-verify',
            '-cades',
            '-inform',
            'DER',
            '-in',
            detached,
            '-content',
            content,
            ...common,
          ],
          { stdio: 'ignore' },
        );
        const smime = put(
          'letter.eml',
          await signSmime({
            entity: Buffer.from('Content-Type: text/plain\r\n\r\nHello\r\n'),
            signers: [signer],
            signedAt: now,
          }),
        );
        execFileSync(
          'openssl',
          [
            'cms',
            '-verify',
            '-inform',
            'SMIME',
            '-in',
            smime,
            ...common.filter((one) => one !== '-binary'),
          ],
          {
            stdio: 'ignore',
          },
        );
        const broken = Buffer.from(await signCms({ ...request, detached: false }));
        broken.writeUInt8(broken.readUInt8(broken.length - 3) ^ 1, broken.length - 3);
        const bad = spawnSync('openssl', [
          'cms',
          '-verify',
          '-inform',
          'DER',
          '-in',
          put('b.p7s', broken),
          ...common,
        ]);
        expect(bad.status).to.not.equal(0);
      });

      it(`signs with a key of ${family} what we accept`, async () => {
        const ca = await authority(family);
        const signer = await person(ca);
        const key = createPrivateKey({
          key: Buffer.from(signer.privateKeyInfo),
          format: 'der',
          type: 'pkcs8',
        });
        const files = {
          key: put('key.pem', Buffer.from(key.export({ format: 'pem', type: 'pkcs8' }).toString())),
          certificate: put('signer.pem', pemOf(signer.certificate.der)),
          issuer: put('issuer.pem', pemOf(ca.issuing.certificate.der)),
          content: put('content', letter),
        };
        const signature = execFileSync('openssl', [
          'cms',
          '-sign',
          '-cades',
          '-binary',
          '-nodetach',
          '-md',
          'sha256',
          '-outform',
          'DER',
          '-in',
          files.content,
          '-signer',
          files.certificate,
          '-inkey',
          files.key,
          '-certfile',
          files.issuer,
        ]);
        // Its signing time is that of the machine.
        const verdict = await new EdsVerifier().verify(
          { signature },
          documentPolicy(trusting(...ca.roots), now),
        );
        const allowed = verdict.reasons.filter((code) => code !== 'signing-time-in-future');
        expect(allowed).to.deep.equal([]);
        expect(verdict.signers[0]?.iin).to.equal(iin);
      });
    }
  });
});

function pemOf(bytes: Uint8Array): Buffer {
  const lines = Buffer.from(bytes).toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return Buffer.from(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
}
