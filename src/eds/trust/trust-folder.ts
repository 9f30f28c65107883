import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MailError } from '../../core/errors.ts';
import { Certificate } from '../x509/certificate.ts';
import { nameText } from '../x509/name.ts';
import {
  acceptCertificates,
  type Acceptance,
  type AcceptedCertificate,
  isAccepted,
} from './accept-certificates.ts';
import { type Profile, TrustStore } from './trust-store.ts';
import type { VerifiedLinks } from './verified-links.ts';

/** The name of the list within the folder. */
export const trustListName = 'trust.json';

/** One line of the list. */
export interface TrustEntry {
  /** SHA-256 of the DER, in hex; the file is named after it. */
  readonly sha256: string;
  readonly acceptance: Acceptance;
  readonly subject: string;
  /** When it was taken in, and by whom. */
  readonly addedAt: string;
  readonly addedBy: string;
}

interface TrustList {
  readonly format: 1;
  readonly profile: Profile;
  readonly entries: readonly TrustEntry[];
}

/** The certificates that an operator trusts, in a folder of files and a list. One folder is for one profile, for good. */
export class TrustFolder {
  readonly #folder: string;
  readonly #profile: Profile;
  readonly #links: VerifiedLinks;

  constructor(folder: string, profile: Profile, links: VerifiedLinks) {
    this.#folder = folder;
    this.#profile = profile;
    this.#links = links;
  }

  /** The entries. Throws a MailError when the folder is of the other profile, or its list cannot be read. */
  async entries(): Promise<readonly TrustEntry[]> {
    let text: string;
    try {
      text = await readFile(join(this.#folder, trustListName), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    const list = JSON.parse(text) as TrustList;
    if (list.profile !== this.#profile) {
      throw new MailError('invalid', `${this.#folder} is a trust store of ${list.profile}`);
    }
    return list.entries;
  }

  /** The store. Throws a MailError when a file is not what the list says. */
  async load(): Promise<TrustStore> {
    const roots: Certificate[] = [];
    const issuers: Certificate[] = [];
    for (const entry of await this.entries()) {
      const certificate = await this.#read(entry);
      (entry.acceptance === 'issuer' ? issuers : roots).push(certificate);
    }
    return new TrustStore(this.#profile, roots, issuers);
  }

  /**
   * Takes in those of the certificates that may be: roots that are pinned or in `known`, and authorities that lead to
   * a root. Nothing is written unless `apply`.
   */
  async import(
    certificates: readonly Certificate[],
    options: {
      readonly known: readonly string[];
      readonly apply: boolean;
      readonly addedAt: number;
      readonly addedBy: string;
    },
  ): Promise<readonly AcceptedCertificate[]> {
    const entries = await this.entries();
    const found = await acceptCertificates(
      this.#links,
      await this.load(),
      certificates,
      options.known,
    );
    const fresh = found.filter(
      ({ certificate, acceptance }) =>
        isAccepted(acceptance) && !entries.some((one) => one.sha256 === certificate.fingerprint),
    );
    if (options.apply && fresh.length > 0) {
      await mkdir(this.#folder, { recursive: true });
      for (const { certificate } of fresh) {
        await this.#write(fileName(certificate.fingerprint), certificate.der);
      }
      const added = fresh.map(({ certificate, acceptance }) => ({
        sha256: certificate.fingerprint,
        acceptance,
        subject: nameText(certificate.subject),
        addedAt: new Date(options.addedAt).toISOString(),
        addedBy: options.addedBy,
      }));
      const list: TrustList = {
        format: 1,
        profile: this.#profile,
        entries: [...entries, ...added],
      };
      // The list last: a file that it does not name is nothing.
      await this.#write(trustListName, Buffer.from(`${JSON.stringify(list, undefined, 2)}\n`));
    }
    return found;
  }

  async #read(entry: TrustEntry): Promise<Certificate> {
    const path = join(this.#folder, fileName(entry.sha256));
    const certificate = new Certificate(await readFile(path));
    if (certificate.fingerprint !== entry.sha256) {
      throw new MailError('invalid', `${path} is not the certificate that was trusted`);
    }
    return certificate;
  }

  /** Whole or not at all. */
  async #write(name: string, bytes: Uint8Array): Promise<void> {
    const part = join(this.#folder, `${name}.${randomUUID()}`);
    await writeFile(part, bytes, { flush: true });
    await rename(part, join(this.#folder, name));
  }
}

function fileName(sha256: string): string {
  return `${sha256}.cer`;
}
