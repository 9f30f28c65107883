import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '../../../src/eds/cms/unwrap.ts';
import { Certificate } from '../../../src/eds/x509/certificate.ts';

/** The folder of real signatures, certificates and lists; it is not part of the project. */
const folder = process.env['ZHASHIK_EDS_DATA'] ?? join('..', 'shared', 'eds');

export const hasSharedData = existsSync(join(folder, 'manifest.json'));

export function sharedFile(name: string): Buffer {
  return readFileSync(join(folder, name));
}

export function sharedCertificate(name: string): Certificate {
  return new Certificate(unwrap(sharedFile(name)));
}

/** An entry of the manifest; which fields it has depends on its kind. */
export interface ManifestEntry {
  readonly file: string;
  readonly kind: string;
  readonly sha256: string;
  readonly subject?: string;
  readonly verifiesUnder?: string;
  readonly mustVerify?: boolean;
  readonly verifyAt?: string;
  readonly trust?: readonly string[];
  readonly crl?: string | null;
  readonly content?: string;
  readonly expect?: 'valid' | 'invalid';
  readonly reason?: string;
  readonly iin?: string | null;
  readonly bin?: string | null;
  readonly role?: string;
  readonly roles?: readonly string[];
  readonly keyUsage?: readonly string[];
  readonly eku?: readonly string[];
  readonly policies?: readonly string[];
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly serial?: string;
  readonly policyResult?: 'valid' | 'invalid';
  readonly policyErrors?: readonly string[];
  readonly signers?: readonly {
    readonly iin: string | null;
    readonly bin: string | null;
    readonly roles: readonly string[];
    readonly signingTime: string;
    readonly timestamp: string | null;
  }[];
  readonly issuer?: string;
  readonly thisUpdate?: string;
  readonly nextUpdate?: string | null;
  readonly entries?: number;
  readonly crlNumber?: number;
  readonly deltaBase?: number | null;
  readonly responderCertUnder?: string;
  readonly producedAt?: string;
  readonly nonceOctets?: string;
  readonly certSerial?: string;
  readonly status?: string;
  readonly revocationTime?: string | null;
  readonly policy?: string;
  readonly imprint?: string;
  readonly imprintOf?: string;
  readonly genTime?: string;
  readonly nonce?: string;
  readonly tsaCertUnder?: string;
  readonly password?: string;
}

export function manifest(): readonly ManifestEntry[] {
  if (!hasSharedData) return [];
  return JSON.parse(sharedFile('manifest.json').toString()) as ManifestEntry[];
}
