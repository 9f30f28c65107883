import { expect } from 'chai';
import { publicKeyOf, readPublicKeyInfo } from '../../src/eds/algorithms/public-key.ts';
import { digestOf } from '../../src/eds/algorithms/digests.ts';
import { der } from '../../src/eds/asn1/der.ts';
import { readDer } from '../../src/eds/asn1/read-asn1.ts';
import { extensions, issueCertificate } from '../../src/eds/authority/issue-certificate.ts';
import { issueCrl } from '../../src/eds/authority/issue-crl.ts';
import { issueTimestamp } from '../../src/eds/authority/issue-timestamp.ts';
import { makeKey } from '../../src/eds/authority/make-key.ts';
import { nameDer } from '../../src/eds/authority/name-der.ts';
import type { Member, TestAuthority } from '../../src/eds/authority/test-authority.ts';
import { readSignedData } from '../../src/eds/cms/signed-data.ts';
import { limits } from '../../src/eds/limits.ts';
import { oids } from '../../src/eds/oids.ts';
import { Refusal } from '../../src/eds/refusal.ts';
import { readOcspResponse } from '../../src/eds/revocation/ocsp-response.ts';
import { OctetFeed } from '../../src/eds/revocation/octet-feed.ts';
import { readCrl } from '../../src/eds/revocation/read-crl.ts';
import { attribute, signedDataDer } from '../../src/eds/sign/cms-der.ts';
import { openPkcs12 } from '../../src/eds/sign/pkcs12.ts';
import { readTimestampToken, tokenOfResponse } from '../../src/eds/timestamp/timestamp-token.ts';
import { EdsVerifier } from '../../src/eds/verify/eds-verifier.ts';
import { Certificate } from '../../src/eds/x509/certificate.ts';
import { authority, person, seededBytes } from './support/authorities.ts';
import { now, second } from './support/clock.ts';
import { forge } from './support/forge.ts';
import { documentPolicy, trusting } from './support/policies.ts';

/** The code and the detail of a refusal. */
async function refusal(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'taken';
  } catch (error) {
    if (error instanceof Refusal) return `${error.code} ${error.detail}`.trim();
    throw error;
  }
}

