import { expect } from 'chai';
import { publicKeyOf, readPublicKeyInfo } from '../../src/eds/algorithms/public-key.ts';
import { der } from '../../src/eds/asn1/der.ts';
import { readDer } from '../../src/eds/asn1/read-asn1.ts';
import { issueCrl } from '../../src/eds/authority/issue-crl.ts';
import { nameDer } from '../../src/eds/authority/name-der.ts';
import type { Member, TestAuthority } from '../../src/eds/authority/test-authority.ts';
import { readSignedData } from '../../src/eds/cms/signed-data.ts';
import { limits } from '../../src/eds/limits.ts';
import { oids } from '../../src/eds/oids.ts';
import { Refusal } from '../../src/eds/refusal.ts';
import { readOcspResponse } from '../../src/eds/revocation/ocsp-response.ts';
import { OctetFeed } from '../../src/eds/revocation/octet-feed.ts';
import { readCrl } from '../../src/eds/revocation/read-crl.ts';
import { signedDataDer } from '../../src/eds/sign/cms-der.ts';
import { openPkcs12 } from '../../src/eds/sign/pkcs12.ts';
import { readTimestampToken, tokenOfResponse } from '../../src/eds/timestamp/timestamp-token.ts';
import { EdsVerifier } from '../../src/eds/verify/eds-verifier.ts';
import { Certificate } from '../../src/eds/x509/certificate.ts';
import { authority, person } from './support/authorities.ts';
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
