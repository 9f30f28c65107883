import { generateKeyPairSync } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import forge from 'node-forge';
import type { TlsSource } from '../../src/core/tls.ts';

let made: { readonly cert: string; readonly key: string } | undefined;

/** A certificate of our own making for `mx.example.kz`, made once for all tests. */
export function testCertificate(): { readonly cert: string; readonly key: string } {
  if (made !== undefined) return made;
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey);
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.now() - 3_600_000);
  certificate.validity.notAfter = new Date(Date.now() + 3_600_000);
  const name = [{ name: 'commonName', value: 'mx.example.kz' }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.sign(forge.pki.privateKeyFromPem(pair.privateKey), forge.md.sha256.create());
  made = { cert: forge.pki.certificateToPem(certificate), key: pair.privateKey };
  return made;
}

/** What a listener with TLS needs. */
export function testTls(): TlsSource {
  const context: SecureContext = createSecureContext({
    ...testCertificate(),
    minVersion: 'TLSv1.2',
  });
  return { current: () => context };
}
