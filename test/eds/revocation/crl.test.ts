import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { SignatureVerifier } from '../../../src/eds/algorithms/signature-verifier.ts';
import { der } from '../../../src/eds/asn1/der.ts';
import { extension } from '../../../src/eds/authority/issue-certificate.ts';
import { type CrlRequest, issueCrl } from '../../../src/eds/authority/issue-crl.ts';
import type { Member, TestAuthority } from '../../../src/eds/authority/test-authority.ts';
import { limits } from '../../../src/eds/limits.ts';
import { oids } from '../../../src/eds/oids.ts';
import { Refusal } from '../../../src/eds/refusal.ts';
import { CrlFolder } from '../../../src/eds/revocation/crl-folder.ts';
import type { CrlEntry } from '../../../src/eds/revocation/crl-record.ts';
import type { StatusQuestion } from '../../../src/eds/revocation/status-source.ts';
import { authority, person } from '../support/authorities.ts';
import { day, hour, minute, now } from '../support/clock.ts';

const verifier = new SignatureVerifier();

async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('eds: CRLs', function () {
  this.timeout(60_000);
  let ca: TestAuthority;
  let signer: Member;
  let path: string;
  let folder: CrlFolder;

  before(async () => {
    ca = await authority('gost2015-256');
    signer = await person(ca);
  });
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'zhashik-crl-'));
    folder = new CrlFolder(path, verifier);
  });
  afterEach(async () => {
    await folder.close();
    rmSync(path, { recursive: true });
  });

  const entry = (reason: CrlEntry['reason'] = 'keyCompromise'): CrlEntry => ({
    serial: signer.certificate.serial,
    revokedAt: now - day,
    reason,
  });
  const list = (changes: Partial<CrlRequest> = {}): Promise<Buffer> =>
    issueCrl(
      {
        issuer: ca.issuing.certificate.subject.raw,
        thisUpdate: now - hour,
        nextUpdate: now + day,
        entries: [],
        number: 10n,
        ...changes,
      },
      ca.issuing.key,
    );
  const take = async (...lists: readonly Promise<Buffer>[]): Promise<void> => {
    for (const one of lists) await folder.import([await one], [ca.issuing.certificate]);
  };
  const status = async (changes: Partial<StatusQuestion> = {}): Promise<string> => {
    const answer = await folder.status({
      certificate: signer.certificate,
      issuer: ca.issuing.certificate,
      now,
      reference: now,
      ...changes,
    });
    return answer.status === 'unknown' ? answer.reason : answer.status;
  };

  it('say good of who is not in them, and revoked of who is', async () => {
    await take(list());
    expect(await status()).to.equal('good');
    await take(list({ thisUpdate: now - minute, entries: [entry()], number: 11n }));
    expect(await status()).to.equal('revoked');
  });

  it('find each of 40,000 numbers, and none between them, in little memory', async () => {
    const serialOf = (i: number): Buffer => {
      const serial = Buffer.alloc(12, 0x11);
      // Scattered, so that sorting has something to do.
      serial.writeUInt32BE((Math.imul(i, 0x9e37_79b1) >>> 1) & 0x7fff_fffe, 4);
      return serial;
    };
    const count = 40_000;
    const entries = Array.from({ length: count }, (_, i) => ({
      serial: serialOf(i),
      revokedAt: now - i * 1000,
      reason: 'superseded' as const,
    }));
    const whole = await list({ entries });
    const chunks = Array.from({ length: Math.ceil(whole.length / 65_536) }, (_, i) =>
      whole.subarray(i * 65_536, (i + 1) * 65_536),
    );
    const meta = await folder.import(chunks, [ca.issuing.certificate]);
    expect(meta.entries).to.equal(count);
    const [index] = await folder.lists();
    for (let i = 0; i < count; i += 97) {
      expect(await index?.find(serialOf(i)), String(i)).to.deep.equal({
        revokedAt: now - i * 1000,
        reason: 'superseded',
      });
      const between = serialOf(i);
      between.writeUInt32BE(between.readUInt32BE(4) + 1, 4);
      expect(await index?.find(between), String(i)).to.equal(undefined);
    }
    expect(readdirSync(path)).to.have.lengthOf(1);
  });

  it('are read alike in chunks of one octet', async () => {
    const whole = await list({ entries: [entry()] });
    await folder.import(
      Array.from(whole, (octet) => Buffer.of(octet)),
      [ca.issuing.certificate],
    );
    expect(await status()).to.equal('revoked');
  });

  it('can be used by a second process at once', async () => {
    await take(list());
    const other = new CrlFolder(path, verifier);
    const question = { certificate: signer.certificate, issuer: ca.issuing.certificate };
    expect((await other.status({ ...question, now, reference: now })).status).to.equal('good');
    for (let i = 1; i < 5; i++) {
      await take(list({ thisUpdate: now - hour + i * minute, entries: [entry()] }));
    }
    expect((await other.status({ ...question, now, reference: now })).status).to.equal('revoked');
    expect(readdirSync(path)).to.have.lengthOf(2);
    await other.close();
  });

  it('do not speak for a key of the same name', async () => {
    await take(list());
    const other = await authority('gost2015-512');
    expect(await status({ issuer: other.issuing.certificate })).to.equal('revocation-unknown');
  });

  describe('delta lists', () => {
    const delta = (changes: Partial<CrlRequest> = {}): Promise<Buffer> =>
      list({ thisUpdate: now - minute, number: 12n, deltaBase: 9n, ...changes });

    it('add to the list that they go with', async () => {
      await take(list(), delta({ entries: [entry()] }));
      expect(await status()).to.equal('revoked');
    });
    it('take off what was on hold', async () => {
      await take(list({ entries: [entry('certificateHold')] }));
      expect(await status()).to.equal('revoked');
      await take(delta({ entries: [entry('removeFromCRL')] }));
      expect(await status()).to.equal('good');
    });
    it('do not take off once they are stale', async () => {
      await take(list({ entries: [entry('certificateHold')] }));
      await take(delta({ entries: [entry('removeFromCRL')], nextUpdate: now - 1000 }));
      expect(await status()).to.equal('crl-stale');
    });
    for (const [what, base, number] of [
      ['that need a later list', 11n, 12n],
      ['that are older than the list', 5n, 10n],
    ] as const) {
      it(`${what} are not used`, async () => {
        await take(list(), delta({ entries: [entry()], deltaBase: base, number }));
        expect(await status()).to.equal('good');
      });
    }
    it('say nothing alone', async () => {
      await take(delta());
      expect(await status()).to.equal('revocation-unknown');
    });
  });

  describe('are refused as good', () => {
    it('after their time', async () => {
      await take(list({ thisUpdate: now - 2 * day, nextUpdate: now - day }));
      expect(await status()).to.equal('crl-stale');
    });
    it('without a time', async () => {
      await take(list({ nextUpdate: undefined }));
      expect(await status()).to.equal('crl-stale');
    });
    it('before their time', async () => {
      await take(list({ thisUpdate: now + hour }));
      expect(await status()).to.equal('crl-in-future');
    });
    it('for a certificate that ended before: it would have left the list', async () => {
      await take(list());
      const ended = await ca.issue({
        subject: { commonName: 'БҰРЫНҒЫ' },
        notAfter: now - 2 * hour,
      });
      expect(await status({ certificate: ended.certificate })).to.equal('crl-after-expiry');
      const keeps = extension(oids.expiredCertsOnCrl, der.generalizedTime(now - day));
      await take(list({ thisUpdate: now - minute, extensions: [keeps] }));
      expect(await status({ certificate: ended.certificate })).to.equal('good');
    });
    it('but count for a signature that was timestamped before them', async () => {
      await take(list({ thisUpdate: now - 2 * day, nextUpdate: now - day }));
      expect(await status({ reference: now - 3 * day })).to.equal('good');
    });
    it('and say revoked however old they are', async () => {
      await take(
        list({ thisUpdate: now - 9 * day, nextUpdate: now - 8 * day, entries: [entry()] }),
      );
      expect(await status()).to.equal('revoked');
    });
  });

  describe('are not taken in', () => {
    const idp = (...parts: readonly Buffer[]): readonly Buffer[] => [
      extension(oids.issuingDistributionPoint, der.sequence(...parts), true),
    ];
    const yes = Buffer.of(0xff);
    const lists: Readonly<Record<string, readonly [() => Promise<Buffer>, string]>> = {
      'with a bit changed': [
        async () => {
          const bytes = await list({ entries: [entry()] });
          const at = bytes.indexOf(Buffer.from(signer.certificate.serial)) + 3;
          bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
          return bytes;
        },
        'crl-signature-invalid',
      ],
      'of another issuer': [
        () => list({ issuer: ca.root.certificate.subject.raw }),
        'crl-issuer-mismatch',
      ],
      'that are cut off': [async () => (await list()).subarray(0, -10), 'crl-parse'],
      'with something behind them': [
        async () => Buffer.concat([await list(), Buffer.of(0)]),
        'crl-parse',
      ],
      'of some reasons': [
        () => list({ extensions: idp(der.contextPrimitive(3, Buffer.of(1, 2))) }),
        'crl-scope',
      ],
      'that are indirect': [
        () => list({ extensions: idp(der.contextPrimitive(4, yes)) }),
        'crl-scope',
      ],
      'of attribute certificates': [
        () => list({ extensions: idp(der.contextPrimitive(5, yes)) }),
        'crl-scope',
      ],
      'of one place': [() => list({ extensions: idp(der.context(0)) }), 'crl-scope'],
      'with an unknown critical extension': [
        () => list({ extensions: [extension('1.2.3.4', der.null(), true)] }),
        'crl-scope',
      ],
      'with an extension twice': [
        () => list({ extensions: [extension(oids.crlNumber, der.integer(11))] }),
        'crl-parse',
      ],
      'with an entry that is too large': [
        () => list({ entries: [{ ...entry(), serial: Buffer.alloc(limits.crlEntryBytes, 1) }] }),
        'crl-parse',
      ],
      'with a number that is too long': [
        () => list({ entries: [{ ...entry(), serial: Buffer.alloc(limits.serialBytes + 2, 1) }] }),
        'crl-parse',
      ],
      'that are something else': [() => Promise.resolve(Buffer.from('<html>')), 'crl-parse'],
      'that are nothing': [() => Promise.resolve(Buffer.alloc(0)), 'crl-parse'],
    };
    for (const [what, [make, code]] of Object.entries(lists)) {
      it(`${what}: ${code}`, async () => {
        const made = folder.import([await make()], [ca.issuing.certificate]);
        expect(await refusalOf(made)).to.equal(code);
        expect(readdirSync(path)).to.deep.equal([]);
      });
    }
    it('signed by who may not sign lists', async () => {
      const bytes = await issueCrl(
        {
          issuer: signer.certificate.subject.raw,
          thisUpdate: now,
          nextUpdate: now + day,
          entries: [],
        },
        signer.key,
      );
      expect(await refusalOf(folder.import([bytes], [signer.certificate]))).to.equal(
        'crl-issuer-mismatch',
      );
    });
  });

  it('of users only say nothing of authorities', async () => {
    const users = extension(
      oids.issuingDistributionPoint,
      der.sequence(der.contextPrimitive(1, Buffer.of(0xff))),
      true,
    );
    await take(list({ extensions: [users] }));
    expect(await status()).to.equal('good');
    expect(await status({ certificate: ca.issuing.certificate })).to.equal('crl-scope');
  });

  it('whose index was damaged are told by name', async () => {
    await take(list({ entries: [entry()] }));
    const [name = ''] = readdirSync(path);
    writeFileSync(join(path, name), 'x'.repeat(500));
    const error: unknown = await status().catch((e: unknown) => e);
    expect(String(error)).to.include(name).and.to.include('import the CRL again');
  });
});
