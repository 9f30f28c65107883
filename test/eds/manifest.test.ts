import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { SignatureVerifier } from '../../src/eds/algorithms/signature-verifier.ts';
import { checkOcsp } from '../../src/eds/revocation/check-ocsp.ts';
import { readOcspResponse } from '../../src/eds/revocation/ocsp-response.ts';
import { readCrl } from '../../src/eds/revocation/read-crl.ts';
import { RecordSorter } from '../../src/eds/revocation/record-sorter.ts';
import { GivenCrls } from '../../src/eds/revocation/given-crls.ts';
import { verifiedCrl } from '../../src/eds/revocation/verified-crl.ts';
import { checkTimestamp } from '../../src/eds/timestamp/check-timestamp.ts';
import { readTimestampToken, tokenOfResponse } from '../../src/eds/timestamp/timestamp-token.ts';
import { digestOf } from '../../src/eds/algorithms/digests.ts';
import { MailError } from '../../src/core/errors.ts';
import { openPkcs12 } from '../../src/eds/sign/pkcs12.ts';
import { VerifiedLinks } from '../../src/eds/trust/verified-links.ts';
import { EdsVerifier } from '../../src/eds/verify/eds-verifier.ts';
import { nationalTimestampPolicies } from '../../src/eds/verify/policy.ts';
import { identityOf } from '../../src/eds/x509/identity.ts';
import { nameText } from '../../src/eds/x509/name.ts';
import { documentPolicy, trusting } from './support/policies.ts';
import {
  hasSharedData,
  manifest,
  type ManifestEntry,
  sharedCertificate,
  sharedFile,
} from './support/shared-data.ts';

const time = (text: string | null | undefined): number => Date.parse(text ?? '');
const entries = manifest();
const of = (...kinds: readonly string[]): readonly ManifestEntry[] =>
  entries.filter((entry) => kinds.some((kind) => entry.kind.startsWith(kind)));
const authorities = of('ca-certificate').map((entry) => entry.file);

