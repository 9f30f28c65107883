import { X509Certificate, generateKeyPair, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import forge from 'node-forge';
import type { Clock } from '../core/clock.ts';

export interface DevelopmentCertificate {
  /** Import this into a mail program to have it trust the server. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

const day = 86_400_000;
/** What browsers and Apple's systems accept at most for a server. */
const validDays = 397;
/** Made anew when less is left. */
const renewDays = 30;

/**
 * The certificate of a developer's machine, for `localhost`, the loopback addresses and `names`: made with an authority
 * of its own when it is missing, about to end, or lacks a name. The authority's key is thrown away, so that trusting it
 * means trusting this one certificate.
 */
export async function ensureDevelopmentCertificate(
  folder: string,
  names: readonly string[],
  clock: Clock,
): Promise<DevelopmentCertificate> {
  const files = {
    authority: join(folder, 'ca.pem'),
    certificate: join(folder, 'server.pem'),
    key: join(folder, 'server.key'),
  };
  const wanted = ['localhost', ...names];
  if (await isGood(files, wanted, clock.now())) return files;
  await mkdir(folder, { recursive: true });
  const made = await makeCertificate(wanted, clock.now());
  // The key first: a certificate without its key would look good to nobody.
  await writeFile(files.key, made.key, { mode: 0o600 });
  await writeFile(files.authority, made.authority);
  await writeFile(files.certificate, made.certificate);
  return files;
}

async function isGood(
  files: DevelopmentCertificate,
  names: readonly string[],
  now: number,
): Promise<boolean> {
  try {
    const certificate = new X509Certificate(await readFile(files.certificate));
    const authority = new X509Certificate(await readFile(files.authority));
    await readFile(files.key);
    return (
      certificate.verify(authority.publicKey) &&
      Date.parse(certificate.validTo) - now > renewDays * day &&
      names.every((name) => certificate.checkHost(name) !== undefined)
    );
  } catch {
    // Missing or damaged: a new one is made.
    return false;
  }
}

async function makeCertificate(
  names: readonly string[],
  now: number,
): Promise<{ authority: string; certificate: string; key: string }> {
  const authorityKeys = await rsaKeys();
  const serverKeys = await rsaKeys();
  const authoritySubject = [{ name: 'commonName', value: 'Zhashik development authority' }];
  const authority = blank(authorityKeys.public, authoritySubject, authoritySubject, now);
  authority.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true, pathLenConstraint: 0 },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  authority.sign(authorityKeys.private, forge.md.sha256.create());

  const subject = [{ name: 'commonName', value: 'localhost' }];
  const server = blank(serverKeys.public, subject, authoritySubject, now);
  server.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: alternativeNames(names) },
    {
      name: 'authorityKeyIdentifier',
      keyIdentifier: authority.generateSubjectKeyIdentifier().getBytes(),
    },
    { name: 'subjectKeyIdentifier' },
  ]);
  server.sign(authorityKeys.private, forge.md.sha256.create());
  const authorityPem = forge.pki.certificateToPem(authority);
  return {
    authority: authorityPem,
    certificate: forge.pki.certificateToPem(server) + authorityPem,
    key: serverKeys.pem,
  };
}

type Subject = forge.pki.CertificateField[];

function blank(
  publicKey: forge.pki.rsa.PublicKey,
  subject: Subject,
  issuer: Subject,
  now: number,
): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  // RFC 5280 §4.1.2.2: positive, so the first octet stays below 0x80.
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = new Date(now - day);
  certificate.validity.notAfter = new Date(now + (validDays - 1) * day);
  certificate.setSubject(subject);
  certificate.setIssuer(issuer);
  return certificate;
}

function alternativeNames(names: readonly string[]): object[] {
  const dns = 2;
  const address = 7;
  return [
    ...Array.from(new Set(names), (value) => ({ type: dns, value })),
    { type: address, ip: '127.0.0.1' },
    { type: address, ip: '::1' },
  ];
}

interface RsaKeys {
  readonly public: forge.pki.rsa.PublicKey;
  readonly private: forge.pki.rsa.PrivateKey;
  readonly pem: string;
}

/** By Node's own generator: node-forge's is in JavaScript and takes seconds. */
async function rsaKeys(): Promise<RsaKeys> {
  const pair = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return {
    public: forge.pki.publicKeyFromPem(pair.publicKey),
    private: forge.pki.privateKeyFromPem(pair.privateKey),
    pem: pair.privateKey,
  };
}
