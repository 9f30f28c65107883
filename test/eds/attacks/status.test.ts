import { expect } from 'chai';
import { der } from '../../../src/eds/asn1/der.ts';
import { digestOf } from '../../../src/eds/algorithms/digests.ts';
import { extensions } from '../../../src/eds/authority/issue-certificate.ts';
import {
  issueBasicOcsp,
  issueOcsp,
  type OcspAnswerRequest,
  type OcspRequestedStatus,
  ocspRefusal,
} from '../../../src/eds/authority/issue-ocsp.ts';
import { issueTimestamp } from '../../../src/eds/authority/issue-timestamp.ts';
import {
  type IssueRequest,
  type Member,
  TestAuthority,
} from '../../../src/eds/authority/test-authority.ts';
import { oids } from '../../../src/eds/oids.ts';
import type { ReasonCode } from '../../../src/eds/reasons.ts';
import { encodeCertId } from '../../../src/eds/revocation/cert-id.ts';
import { checkOcsp } from '../../../src/eds/revocation/check-ocsp.ts';
import { GivenAnswers } from '../../../src/eds/revocation/given-answers.ts';
import { GivenCrls } from '../../../src/eds/revocation/given-crls.ts';
import type { StatusSource } from '../../../src/eds/revocation/status-source.ts';
import { attribute } from '../../../src/eds/sign/cms-der.ts';
import { EdsVerifier } from '../../../src/eds/verify/eds-verifier.ts';
import { type Attack, attackSuite } from '../support/attack-suite.ts';
import { iin, seededBytes } from '../support/authorities.ts';
import { day, hour, minute, now } from '../support/clock.ts';
import { flip, forge } from '../support/forge.ts';
import { documentPolicy, trusting } from '../support/policies.ts';

