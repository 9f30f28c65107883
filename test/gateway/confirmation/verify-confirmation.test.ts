import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { KeyFamily } from '../../../src/eds/algorithms/signature-algorithms.ts';
import type { Member, TestAuthority } from '../../../src/eds/authority/test-authority.ts';
import { GivenAnswers } from '../../../src/eds/revocation/given-answers.ts';
import { signCms } from '../../../src/eds/sign/sign-cms.ts';
import { EdsVerifier } from '../../../src/eds/verify/eds-verifier.ts';
import { ConfirmationError } from '../../../src/gateway/confirmation/confirmation-error.ts';
import {
  type ConfirmationFacts,
  confirmationJson,
  readConfirmationJson,
} from '../../../src/gateway/confirmation/confirmation-facts.ts';
import type { ConfirmationFiles } from '../../../src/gateway/confirmation/confirmation-files.ts';
import { drawConfirmation } from '../../../src/gateway/confirmation/draw-confirmation.ts';
import {
  maxFactLength,
  maxJsonBytes,
  maxPdfBytes,
  maxSignatureBytes,
} from '../../../src/gateway/confirmation/limits.ts';
import { readConfirmationPdf } from '../../../src/gateway/confirmation/read-confirmation-pdf.ts';
import {
  type ConfirmationTrust,
  type ConfirmationVerdict,
  verifyConfirmation,
} from '../../../src/gateway/confirmation/verify-confirmation.ts';
import { authority, bin, head, person } from '../../eds/support/authorities.ts';
import { now, year } from '../../eds/support/clock.ts';
import { documentPolicy, trusting } from '../../eds/support/policies.ts';
import { citizen, company, makeConfirmation } from './support.ts';

function trustIn(of: TestAuthority, changes: Partial<ConfirmationTrust> = {}): ConfirmationTrust {
  const policy = documentPolicy(trusting(of.root.certificate, of.issuing.certificate), now + 9000);
  return { verifier: new EdsVerifier(), policy, ...changes };
}

/** With the facts signed by somebody, and pages that fit. */
async function signedBy(
  signers: readonly Member[],
  facts: ConfirmationFacts = citizen,
): Promise<ConfirmationFiles> {
  const json = confirmationJson(facts);
  const cms = await signCms({ content: json, detached: true, signers, signedAt: now });
  return { json, cms, pdf: await drawConfirmation(json, cms) };
}

function short({ verdict, reasons, pages }: ConfirmationVerdict): string {
  return [verdict, ...reasons, pages].join(' ');
}

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfirmationError) return error.message;
    throw error;
  }
  return 'taken';
}

