import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import {
  type DevelopmentCertificate,
  ensureDevelopmentCertificate,
} from '../../src/development/certificate.ts';
import { CertificateError, CertificateFiles } from '../../src/tls/certificate-files.ts';
import { readFileSync, statSync } from 'node:fs';

const clock = { now: () => Date.now() };

describe('certificates', () => {
  let folder: string;
  let one: DevelopmentCertificate;
  let other: DevelopmentCertificate;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'zhashik-tls-'));
    one = await ensureDevelopmentCertificate(join(folder, 'one'), ['mail.example.kz'], clock);
    other = await ensureDevelopmentCertificate(join(folder, 'other'), [], clock);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  describe('of the development profile', () => {
    it('is trusted through its authority, for every name and loopback address', async () => {
      const files = await CertificateFiles.open(one);
      const server = createServer({
        SNICallback: (_name, done) => {
          done(null, files.current());
        },
        key: readFileSync(one.key),
        cert: readFileSync(one.certificate),
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      try {
        for (const servername of ['localhost', 'mail.example.kz']) {
          const socket = connect({
            port,
            host: '127.0.0.1',
            servername,
            ca: readFileSync(one.authority),
          });
          await new Promise<void>((resolve, reject) => {
            socket.once('secureConnect', resolve);
            socket.once('error', reject);
          });
          expect(socket.authorized).to.equal(true);
          socket.destroy();
        }
        const socket = connect({
          port,
          host: '127.0.0.1',
          servername: 'mail.example.com',
          ca: readFileSync(one.authority),
        });
        const error = await new Promise<NodeJS.ErrnoException>((resolve) =>
          socket.once('error', resolve),
        );
        expect(error.code).to.equal('ERR_TLS_CERT_ALTNAME_INVALID');
      } finally {
        server.close();
      }
    });

    it('keeps its key to the owner', () => {
      expect((statSync(one.key).mode & 0o777).toString(8)).to.equal('600');
    });

    it('is made once, and anew when it is about to end, lacks a name or is damaged', async () => {
      const own = join(folder, 'own');
      const make = (names: readonly string[], now = Date.now()) =>
        ensureDevelopmentCertificate(own, names, { now: () => now });
      const text = () => readFileSync(join(own, 'server.pem'), 'utf8');
      await make([]);
      const first = text();
      await make([]);
      expect(text()).to.equal(first);
      await make([], Date.now() + 360 * 86_400_000);
      expect(text()).to.equal(first);
      await make([], Date.now() + 370 * 86_400_000);
      const second = text();
      expect(second).not.to.equal(first);
      await make(['mail.example.kz']);
      const third = text();
      expect(third).not.to.equal(second);
      writeFileSync(join(own, 'server.pem'), 'damaged');
      await make(['mail.example.kz']);
      expect(text()).to.include('BEGIN CERTIFICATE');
    });
  });

  it('are replaced as a pair, and the old one stays when the new one is no good', async () => {
    const files = await CertificateFiles.open(one);
    const before = files.fingerprint;
    const context = files.current();
    const failures: readonly (readonly [string, string, string])[] = [
      [one.certificate, other.key, 'is not the key of'],
      [join(folder, 'none'), one.key, 'no such file'],
      [one.key, one.key, one.key],
      [one.certificate, one.certificate, one.certificate],
    ];
    for (const [certificate, key, words] of failures) {
      const error: unknown = await files.reload({ certificate, key }).catch((e: unknown) => e);
      expect(error).to.be.instanceOf(CertificateError);
      expect(String(error)).to.include(words);
      expect(files.current()).to.equal(context);
    }
    await files.reload(other);
    expect(files.current()).not.to.equal(context);
    expect(files.fingerprint).not.to.equal(before);
  });
});
