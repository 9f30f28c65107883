import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MailError } from '../../../src/core/errors.ts';
import { der } from '../../../src/eds/asn1/der.ts';
import { readDer } from '../../../src/eds/asn1/read-asn1.ts';
import { limits } from '../../../src/eds/limits.ts';
import { Refusal } from '../../../src/eds/refusal.ts';
import { openPkcs12 } from '../../../src/eds/sign/pkcs12.ts';
import { decryptWith } from '../../../src/eds/sign/password-encryption.ts';
import { Random } from '../../mail/indexing.ts';
import { authority, person } from '../support/authorities.ts';
import { flip } from '../support/forge.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe('eds: key files of PKCS #12', function () {
  this.timeout(60_000);
  let folder = '';
  let file: Buffer;
  let certificate: Uint8Array;
  const password = 'Құпия-1';

  before(async function () {
    if (!hasOpenssl) {
      process.stdout.write('    (openssl is not here: its tests are skipped)\n');
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'zhashik-p12-'));
    const signer = await person(await authority('ecdsa'));
    certificate = signer.certificate.der;
    writeFileSync(join(folder, 'key.der'), signer.privateKeyInfo);
    writeFileSync(join(folder, 'signer.der'), certificate);
    for (const [name, from, kind] of [
      ['key.pem', 'key.der', 'pkey'],
      ['signer.pem', 'signer.der', 'x509'],
    ] as const) {
      execFileSync('openssl', [
        kind,
        '-inform',
        'DER',
        '-in',
        join(folder, from),
        '-out',
        join(folder, name),
      ]);
    }
    file = make('-macalg', 'sha1', '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES');
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  const make = (...more: readonly string[]): Buffer => {
    const out = join(folder, 'out.p12');
    execFileSync('openssl', [
      'pkcs12',
      '-export',
      '-inkey',
      join(folder, 'key.pem'),
      '-in',
      join(folder, 'signer.pem'),
      '-out',
      out,
      '-passout',
      `pass:${password}`,
      ...more,
    ]);
    return readFileSync(out);
  };

  for (const [what, args] of [
    [
      'Triple DES and SHA-1',
      ['-macalg', 'sha1', '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES'],
    ],
    ['AES and SHA-256', []],
    ['no encryption', ['-keypbe', 'NONE', '-certpbe', 'NONE']],
    ['AES of 128 bits', ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-128-CBC']],
  ] as const) {
    it(`open: ${what}`, () => {
      const [signer] = openPkcs12(make(...args), password);
      expect(Buffer.from(signer?.certificate.der ?? [])).to.deep.equal(Buffer.from(certificate));
    });
  }

  it('do not open with another password', () => {
    expect(() => openPkcs12(file, 'Құпия-2')).to.throw(MailError, 'password');
    expect(() => openPkcs12(file, '')).to.throw(MailError, 'password');
  });

  it('without a MAC are refused: nothing would say that they are whole', () => {
    expect(() => openPkcs12(make('-nomac'), password))
      .to.throw(Refusal)
      .with.property('code', 'parse');
  });

  it('cost a bounded time, whatever they ask for', () => {
    // The last of MacData are the rounds.
    const at = file.lastIndexOf(Buffer.from('02020800', 'hex'));
    expect(at).to.equal(file.length - 4);
    const many = Buffer.from(file);
    many.writeUInt16BE(0x7fff, at + 2);
    expect(() => openPkcs12(many, password)).to.throw(MailError);
    const node = der.sequence(
      der.octets(Buffer.alloc(8)),
      der.integer(limits.pkcs12Iterations + 1),
    );
    const algorithm = readDer(der.sequence(der.oid('1.2.840.113549.1.12.1.3'), node));
    expect(() => decryptWith(algorithm, Buffer.alloc(8), password))
      .to.throw(Refusal)
      .with.property('code', 'too-large');
  });

  it('that are changed neither crash it nor open: 300 runs, seed 12', () => {
    const random = new Random(12);
    for (let i = 0; i < 300; i++) {
      const at = random.below(file.length);
      try {
        const [signer] = openPkcs12(flip(file, at, 1 << random.below(8)), password);
        // Whatever opens is whole: the MAC is over all but the names of algorithms that say the same.
        expect(signer, `octet ${at}`).to.not.equal(undefined);
      } catch (error) {
        if (!(error instanceof Refusal) && !(error instanceof MailError)) throw error;
      }
    }
  });
});