describe('verifyConfirmation', function () {
  this.timeout(20_000);
  let ca: TestAuthority;
  let operator: Member;
  let files: ConfirmationFiles & { readonly pdf: Uint8Array };

  before(async () => {
    ca = await authority('rsa');
    operator = await head(ca);
    files = await makeConfirmation(citizen, operator);
  });

  for (const family of ['rsa', 'ecdsa', 'gost2015-512'] as const satisfies KeyFamily[]) {
    it(`R-6.2 a confirmation that was signed with ${family} is valid, by its PDF alone`, async () => {
      const of = await authority(family);
      const made = await makeConfirmation(company, await head(of));
      const read = readConfirmationPdf(made.pdf);
      expect(Buffer.from(read.json).equals(made.json)).to.equal(true);
      expect(Buffer.from(read.cms).equals(made.cms)).to.equal(true);
      const verdict = await verifyConfirmation(read, trustIn(of, { operatorBin: bin }));
      expect(short(verdict)).to.equal('valid as-issued');
      expect(verdict.facts).to.deep.equal(company);
      expect(verdict.signature.signers[0]?.signedAt).to.equal(now + 5000);
    });
  }

  it('R-6.2 openssl verifies the two files too', () => {
    const folder = mkdtempSync(join(tmpdir(), 'zhashik-openssl-'));
    try {
      const put = (name: string, octets: Uint8Array | string): void => {
        writeFileSync(join(folder, name), octets);
      };
      const pem = ({ certificate }: Member): string =>
        `-----BEGIN CERTIFICATE-----\n${Buffer.from(certificate.der).toString('base64')}\n-----END CERTIFICATE-----\n`;
      put('confirmation.json', files.json);
      put('confirmation.json.p7s', files.cms);
      put('roots.pem', pem(ca.root));
      const command =
        'openssl cms -verify -inform DER -in confirmation.json.p7s -content confirmation.json ' +
        '-CAfile roots.pem -binary -purpose any -attime';
      const at = String(Math.floor(now / 1000) + 60);
      const run = (): Buffer =>
        execFileSync('sh', ['-c', `${command} ${at} 2>&1 >shown`], { cwd: folder });
      expect(run().toString()).to.match(/successful/i);
      expect(readFileSync(join(folder, 'shown')).equals(files.json)).to.equal(true);
      put('confirmation.json', Buffer.from(files.json).toString().replace('aigerim', 'thief'));
      expect(run).to.throw();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('R-6.2 the JSON and its signature are enough', async () => {
    const { json, cms } = files;
    const verdict = await verifyConfirmation({ json, cms, pdf: undefined }, trustIn(ca));
    expect(short(verdict)).to.equal('valid none');
  });

  it('R-6.2 other pages than those that were signed are found out, to the octet', async () => {
    const forged = Buffer.from(files.pdf);
    const place = forged.indexOf('/Title');
    forged[place + 20] = forged[place + 20]! ^ 1;
    const read = readConfirmationPdf(forged);
    expect(short(await verifyConfirmation(read, trustIn(ca)))).to.equal(
      'invalid pages-changed changed',
    );
    const longer = readConfirmationPdf(Buffer.concat([files.pdf, Buffer.from('\n%%EOF\n')]));
    expect(short(await verifyConfirmation(longer, trustIn(ca)))).to.equal(
      'invalid pages-changed changed',
    );
  });

  it('R-6.2 another JSON than the signed one is found out', async () => {
    const json = confirmationJson({
      ...citizen,
      mailbox: { ...citizen.mailbox, address: 'thief@example.kz' },
    });
    const pdf = await drawConfirmation(json, files.cms);
    const verdict = await verifyConfirmation({ json, cms: files.cms, pdf }, trustIn(ca));
    expect(verdict.verdict).to.equal('invalid');
    expect(verdict.reasons).to.include('signature');
    expect(verdict.signature.reasons).to.include('message-digest-mismatch');
  });

  it('R-6.2 a good signature of somebody else than the operator is not enough', async () => {
    const alone = await signedBy([await person(ca)]);
    expect(short(await verifyConfirmation(alone, trustIn(ca)))).to.equal(
      'invalid not-the-operator as-issued',
    );
    const together = await signedBy([operator, await person(ca)]);
    expect(short(await verifyConfirmation(together, trustIn(ca)))).to.equal(
      'invalid not-the-operator as-issued',
    );
    const nobody = await signedBy([]);
    expect(short(await verifyConfirmation(nobody, trustIn(ca)))).to.equal(
      'invalid signature not-the-operator as-issued',
    );
  });

  it('R-6.2 nor that of another operator than was asked for', async () => {
    const trust = trustIn(ca, { operatorBin: '160841000015' });
    expect(short(await verifyConfirmation(files, trust))).to.equal(
      'invalid other-operator as-issued',
    );
  });

  it('R-6.2 nor that of an authority that is not trusted', async () => {
    const other = await authority('rsa', 'OTHER');
    expect(short(await verifyConfirmation(files, trustIn(other)))).to.equal(
      'invalid signature as-issued',
    );
  });

  it('R-6.2 an ended certificate is not, a status that is not known is undecided', async () => {
    const trust = trustIn(ca);
    const late = { ...trust, policy: { ...trust.policy, now: now + 20 * year } };
    expect((await verifyConfirmation(files, late)).verdict).to.equal('invalid');
    const tools = { verifier: trust.verifier.signatures, links: trust.verifier.links };
    const sources = [new GivenAnswers(tools, [], 3_600_000)];
    const revocation = { ...trust.policy.revocation, signer: 'required', sources } as const;
    const strict = { ...trust, policy: { ...trust.policy, revocation } };
    expect(short(await verifyConfirmation(files, strict))).to.equal(
      'undecided signature as-issued',
    );
    const answer = await ca.ocsp(operator.certificate, now);
    const known = { ...revocation, sources: [new GivenAnswers(tools, [answer], 3_600_000)] };
    const online = { ...trust, policy: { ...trust.policy, revocation: known } };
    expect(short(await verifyConfirmation(files, online))).to.equal('valid as-issued');
  });

  it('says that pages of another layout were not compared', async () => {
    const text = Buffer.from(files.json).toString().replace('"layout":1', '"layout":2');
    const json = Buffer.from(text);
    const cms = await signCms({
      content: json,
      detached: true,
      signers: [operator],
      signedAt: now,
    });
    const verdict = await verifyConfirmation({ json, cms, pdf: files.pdf }, trustIn(ca));
    expect(short(verdict)).to.equal('valid not-compared');
  });

  const seed = 20261129;
  it(`R-6.2 no changed octet leaves a PDF valid, and none breaks the program (seed ${seed})`, async () => {
    const trust = trustIn(ca);
    const place = fc.nat({ max: files.pdf.length - 1 });
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bad = Uint8Array.from(files.pdf);
        bad[at] = bad[at]! ^ change;
        try {
          const verdict = await verifyConfirmation(readConfirmationPdf(bad), trust);
          expect(verdict.verdict).to.equal('invalid');
        } catch (error) {
          expect(error).to.be.instanceOf(ConfirmationError);
        }
      }),
      { seed, numRuns: 25 },
    );
  });

  describe('refuses in words', () => {
    const noFiles = 'the PDF does not hold confirmation.json and its signature';
    const pdfs: readonly (readonly [title: string, spoil: (pdf: Buffer) => Buffer, string])[] = [
      ['nothing', () => Buffer.alloc(0), noFiles],
      ['another PDF', () => Buffer.from('%PDF-1.7\n%%EOF\n'), noFiles],
      [
        'one without its signature',
        (pdf) => replaced(pdf, 'pkcs7-signature', 'pkcs7-nothing!!'),
        noFiles,
      ],
      [
        'a length that is none',
        (pdf) => replaced(pdf, '#2Fjson\n/Length ', '#2Fjson\n/Length x'),
        noFiles,
      ],
      [
        'a length that is more than may be',
        (pdf) =>
          Buffer.from(
            pdf.toString('latin1').replace(/(#2Fjson\n\/Length )\d+/, `$1${maxJsonBytes + 1}`),
            'latin1',
          ),
        noFiles,
      ],
      [
        'a length beyond the end',
        (pdf) =>
          Buffer.from(
            pdf.toString('latin1').replace(/(#2Fjson\n\/Length )\d+/, `$1${maxJsonBytes}`),
            'latin1',
          ).subarray(0, pdf.indexOf('#2Fjson') + 500),
        noFiles,
      ],
    ];
    for (const [title, spoil, message] of pdfs) {
      it(title, () => {
        expect(refusal(() => readConfirmationPdf(spoil(Buffer.from(files.pdf))))).to.equal(message);
      });
    }

    it('a PDF that is longer than may be, and none that is just as long', () => {
      const padded = (length: number): Buffer =>
        Buffer.concat([files.pdf, Buffer.alloc(length - files.pdf.length, 32)]);
      expect(refusal(() => readConfirmationPdf(padded(maxPdfBytes + 1)))).to.equal(
        'the PDF is too long',
      );
      expect(refusal(() => readConfirmationPdf(padded(maxPdfBytes)))).to.equal('taken');
    });

    const noConfirmation = 'the JSON is no confirmation of this version';
    const jsons: readonly (readonly [title: string, spoil: (json: string) => string, string])[] = [
      ['no JSON', () => '{', 'this is no JSON'],
      ['a BOM', (json) => `\ufeff${json}`, 'this is no JSON'],
      ['another JSON', () => '{}', noConfirmation],
      ['null', () => 'null', noConfirmation],
      ['a newer version', (json) => json.replace('"v":1', '"v":2'), noConfirmation],
      ['a member more', (json) => json.replace('"v":1', '"v":1,"w":1'), noConfirmation],
      ['a BIN of eleven digits', (json) => json.replace(bin, bin.slice(1)), noConfirmation],
      ['a time that is none', (json) => json.replace('2026-11-22T', '2026-13-22T'), noConfirmation],
      ['a space', (json) => `${json} `, 'the JSON is not in its canonical form'],
      [
        'a member twice',
        (json) => json.replace('"v":1', '"v":1,"v":1'),
        'the JSON is not in its canonical form',
      ],
      [
        'more than may be',
        (json) => json.padEnd(maxJsonBytes + 1),
        'the JSON is too long for a confirmation',
      ],
      ['deep nesting', () => '['.repeat(60_000), 'this is no JSON'],
    ];
    for (const [title, spoil, message] of jsons) {
      it(`a JSON with ${title}`, () => {
        const json = Buffer.from(spoil(Buffer.from(files.json).toString()));
        expect(refusal(() => readConfirmationJson(json))).to.equal(message);
      });
    }

    it('octets that are not UTF-8', () => {
      expect(refusal(() => readConfirmationJson(Buffer.from([0x22, 0xff, 0x22])))).to.equal(
        'this is no JSON',
      );
    });

    it('facts that are too long or none, without a word of them', () => {
      const named = (name: string): ConfirmationFacts => ({
        ...citizen,
        subject: { type: 'individual', iin: '850101400011', name },
      });
      expect(refusal(() => confirmationJson(named('Ә'.repeat(maxFactLength))))).to.equal('taken');
      for (const name of ['', 'Ә'.repeat(maxFactLength + 1)]) {
        expect(refusal(() => confirmationJson(named(name)))).to.equal(
          'facts that a confirmation cannot say: facts.subject.name',
        );
      }
    });
  });

  it('a signature that is longer than may be is not read', async () => {
    const cms = Buffer.concat([files.cms, Buffer.alloc(maxSignatureBytes)]);
    const verdict = await verifyConfirmation(
      { json: files.json, cms, pdf: undefined },
      trustIn(ca),
    );
    expect(verdict.signature.reasons).to.deep.equal(['too-large']);
    expect(verdict.verdict).to.equal('invalid');
  });
});

function replaced(octets: Buffer, from: string, to: string): Buffer {
  return Buffer.from(octets.toString('latin1').replaceAll(from, to), 'latin1');
}