describe('eds: attacks on the status of certificates', function () {
  this.timeout(60_000);
  const freshMs = 5 * minute;
  const verifier = new EdsVerifier();
  const tools = { verifier: verifier.signatures, links: verifier.links };
  let ca: TestAuthority;
  let signer: Member;
  let other: Member;
  before(async () => {
    ca = await TestAuthority.create({
      family: 'gost2015-256',
      now: now - 9 * day,
      randomBytes: seededBytes('status'),
    });
    signer = await ca.issue({ subject: { commonName: 'СЫНАҚ', iin } });
    other = await ca.issue({ subject: { commonName: 'БАСҚА', iin } });
  });
  const policy = () => documentPolicy(trusting(...ca.roots), now);

  const single = (changes: Partial<OcspRequestedStatus> = {}): OcspRequestedStatus => ({
    certId: encodeCertId(signer.certificate, ca.issuing.certificate),
    status: 'good',
    thisUpdate: now - minute,
    ...changes,
  });
  const answer = (
    changes: Partial<OcspAnswerRequest> = {},
    ...singles: readonly OcspRequestedStatus[]
  ): Promise<Buffer> =>
    issueOcsp({
      responder: ca.responder,
      producedAt: now - minute,
      responses: singles.length === 0 ? [single()] : singles,
      ...changes,
    });
  const asked = (...sources: readonly StatusSource[]) => ({
    revocation: {
      ...documentPolicy(trusting(), now, sources).revocation,
      signer: 'required' as const,
    },
  });
  const given = (...answers: readonly Uint8Array[]): StatusSource =>
    new GivenAnswers(tools, answers, freshMs);
  const withAnswer = async (bytes: Uint8Array | Promise<Uint8Array>): Promise<Attack> => ({
    signature: await forge(signer),
    policy: asked(given(await bytes)),
  });
  const responder = (changes: Partial<IssueRequest> = {}): Promise<Member> =>
    ca.issue({
      subject: { commonName: 'OCSP' },
      extensions: [
        extensions.keyUsage('digitalSignature'),
        extensions.extendedKeyUsage([oids.ocspSigning]),
        extensions.noCheck(),
      ],
      ...changes,
    });
  const unknown = (code: ReasonCode): readonly ReasonCode[] => ['revocation-unknown', code];
  const revoked = (reason: 'keyCompromise' | 'superseded' | 'unspecified', at = now - hour) =>
    answer({}, single({ status: { revokedAt: at, reason } }));

  describe('what is good', () => {
    attackSuite(
      {
        'a fresh answer': [[], () => withAnswer(answer())],
        'an answer by the issuer itself': [
          [],
          () => withAnswer(answer({ responder: ca.issuing, certificates: [] })),
        ],
        'a responder by the hash of its key': [
          [],
          () => {
            const id = digestOf('sha1', ca.responder.certificate.publicKeyInfo.bits);
            return withAnswer(answer({ responderId: der.context(2, der.octets(id)) }));
          },
        ],
        'an older answer that is good until later': [
          [],
          () =>
            withAnswer(
              answer(
                { producedAt: now - day },
                single({ thisUpdate: now - day, nextUpdate: now + hour }),
              ),
            ),
        ],
        'the second source, when the first is silent': [
          [],
          async () => ({
            signature: await forge(signer),
            policy: asked(given(), given(await answer())),
          }),
        ],
        'the answer within the signature': [
          [],
          async () => {
            const basic = await issueBasicOcsp({
              responder: ca.responder,
              producedAt: now - minute,
              responses: [single()],
            });
            const values = der.sequence(der.context(1, der.sequence(basic)));
            return {
              signature: await forge(signer, {
                unsigned: () => Promise.resolve([attribute(oids.revocationValues, values)]),
              }),
              policy: asked(),
            };
          },
        ],
        'the CRL within the signature': [
          [],
          async () => ({
            signature: await forge(signer, { crls: [await ca.crl(now - minute)] }),
            policy: asked(),
          }),
        ],
      },
      policy,
    );
  });

  describe('revocations', () => {
    attackSuite(
      {
        revoked: [['revoked'], () => withAnswer(revoked('superseded'))],
        'revoked as of tomorrow': [['revoked'], () => withAnswer(revoked('superseded', now + day))],
        'never issued (extended revoke)': [
          ['never-issued'],
          () =>
            withAnswer(answer({}, single({ status: { revokedAt: 0, reason: 'certificateHold' } }))),
        ],
        'good by a stale answer, revoked by a CRL': [
          ['revoked'],
          async () => {
            const stale = await answer(
              { producedAt: now - hour },
              single({ thisUpdate: now - hour }),
            );
            const own = await TestAuthority.create({
              family: 'gost2015-256',
              now: now - 9 * day,
              randomBytes: seededBytes('status crl'),
            });
            const member = await own.issue({ subject: { commonName: 'СЫНАҚ', iin } });
            own.revoke(member.certificate, now - day, 'keyCompromise');
            const crls = new GivenCrls(verifier.signatures, [await own.crl(now - minute)]);
            return {
              signature: await forge(member),
              policy: { ...asked(given(stale), crls), trust: trusting(...own.roots) },
            };
          },
        ],
      },
      policy,
    );
  });

  describe('answers', () => {
    attackSuite(
      {
        'nobody answers': [
          ['revocation-unknown'],
          async () => ({ signature: await forge(signer), policy: asked() }),
        ],
        'about another certificate': [
          ['revocation-unknown'],
          () =>
            withAnswer(
              answer(
                {},
                single({ certId: encodeCertId(other.certificate, ca.issuing.certificate) }),
              ),
            ),
        ],
        'about the number under another issuer': [
          ['revocation-unknown'],
          () =>
            withAnswer(
              answer({}, single({ certId: encodeCertId(signer.certificate, ca.root.certificate) })),
            ),
        ],
        'twice about the certificate, good and revoked': [
          ['revocation-unknown'],
          () =>
            withAnswer(
              answer(
                {},
                single(),
                single({ status: { revokedAt: now - day, reason: 'keyCompromise' } }),
              ),
            ),
        ],
        'with a bit changed': [
          unknown('ocsp-signature-invalid'),
          async () => {
            const bytes = await answer();
            const at = bytes.indexOf(der.generalizedTime(now - minute));
            return withAnswer(flip(bytes, at + 15));
          },
        ],
        'signed by another key in the name of the responder': [
          unknown('ocsp-signature-invalid'),
          () => withAnswer(answer({ responder: { ...ca.responder, key: other.key } })),
        ],
        'by a user': [
          unknown('ocsp-responder-untrusted'),
          () => withAnswer(answer({ responder: other })),
        ],
        'by the signer himself': [
          unknown('ocsp-responder-untrusted'),
          () => withAnswer(answer({ responder: signer })),
        ],
        'by a responder of another authority': [
          unknown('ocsp-responder-untrusted'),
          async () => {
            const fake = await TestAuthority.create({
              family: 'gost2015-256',
              now: now - 9 * day,
              randomBytes: seededBytes('fake ocsp'),
              label: 'FAKE',
            });
            return withAnswer(answer({ responder: fake.responder }));
          },
        ],
        'by a responder of an authority of the same name': [
          unknown('ocsp-responder-untrusted'),
          async () => {
            const fake = await TestAuthority.create({
              family: 'gost2015-256',
              now: now - 9 * day,
              randomBytes: seededBytes('fake ocsp 2'),
            });
            return withAnswer(answer({ responder: fake.responder }));
          },
        ],
        "by the root, whose responder is not the issuer's": [
          unknown('ocsp-responder-untrusted'),
          () => withAnswer(answer({ responder: ca.root, certificates: [ca.root.certificate] })),
        ],
        'without the certificate of the responder': [
          unknown('ocsp-responder-untrusted'),
          () => withAnswer(answer({ certificates: [] })),
        ],
        'by a responder without ocsp-nocheck': [
          unknown('ocsp-responder-untrusted'),
          async () =>
            withAnswer(
              answer({
                responder: await responder({
                  extensions: [
                    extensions.keyUsage('digitalSignature'),
                    extensions.extendedKeyUsage([oids.ocspSigning]),
                  ],
                }),
              }),
            ),
        ],
        'by somebody with ocsp-nocheck and without the usage': [
          unknown('ocsp-responder-untrusted'),
          async () =>
            withAnswer(
              answer({
                responder: await responder({
                  extensions: [extensions.keyUsage('digitalSignature'), extensions.noCheck()],
                }),
              }),
            ),
        ],
        'by a responder whose key may not sign': [
          unknown('ocsp-responder-untrusted'),
          async () =>
            withAnswer(
              answer({
                responder: await responder({
                  extensions: [
                    extensions.keyUsage('keyAgreement'),
                    extensions.extendedKeyUsage([oids.ocspSigning]),
                    extensions.noCheck(),
                  ],
                }),
              }),
            ),
        ],
        'by a responder that had ended': [
          unknown('ocsp-responder-untrusted'),
          async () => withAnswer(answer({ responder: await responder({ notAfter: now - hour }) })),
        ],
        'of an hour ago, without an end': [
          unknown('ocsp-stale'),
          () => withAnswer(answer({ producedAt: now - hour }, single({ thisUpdate: now - hour }))),
        ],
        'that has ended': [
          unknown('ocsp-stale'),
          () =>
            withAnswer(
              answer(
                { producedAt: now - day },
                single({ thisUpdate: now - day, nextUpdate: now - hour }),
              ),
            ),
        ],
        'from the future': [
          unknown('ocsp-in-future'),
          () => withAnswer(answer({ producedAt: now + hour }, single({ thisUpdate: now + hour }))),
        ],
        'that does not know the certificate': [
          unknown('ocsp-status-unknown'),
          () => withAnswer(answer({}, single({ status: 'unknown' }))),
        ],
        'that asks to try later': [
          unknown('ocsp-not-successful'),
          () => withAnswer(ocspRefusal(3)),
        ],
        'that says unauthorized': [
          unknown('ocsp-not-successful'),
          () => withAnswer(ocspRefusal(6)),
        ],
        'that is a page of HTML': [
          unknown('ocsp-parse'),
          () => withAnswer(Buffer.from('<html></html>')),
        ],
        'that is nothing': [unknown('ocsp-parse'), () => withAnswer(Buffer.alloc(0))],
        'with octets behind it': [
          unknown('ocsp-parse'),
          async () => withAnswer(Buffer.concat([await answer(), Buffer.of(0)])),
        ],
        'that is larger than the limit': [
          unknown('ocsp-parse'),
          () => withAnswer(Buffer.alloc(65 * 1024, 0x30)),
        ],
        'within the signature, an hour old': [
          unknown('ocsp-stale'),
          async () => {
            const basic = await issueBasicOcsp({
              responder: ca.responder,
              producedAt: now - hour,
              responses: [single({ thisUpdate: now - hour })],
            });
            const values = der.sequence(der.context(1, der.sequence(basic)));
            return {
              signature: await forge(signer, {
                unsigned: () => Promise.resolve([attribute(oids.revocationValues, values)]),
              }),
              policy: asked(),
            };
          },
        ],
      },
      policy,
    );
  });

  it('an answer about somebody else is told as such by who reads it', async () => {
    const question = { certificate: other.certificate, issuer: ca.issuing.certificate };
    const found = await checkOcsp(
      tools,
      await answer(),
      { ...question, now, reference: now },
      { nonce: undefined, freshMs },
    );
    expect(found).to.include({ status: 'unknown', reason: 'ocsp-cert-id-mismatch' });
  });

  describe('nonces', () => {
    const nonce = Buffer.from('0123456789abcdef');
    const ask = async (inAnswer: Uint8Array | undefined, thisUpdate = now - minute) => {
      const bytes = await answer({ nonce: inAnswer }, single({ thisUpdate }));
      const { certificate } = signer;
      const question = { certificate, issuer: ca.issuing.certificate, now, reference: now };
      const found = await checkOcsp(tools, bytes, question, { nonce, freshMs });
      return found.status === 'unknown' ? found.reason : found.status;
    };
    it('that come back are good, whatever the time of the answer', async () => {
      expect(await ask(nonce)).to.equal('good');
      expect(await ask(nonce, now - hour)).to.equal('good');
    });
    it('of somebody else are refused', async () => {
      expect(await ask(flip(nonce, 3))).to.equal('ocsp-nonce-mismatch');
      expect(await ask(nonce.subarray(1))).to.equal('ocsp-nonce-mismatch');
    });
    it('that do not come back are good only in a fresh answer', async () => {
      expect(await ask(undefined)).to.equal('good');
      expect(await ask(undefined, now - hour)).to.equal('ocsp-stale');
    });
  });

  describe('revocations after a timestamp', () => {
    const stamped = async (
      source: Promise<Uint8Array>,
      genTime = now - 2 * day,
    ): Promise<Attack> => ({
      signature: await forge(signer, {
        signedAt: genTime,
        unsigned: async (signature) => {
          const token = await issueTimestamp({
            authority: ca.timestamps,
            policy: ca.policy,
            digest: 'streebog256',
            imprint: digestOf('streebog256', signature),
            genTime,
            serial: 1n,
          });
          return [attribute(oids.signatureTimestamp, token)];
        },
      }),
      policy: asked(given(await source)),
    });
    attackSuite(
      {
        'superseded later: the signature stays good': [[], () => stamped(revoked('superseded'))],
        'the key was taken later': [['revoked'], () => stamped(revoked('keyCompromise'))],
        'for no reason that is told': [['revoked'], () => stamped(revoked('unspecified'))],
        'superseded before the stamp': [
          ['revoked'],
          () => stamped(revoked('superseded', now - 3 * day)),
        ],
        'an old answer, younger than the stamp': [
          [],
          () => stamped(answer({ producedAt: now - day }, single({ thisUpdate: now - day }))),
        ],
        'an old answer, older than the stamp': [
          unknown('ocsp-stale'),
          () =>
            stamped(answer({ producedAt: now - 3 * day }, single({ thisUpdate: now - 3 * day }))),
        ],
      },
      policy,
    );
  });

  describe('authorities', () => {
    const aboutIssuer = (): Promise<Buffer> =>
      issueOcsp({
        responder: ca.root,
        producedAt: now - minute,
        responses: [
          {
            certId: encodeCertId(ca.issuing.certificate, ca.root.certificate),
            status: { revokedAt: now - day, reason: 'cACompromise' },
            thisUpdate: now - minute,
          },
        ],
      });
    attackSuite(
      {
        'the issuer is revoked': [
          ['issuer-revoked'],
          async () => ({
            signature: await forge(signer),
            policy: asked(given(await answer(), await aboutIssuer())),
          }),
        ],
        'the status of the issuer is required, and nobody knows it': [
          ['revocation-unknown'],
          async () => {
            const { revocation } = asked(given(await answer()));
            return {
              signature: await forge(signer),
              policy: { revocation: { ...revocation, authorities: 'required' } },
            };
          },
        ],
      },
      policy,
    );
  });
});
