import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MailError } from '../core/errors.ts';
import { unwrapAll } from '../eds/cms/unwrap.ts';
import { Refusal } from '../eds/refusal.ts';
import { acceptCertificates } from '../eds/trust/accept-certificates.ts';
import { TrustFolder, trustListName } from '../eds/trust/trust-folder.ts';
import { type Profile, TrustStore } from '../eds/trust/trust-store.ts';
import type { VerifiedLinks } from '../eds/trust/verified-links.ts';
import { Certificate } from '../eds/x509/certificate.ts';

const certificateFile = /\.(?:cer|crt|pem|der|txt)$/;

/** The certificates of a file, DER, base64 or PEM with any number. Throws a MailError for anything else. */
export async function readCertificates(path: string): Promise<readonly Certificate[]> {
  const bytes = await readInput(path);
  try {
    return unwrapAll(bytes).map((one) => new Certificate(one));
  } catch (error) {
    if (error instanceof Refusal) {
      throw new MailError('invalid', `${path} is not a certificate`, { cause: error });
    }
    throw error;
  }
}

/** A file that somebody named. Throws a MailError when it cannot be read. */
export async function readInput(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** For a file that is read later, as a stream. Throws a MailError when it cannot be. */
export async function checkReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): MailError {
  const { code } = error as NodeJS.ErrnoException;
  return new MailError('invalid', `${path} cannot be read (${code ?? 'error'})`, { cause: error });
}

/**
 * What to trust, out of trust stores (folders that `zhashik trust import` made), folders of certificates and files.
 * With the profile of production a root must be pinned or come from a store of that profile; in the test profile
 * whatever is named here is trusted, and stores of both profiles may be.
 */
export async function readTrust(
  links: VerifiedLinks,
  paths: readonly string[],
  profile: Profile,
): Promise<TrustStore> {
  const roots: Certificate[] = [];
  const issuers: Certificate[] = [];
  const loose: Certificate[] = [];
  for (const path of paths) {
    const store = await readStore(links, path, profile);
    if (store === undefined) loose.push(...(await readLoose(path)));
    else {
      roots.push(...store.roots);
      issuers.push(...store.issuers);
    }
  }
  if (profile === 'test') {
    roots.push(...loose.filter((one) => one.isSelfIssued));
  } else {
    const store = new TrustStore(profile, roots, issuers);
    for (const { certificate, acceptance } of await acceptCertificates(links, store, loose, [])) {
      if (acceptance === 'pinned') roots.push(certificate);
      if (acceptance === 'root-not-pinned' || acceptance === 'other-profile') {
        throw new MailError(
          'invalid',
          `a root is not one of production: ${certificate.fingerprint}`,
        );
      }
    }
  }
  issuers.push(...loose.filter((one) => !one.isSelfIssued));
  return new TrustStore(profile, roots, issuers);
}

async function readStore(
  links: VerifiedLinks,
  path: string,
  profile: Profile,
): Promise<TrustStore | undefined> {
  const names = await namesIn(path);
  if (names?.includes(trustListName) !== true) return undefined;
  if (profile === 'production') return new TrustFolder(path, profile, links).load();
  const list = JSON.parse(await readFile(join(path, trustListName), 'utf8')) as {
    profile: Profile;
  };
  return new TrustFolder(path, list.profile, links).load();
}

async function readLoose(path: string): Promise<readonly Certificate[]> {
  const names = await namesIn(path);
  if (names === undefined) return readCertificates(path);
  const found: Certificate[] = [];
  for (const name of names.filter((one) => certificateFile.test(one)).toSorted()) {
    found.push(...(await readCertificates(join(path, name))));
  }
  return found;
}

/** The names in a folder; undefined for a file. */
async function namesIn(path: string): Promise<readonly string[] | undefined> {
  try {
    return (await stat(path)).isDirectory() ? await readdir(path) : undefined;
  } catch (error) {
    throw new MailError('invalid', `${path} cannot be read`, { cause: error });
  }
}