describe('eds: files of the National CA', function () {
  this.timeout(60_000);
  const verifier = new SignatureVerifier();
  const links = new VerifiedLinks(verifier);
  const tools = { verifier, links };

  before(function () {
    if (hasSharedData) return;
    process.stdout.write(
      '    (the folder of real signatures is not here: its tests are skipped)\n',
    );
    this.skip();
  });

  it('are those that the manifest means', () => {
    for (const { file, sha256 } of entries) {
      expect(createHash('sha256').update(sharedFile(file)).digest('hex'), file).to.equal(sha256);
    }
  });

  describe('certificates', () => {
    for (const entry of of('ca-certificate', 'certificate')) {
      it(entry.file, async () => {
        const certificate = sharedCertificate(entry.file);
        const issuer = sharedCertificate(entry.verifiesUnder ?? '');
        expect(await links.isSignedBy(certificate, issuer)).to.equal(entry.mustVerify);
        expect(nameText(certificate.subject)).to.equal(entry.subject);
        expect(certificate.serialHex.replace(/^00/, '')).to.equal(entry.serial);
        expect([certificate.notBefore, certificate.notAfter]).to.deep.equal(
          [entry.notBefore, entry.notAfter].map(time),
        );
        if (entry.kind === 'ca-certificate') return;
        const { iins, bins, roles } = identityOf(certificate);
        expect({ iin: iins[0] ?? null, bin: bins[0] ?? null, roles }).to.deep.equal({
          iin: entry.iin,
          bin: entry.bin ?? null,
          roles: entry.roles,
        });
        expect([...(certificate.keyUsage ?? [])]).to.deep.equal(entry.keyUsage);
        expect(certificate.extendedKeyUsage).to.deep.equal(entry.eku);
        expect(certificate.policies).to.deep.equal(entry.policies);
      });
    }
  });

  describe('CRLs', () => {
    for (const entry of of('crl')) {
      it(entry.file, async () => {
        const issuer = sharedCertificate(entry.verifiesUnder ?? '');
        const sorter = new RecordSorter();
        const meta = await verifiedCrl(verifier, [sharedFile(entry.file)], [issuer], sorter);
        expect(meta).to.include({
          thisUpdate: time(entry.thisUpdate),
          nextUpdate: time(entry.nextUpdate),
          number: String(entry.crlNumber),
          deltaBase: undefined,
          scope: 'all',
          entries: entry.entries,
        });
        const silent = { head: () => undefined, entry: () => undefined, signed: () => undefined };
        const { head } = await readCrl([sharedFile(entry.file)], silent);
        expect(nameText(head.issuer)).to.equal(entry.issuer);
      });
    }
  });

  describe('OCSP answers', () => {
    // The certificates asked about are not in the folder, but their numbers are, which is all that an answer has.
    for (const entry of of('ocsp')) {
      it(entry.file, async () => {
        const bytes = sharedFile(entry.file);
        const issuer = sharedCertificate(
          entry.responderCertUnder ?? 'ca/test/nca_rsa_test_2019.crt',
        );
        const { basic } = readOcspResponse(bytes);
        const [single] = basic?.responses ?? [];
        const certificate = Object.assign(Object.create(issuer) as typeof issuer, {
          serial: single?.certId.serial,
        });
        const now = basic?.producedAt ?? 0;
        const question = { certificate, issuer, now, reference: now };
        const nonce = basic?.nonce;
        const answer = await checkOcsp(tools, bytes, question, { nonce, freshMs: 0 });
        if (entry.mustVerify !== true) {
          expect(answer).to.include({ status: 'unknown', reason: 'ocsp-signature-invalid' });
          return;
        }
        expect(answer).to.include({ status: entry.status, thisUpdate: time(entry.thisUpdate) });
        if (answer.status === 'revoked') {
          expect(answer.revokedAt).to.equal(time(entry.revocationTime));
        }
        expect(`0408${Buffer.from(nonce ?? []).toString('hex')}`).to.equal(entry.nonceOctets);
        expect(Buffer.from(certificate.serial).toString('hex').replace(/^00/, '')).to.equal(
          entry.certSerial,
        );
        expect(now).to.equal(time(entry.producedAt));
        const late = now + 10 * 60_000;
        const later = { ...question, now: late, reference: late };
        const stale = await checkOcsp(tools, bytes, later, { nonce: undefined, freshMs: 300_000 });
        expect(stale).to.include({ status: 'unknown', reason: 'ocsp-stale' });
      });
    }
  });

  describe('timestamps', () => {
    for (const entry of of('timestamp-response', 'timestamp-token')) {
      it(entry.file, async () => {
        const bytes = sharedFile(entry.file);
        const token = entry.kind.startsWith('timestamp-response') ? tokenOfResponse(bytes) : bytes;
        const { imprintOf, imprint = '' } = entry;
        const checked = await checkTimestamp(tools, {
          token,
          imprint: (digest) =>
            imprintOf === undefined
              ? Buffer.from(imprint, 'hex')
              : digestOf(digest, sharedFile(imprintOf)),
          hints: [],
          trust: trusting(...authorities.map(sharedCertificate)),
          now: time(entry.genTime),
          policies: nationalTimestampPolicies,
          nonce: readTimestampToken(token).info.nonce ?? Buffer.alloc(0),
        });
        expect(checked.info).to.include({ policy: entry.policy, genTime: time(entry.genTime) });
        expect(Buffer.from(checked.info.imprint).toString('hex')).to.equal(imprint);
        expect(Buffer.from(checked.info.nonce ?? []).toString('hex')).to.equal(entry.nonce);
        expect(checked.chain[1]?.equals(sharedCertificate(entry.tsaCertUnder ?? ''))).to.equal(
          true,
        );
      });
    }
  });

  describe('key files', () => {
    for (const entry of of('pkcs12')) {
      it(entry.file, async () => {
        const bytes = sharedFile(entry.file);
        const [signer, ...others] = openPkcs12(bytes, entry.password ?? '');
        expect(others).to.deep.equal([]);
        if (signer === undefined) throw new Error('nobody');
        const { certificate, key } = signer;
        const uid = '0.9.2342.19200300.100.1.1=';
        expect(nameText(certificate.subject)).to.equal(entry.subject?.replace(uid, 'UID='));
        const issuer = sharedCertificate(entry.verifiesUnder ?? '');
        expect(await links.isSignedBy(certificate, issuer)).to.equal(true);
        const message = Buffer.from('what the key signs, the certificate verifies');
        const signature = await key.sign(message);
        const { publicKey } = certificate;
        expect(await verifier.verify(publicKey, key.algorithm, message, signature)).to.equal(true);
        expect(() => openPkcs12(bytes, `${entry.password ?? ''} `)).to.throw(MailError, 'password');
      });
    }
  });

  describe('signatures', () => {
    for (const entry of of('cms-')) {
      const { expect: wanted = entry.policyResult, reason } = entry;
      const reasons = wanted === 'valid' ? [] : (entry.policyErrors ?? [reason ?? '']);
      it(`${entry.file} is ${wanted ?? ''} ${reasons.join(', ')}`, async () => {
        const trust = trusting(...(entry.trust ?? authorities).map(sharedCertificate));
        const crls = entry.crl == null ? [] : [sharedFile(entry.crl)];
        const sources = crls.length === 0 ? [] : [new GivenCrls(verifier, crls)];
        const content = entry.content === undefined ? {} : { content: sharedFile(entry.content) };
        const verdict = await new EdsVerifier(verifier).verify(
          { signature: sharedFile(entry.file), ...content },
          // NCANode 3 leaves the certificate's hash out.
          documentPolicy(trust, time(entry.verifyAt), sources, { ess: 'when-present' }),
        );
        expect(verdict.valid).to.equal(wanted === 'valid');
        // The manifest has one reason; of the information system there are more to tell.
        if (entry.file.includes('n19')) expect(verdict.reasons[0]).to.equal(reason);
        else expect(verdict.reasons).to.deep.equal(reasons);
        const [signer] = verdict.signers;
        if (entry.iin !== undefined) expect(signer?.iin).to.equal(entry.iin);
        if (entry.bin !== undefined) expect(signer?.bin).to.equal(entry.bin);
        if (entry.role !== undefined) expect(signer?.roles).to.include(entry.role);
        for (const [i, known] of (entry.signers ?? []).entries()) {
          const found = verdict.signers[i];
          expect({
            iin: found?.iin ?? null,
            bin: found?.bin ?? null,
            roles: found?.roles,
            signedAt: found?.signedAt,
            timestamp: found?.timestamp?.time,
          }).to.deep.equal({
            iin: known.iin,
            bin: known.bin,
            roles: known.roles,
            signedAt: time(known.signingTime),
            timestamp: known.timestamp === null ? undefined : time(known.timestamp),
          });
        }
      });
    }
  });
});
