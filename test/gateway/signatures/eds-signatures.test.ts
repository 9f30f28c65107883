import { expect } from 'chai';
import type {
  IssueRequest,
  Member,
  TestAuthority,
} from '../../../src/eds/authority/test-authority.ts';
import { TestAuthority as Authority } from '../../../src/eds/authority/test-authority.ts';
import { readSignedData } from '../../../src/eds/cms/signed-data.ts';
import { revocationValues } from '../../../src/eds/cms/unsigned-values.ts';
import { oids } from '../../../src/eds/oids.ts';
import { CryptoPool } from '../../../src/eds/pool/crypto-pool.ts';
import { timestampAttribute } from '../../../src/eds/sign/long-term.ts';
import { signCms } from '../../../src/eds/sign/sign-cms.ts';
import { signatureLimits } from '../../../src/gateway/signatures/limits.ts';
import { codeOfReason } from '../../../src/gateway/signatures/code-of-reason.ts';
import { catalogue } from '../../../src/gateway/texts/catalogue.ts';
import { bin, head, iin, person, seededBytes } from '../../eds/support/authorities.ts';
import { day, hour, minute, now, second } from '../../eds/support/clock.ts';
import { flip, forge, letter, replace } from '../../eds/support/forge.ts';
import { refused } from '../support/refused.ts';
import { SignatureBench } from '../support/signature-bench.ts';