// Those that are not here have their tests where the thing is: attacks/, asn1/, revocation/, sign/.
describe('eds: limits', function () {
  this.timeout(60_000);
  let ca: TestAuthority;
  let signer: Member;
  before(async () => {
    ca = await authority('gost2015-256');
    signer = await person(ca);
  });
  const verify = async (signature: Uint8Array): Promise<readonly string[]> =>
    (await new EdsVerifier().verify({ signature }, documentPolicy(trusting(...ca.roots), now)))
      .reasons;

  it('a CMS', async () => {
    const spaces = Buffer.alloc(limits.cmsBytes + 1, ' ');
    expect(await verify(spaces)).to.deep.equal(['too-large']);
    expect(await verify(spaces.subarray(1))).to.deep.equal(['parse']);
  });

  it('a certificate', async () => {
    const bytes = Buffer.alloc(limits.certificateBytes + 1);
    expect(await refusal(() => new Certificate(bytes))).to.equal('too-large certificate');
    expect(await refusal(() => new Certificate(bytes.subarray(1)))).to.match(/^parse/);
  });

  it('an OCSP answer, a timestamp and a key file', async () => {
    for (const [read, bytes] of [
      [readOcspResponse, limits.ocspBytes],
      [readTimestampToken, limits.timestampBytes],
      [tokenOfResponse, limits.timestampBytes],
      [(file: Buffer) => openPkcs12(file, ''), limits.pkcs12Bytes],
    ] as const) {
      const file = Buffer.alloc(bytes + 1);
      expect(await refusal(() => read(file))).to.match(/too.large/);
      expect(await refusal(() => read(file.subarray(1)))).to.not.match(/too.large/);
    }
  });

  it('a CRL: octets, entries, what stands around them', async () => {
    const chunk = Buffer.alloc(16 * 2 ** 20);
    const feed = new OctetFeed(Array(17).fill(chunk), limits.crlBytes);
    const takeAll = async (): Promise<void> => {
      for (let i = 0; i < 17; i++) await feed.take(chunk.length);
    };
    expect(await refusal(takeAll)).to.equal('too-large CRL');

    const list = (issuer: Uint8Array): Promise<Buffer> => {
      const entries = [1, 2, 3].map((i) => ({
        serial: Buffer.of(i),
        revokedAt: now,
        reason: 'superseded' as const,
      }));
      return issueCrl({ issuer, thisUpdate: now, nextUpdate: now, entries }, ca.issuing.key);
    };
    const silent = { head: () => undefined, entry: () => undefined, signed: () => undefined };
    const three = await list(ca.issuing.certificate.subject.raw);
    expect(await refusal(() => readCrl([three], silent, 3))).to.equal('taken');
    expect(await refusal(() => readCrl([three], silent, 2))).to.equal('too-large CRL entries');
    const long = await list(nameDer([[oids.commonName, 'x'.repeat(limits.crlFrameBytes)]]));
    expect(await refusal(() => readCrl([long], silent))).to.equal('crl-parse an element too large');
  });

  it('certificates and lists within a CMS', async () => {
    // Counted before they are read: numbers will do.
    const certificates = (count: number): Certificate[] =>
      Array.from(
        { length: count },
        (_, i) => ({ der: der.sequence(der.integer(i)) }) as unknown as Certificate,
      );
    const parts = { contentType: oids.data, content: undefined, digests: [], signerInfos: [] };
    const read = (more: object): Promise<string> =>
      refusal(() => readSignedData(signedDataDer({ ...parts, certificates: [], ...more })));
    const most = limits.certificates;
    expect(await read({ certificates: certificates(most + 1) })).to.equal('too-large certificates');
    expect(await read({ certificates: certificates(most) })).to.match(/^parse/);
    const crls = (count: number): object => ({ crls: Array(count).fill(der.sequence()) });
    expect(await read(crls(limits.embeddedStatuses + 1))).to.equal('too-large crls');
    expect(await read(crls(limits.embeddedStatuses))).to.equal('taken');
  });

  it('signatures that are checked for one file: a hostile one costs less than a second', async () => {
    // Every signer has a timestamp of an authority that 40 certificates of the right name have not issued.
    const made = await makeKey('gost2015-256', seededBytes('hostile'));
    const subject = nameDer([[oids.commonName, 'ЖАЛҒАН']]);
    const issuers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        issueCertificate(
          {
            serial: Buffer.of(1, i),
            subject,
            issuer: subject,
            notBefore: now - second,
            notAfter: now + second,
            publicKeyInfo: made.key.publicKeyInfo,
            extensions: [extensions.basicConstraints(true), extensions.keyUsage('keyCertSign')],
          },
          made.key,
        ),
      ),
    );
    const { certificate: like } = ca.timestamps;
    const tsa = await issueCertificate(
      {
        serial: Buffer.of(2),
        subject: like.subject.raw,
        issuer: subject,
        notBefore: now - second,
        notAfter: now + second,
        publicKeyInfo: ca.timestamps.key.publicKeyInfo,
        extensions: [extensions.extendedKeyUsage([oids.timeStamping], true)],
      },
      signer.key,
    );
    const signature = await forge(signer, {
      signers: limits.signers,
      certificates: [signer.certificate, ...signer.chain, ...issuers],
      signedAt: now,
      unsigned: async (value) => [
        attribute(
          oids.signatureTimestamp,
          await issueTimestamp({
            authority: { ...ca.timestamps, certificate: tsa, chain: [] },
            policy: ca.policy,
            digest: 'streebog256',
            imprint: digestOf('streebog256', value),
            genTime: now,
            serial: 1n,
          }),
        ),
      ],
    });
    const before = process.cpuUsage();
    const reasons = await verify(signature);
    const { user, system } = process.cpuUsage(before);
    expect(reasons).to.deep.equal(['tst-cert-untrusted', 'too-large']);
    expect((user + system) / 1000, 'ms').to.be.lessThan(1000);
  });

  it('certificates and answers that a signer brings', async () => {
    const [count, most] = [limits.certificateValues, limits.embeddedStatuses];
    const withAttribute = async (oid: string, value: Uint8Array): Promise<readonly string[]> =>
      verify(await forge(signer, { unsigned: () => Promise.resolve([attribute(oid, value)]) }));
    const certificates = (many: number): Uint8Array =>
      der.sequence(...Array<Uint8Array>(many).fill(signer.certificate.der));
    expect(await withAttribute(oids.certificateValues, certificates(count))).to.deep.equal([]);
    expect(await withAttribute(oids.certificateValues, certificates(count + 1))).to.deep.equal([
      'too-large',
    ]);
    const answers = (many: number): Uint8Array =>
      der.sequence(der.context(1, der.sequence(...Array<Uint8Array>(many).fill(der.null()))));
    expect(await withAttribute(oids.revocationValues, answers(most))).to.deep.equal([]);
    expect(await withAttribute(oids.revocationValues, answers(most + 1))).to.deep.equal([
      'too-large',
    ]);
  });

  it('an RSA key', async () => {
    const key = (bits: number): Promise<string> => {
      const modulus = Buffer.concat([Buffer.of(0, 0x80), Buffer.alloc(bits / 8 - 2), Buffer.of(1)]);
      const numbers = der.sequence(der.integer(modulus), der.integer(65_537));
      const algorithm = der.sequence(der.oid('1.2.840.113549.1.1.1'), der.null());
      const info = readPublicKeyInfo(readDer(der.sequence(algorithm, der.bits(numbers))));
      return refusal(() => publicKeyOf(info));
    };
    expect(await key(limits.rsaBitsLeast - 8)).to.equal('key-invalid RSA of 2040 bits');
    expect(await key(limits.rsaBitsLeast)).to.equal('taken');
    expect(await key(limits.rsaBitsMost)).to.equal('taken');
    expect(await key(limits.rsaBitsMost + 8)).to.equal('key-invalid RSA of 8200 bits');
  });

  it('the difference of clocks', async () => {
    const ahead = now + limits.clockSkewMs;
    expect(await verify(await forge(signer, { signedAt: ahead }))).to.deep.equal([]);
    expect(await verify(await forge(signer, { signedAt: ahead + second }))).to.deep.equal([
      'signing-time-in-future',
    ]);
  });
});
