import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type SecureContext, createSecureContext } from 'node:tls';
import type { TlsSource } from '../core/tls.ts';

export interface CertificatePaths {
  /** Our certificate and the intermediate ones, PEM. */
  readonly certificate: string;
  readonly key: string;
}

/** Files that do not make a usable certificate; the message names the file and says why. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

/** The certificate of two PEM files, replaced as a whole by `reload` while connections go on with the old one. */
export class CertificateFiles implements TlsSource {
  #context: SecureContext;
  #certificate: X509Certificate;

  private constructor(loaded: Loaded) {
    this.#context = loaded.context;
    this.#certificate = loaded.certificate;
  }

  /** Rejects with `CertificateError`. */
  static async open(paths: CertificatePaths): Promise<CertificateFiles> {
    return new CertificateFiles(await load(paths));
  }

  current(): SecureContext {
    return this.#context;
  }

  /** What new connections get from now on. Rejects with `CertificateError`, and then the old one stays. */
  async reload(paths: CertificatePaths): Promise<void> {
    const loaded = await load(paths);
    this.#context = loaded.context;
    this.#certificate = loaded.certificate;
  }

  /** Milliseconds since 1970 at which it ends. */
  get validTo(): number {
    return Date.parse(this.#certificate.validTo);
  }

  /** SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` prints it. */
  get fingerprint(): string {
    return this.#certificate.fingerprint256;
  }
}

interface Loaded {
  readonly context: SecureContext;
  readonly certificate: X509Certificate;
}

async function load(paths: CertificatePaths): Promise<Loaded> {
  const chain = await read(paths.certificate);
  const key = await read(paths.key);
  const certificate = parse(paths.certificate, () => new X509Certificate(chain));
  const privateKey = parse(paths.key, () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new CertificateError(`${paths.key} is not the key of ${paths.certificate}`);
  }
  // RFC 8996: nothing older than TLS 1.2.
  const options = { cert: chain, key, minVersion: 'TLSv1.2', honorCipherOrder: true } as const;
  return { context: parse(paths.certificate, () => createSecureContext(options)), certificate };
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file' : (code ?? String(error));
    throw new CertificateError(`${file}: ${reason}`, { cause: error });
  }
}

function parse<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CertificateError(`${file}: ${reason}`, { cause: error });
  }
}