describe('gateway: signatures', function () {
  this.timeout(60_000);
  let ca: TestAuthority;
  let bench: SignatureBench;
  let signer: Member;
  before(async () => {
    ca = await Authority.create({
      family: 'rsa',
      now: now - 3 * day,
      randomBytes: seededBytes('signatures'),
    });
    bench = await SignatureBench.open(ca);
    signer = await person(ca);
  });
  beforeEach(() => {
    bench.clock.time = now;
    bench.services.behaviour = 'right';
  });
  after(() => bench.close());

  const issue = (request: Partial<IssueRequest> = {}): Promise<Member> =>
    ca.issue({ subject: { commonName: 'СЫНАҚ АДАМ', surname: 'СЫНАҚ', iin }, ...request });
  const refusal = (signature: Uint8Array | string, content?: Uint8Array): Promise<string> =>
    refused(() => bench.signatures.verify(signature, content));

  it('R-6.2 identity comes from the certificate: person, number, roles, name', async () => {
    const citizen = await ca.issue({
      subject: {
        commonName: 'ӘБІЛОВА АЙГЕРІМ',
        surname: 'ӘБІЛОВА',
        givenName: 'ҚАНАТҚЫЗЫ',
        iin,
      },
    });
    const by = await bench.signatures.verify(await bench.sign(citizen, letter));
    expect(by.iin).to.equal(iin);
    expect(by.bin).to.equal(undefined);
    expect(by.roles).to.deep.equal(['individual']);
    expect(by.name).to.deep.equal({
      surname: 'ӘБІЛОВА',
      given: 'АЙГЕРІМ',
      patronymic: 'ҚАНАТҚЫЗЫ',
    });
    expect(by.certificate).to.deep.equal({
      serial: citizen.certificate.serialHex,
      sha256: citizen.certificate.fingerprint,
      notAfter: citizen.certificate.notAfter,
    });
    expect(Buffer.from(by.content)).to.deep.equal(letter);
    expect(by.verifiedAt).to.equal(now);
  });

  it('R-6.2 a company: BIN, organisation, the role of its head', async () => {
    const by = await bench.signatures.verify(await bench.sign(await head(ca), letter));
    expect([by.iin, by.bin]).to.deep.equal([iin, bin]);
    expect(by.roles).to.deep.equal(['ceo']);
    expect(by.organisation).to.equal('ЖШС «СЫНАҚ»');
  });

  it('takes what programs send: DER, base64, wrapped, PEM', async () => {
    const der = await bench.sign(signer, letter);
    const base64 = der.toString('base64');
    const wrapped = base64.replaceAll(/.{76}/g, '$&\r\n');
    const pem = `-----BEGIN CMS-----\n${base64.replaceAll(/.{64}/g, '$&\n')}\n-----END CMS-----\n`;
    for (const given of [der, base64, wrapped, pem, Buffer.from(pem)]) {
      expect((await bench.signatures.verify(given)).iin).to.equal(iin);
    }
  });

  it('takes a detached signature over what is given, and no other', async () => {
    const detached = await signCms({
      content: letter,
      detached: true,
      signers: [signer],
      signedAt: now,
    });
    const by = await bench.signatures.verify(detached, letter);
    expect(Buffer.from(by.content)).to.deep.equal(letter);
    expect(await refusal(detached)).to.equal('EDS_NO_CONTENT');
    expect(await refusal(detached, flip(letter, 3))).to.equal('EDS_CHANGED');
    expect(await refusal(await bench.sign(signer, letter), flip(letter, 3))).to.equal(
      'EDS_CHANGED',
    );
  });

  it('keeps the status of the certificate beside the signature', async () => {
    const { cms } = await bench.signatures.verify(await bench.sign(signer, letter));
    const [kept] = readSignedData(cms).signers;
    expect(revocationValues(kept!).ocspResponses).to.have.length(1);
    // What is kept is good as before, and a status that is there already makes place for ours.
    const again = await bench.signatures.verify(cms);
    expect(revocationValues(readSignedData(again.cms).signers[0]!).ocspResponses).to.have.length(1);
  });

  describe('R-6.2 refuses, and says why', () => {
    const cases: Readonly<Record<string, readonly [string, () => Promise<Uint8Array | string>]>> = {
      'what is no signature': ['EDS_DAMAGED', () => Promise.resolve('сәлем')],
      nothing: ['EDS_DAMAGED', () => Promise.resolve('')],
      'octets behind the end': [
        'EDS_DAMAGED',
        async () => Buffer.concat([await bench.sign(signer, letter), Buffer.of(0)]),
      ],
      'two signers': [
        'EDS_ONE_SIGNER',
        async () =>
          signCms({
            content: letter,
            detached: false,
            signers: [signer, await person(ca)],
            signedAt: now,
          }),
      ],
      'no signer': ['EDS_ONE_SIGNER', () => forge(signer, { signers: 0 })],
      'no certificate': ['EDS_NO_CERTIFICATE', () => forge(signer, { certificates: [] })],
      'content that was changed': [
        'EDS_CHANGED',
        async () => replace(await bench.sign(signer, letter), letter, flip(letter, 9)),
      ],
      'a wrong signature': [
        'EDS_WRONG',
        () => forge(signer, { signature: (right) => flip(right, 20) }),
      ],
      'a signature that does not name the certificate': [
        'EDS_FORM',
        () =>
          forge(signer, {
            attributes: ({ contentType, signingTime, messageDigest }) => [
              contentType,
              signingTime,
              messageDigest,
            ],
          }),
      ],
      'a certificate of another authority': [
        'EDS_UNTRUSTED',
        async () => {
          const other = await Authority.create({
            family: 'rsa',
            now,
            randomBytes: seededBytes('other authority'),
          });
          return bench.sign(await person(other), letter);
        },
      ],
      'a certificate that has ended': [
        'EDS_EXPIRED date=2026-11-21',
        async () => bench.sign(await issue({ notAfter: now - day }), letter),
      ],
      'a certificate that has not begun': [
        'EDS_NOT_YET date=2026-11-23',
        async () => bench.sign(await issue({ notBefore: now + day }), letter),
      ],
      'a revoked certificate': [
        'EDS_REVOKED date=2026-11-20',
        async () => {
          const revoked = await issue();
          ca.revoke(revoked.certificate, now - 2 * day, 'keyCompromise');
          return bench.sign(revoked, letter);
        },
      ],
      'a certificate that was revoked after a timestamp, for whatever reason': [
        'EDS_REVOKED date=2026-11-22',
        async () => {
          const revoked = await issue();
          ca.revoke(revoked.certificate, now - hour, 'superseded');
          return signCms({
            content: letter,
            detached: false,
            signers: [revoked],
            signedAt: now - day,
            unsigned: async (made) => [
              await timestampAttribute(made, {
                timestamp: (octets) => ca.timestamp(octets, now - day),
              }),
            ],
          });
        },
      ],
      'a key for authentication': [
        'EDS_AUTH_KEY',
        async () =>
          bench.sign(
            await issue({
              keyUsage: ['digitalSignature', 'keyEncipherment'],
              extendedKeyUsage: [oids.clientAuth],
            }),
            letter,
          ),
      ],
      'a key without emailProtection': [
        'EDS_AUTH_KEY',
        async () => bench.sign(await issue({ extendedKeyUsage: [oids.clientAuth] }), letter),
      ],
      'a certificate without an IIN': [
        'EDS_OWNER',
        async () => bench.sign(await issue({ subject: { commonName: 'ЖҮЙЕ', bin } }), letter),
      ],
    };
    for (const [name, [expected, make]] of Object.entries(cases)) {
      it(`${name}: ${expected}`, async () => {
        expect(await refusal(await make())).to.equal(expected);
      });
    }

    it('a key for signatures and authentication both, as those of GOST are, is good', async () => {
      const both = await issue({ extendedKeyUsage: [oids.clientAuth, oids.emailProtection] });
      expect(await refusal(await bench.sign(both, letter))).to.equal('taken');
    });

    for (const behaviour of [
      'status-500',
      'unknown',
      'stale',
      'wrong-responder',
      'html',
    ] as const) {
      it(`a status that is not known: the responder is ${behaviour}`, async () => {
        bench.services.behaviour = behaviour;
        expect(await refusal(await bench.sign(signer, letter))).to.equal(
          'EDS_STATUS_UNKNOWN time=13:01',
        );
      });
    }
  });

  it('takes a number as the authority certifies it, and those of public test keys only when they are listed', async () => {
    const of = (number: string, company?: string): Promise<Buffer> =>
      issue({
        subject: { commonName: 'А', iin: number, ...(company !== undefined && { bin: company }) },
      }).then((member) => bench.sign(member, letter));
    // The check digit of the first is wrong; an authority gave it out all the same.
    const [wrong, test, company] = [
      await of('850101399114'),
      await of('123456789011'),
      await of(iin, '123456789021'),
    ];
    expect(await refusal(wrong)).to.equal('taken');
    expect(await refusal(test)).to.equal('EDS_TEST');
    expect(await refusal(company)).to.equal('EDS_TEST');
    const listed = await SignatureBench.open(ca, { testIdentifiers: ['123456789011'] });
    try {
      expect(await refused(() => listed.signatures.verify(test))).to.equal('taken');
      expect(await refused(() => listed.signatures.verify(company))).to.equal('EDS_TEST');
    } finally {
      await listed.close();
    }
  });

  it('R-6.2 the clock of the signer does not count', async () => {
    for (const ahead of [3 * minute, hour, -2 * day]) {
      const signature = await bench.sign(signer, letter, now + ahead);
      expect(await refusal(signature), String(ahead)).to.equal('taken');
    }
  });

  it('says that it is busy when the threads of GOST are', async () => {
    const gost = await Authority.create({
      family: 'gost2015-256',
      now: now - day,
      randomBytes: seededBytes('busy signatures'),
    });
    const pool = new CryptoPool({ threads: 1, maxWaiting: 0, maxContents: 8 });
    const crowded = await SignatureBench.open(gost, { gost: pool });
    try {
      const signature = await crowded.sign(await person(gost), letter);
      expect(await refused(() => crowded.signatures.verify(signature))).to.equal('taken');
      const many = await Promise.all(
        Array.from({ length: 8 }, () => refused(() => crowded.signatures.verify(signature))),
      );
      expect(many).to.include('EDS_BUSY');
      expect(new Set(many)).to.have.length.below(3);
    } finally {
      await crowded.close();
      await pool.close();
    }
  });

  it('limits: the octets of a login, and of a document', async () => {
    const filled = (bytes: number): Buffer => Buffer.alloc(bytes, ' ');
    const { loginBytes, documentBytes } = signatureLimits;
    expect(await refusal(filled(loginBytes))).to.equal('EDS_DAMAGED');
    expect(await refusal(filled(loginBytes + 1))).to.equal('EDS_TOO_BIG limit=64');
    const document = (bytes: number): Promise<string> =>
      refused(() => bench.documents.verify(filled(bytes)));
    expect(await document(documentBytes)).to.equal('EDS_DAMAGED');
    expect(await document(documentBytes + 1)).to.equal('EDS_TOO_BIG limit=1024');
    const large = await bench.sign(signer, filled(loginBytes));
    expect((await bench.documents.verify(large)).content).to.have.length(loginBytes);
  });

  it('limits: when it is worth asking again', async () => {
    bench.services.behaviour = 'status-500';
    bench.clock.time = now + hour + 59 * minute + 59 * second;
    const signature = await bench.sign(signer, letter);
    const minutes = signatureLimits.retryMs / minute;
    expect(minutes).to.equal(1);
    expect(await refusal(signature)).to.equal('EDS_STATUS_UNKNOWN time=15:00');
  });

  it('has a sentence for each reason in each language, and no parameter is left over', () => {
    for (const code of new Set(Object.values(codeOfReason))) {
      for (const text of Object.values(catalogue[code])) {
        const names = [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
        const expected: Readonly<Record<string, string>> = {
          EDS_EXPIRED: 'date',
          EDS_NOT_YET: 'date',
          EDS_REVOKED: 'date',
          EDS_STATUS_UNKNOWN: 'time',
          EDS_TOO_BIG: 'limit',
        };
        expect(names.join(), code).to.equal(expected[code] ?? '');
      }
    }
  });
});
