import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { canonicalDomain } from '../../account/address.ts';
import type { AgreementVersion, Language } from '../api.ts';
import { dateText } from '../texts/date-text.ts';
import { agreementDigest } from './agreement-digest.ts';
import { AgreementError } from './agreement-error.ts';
import { AgreementVersions } from './agreement-versions.ts';
import { maxFactsBytes, maxTextBytes, maxVersions } from './limits.ts';

export interface LoadAgreementsOptions {
  /** The domain in which mailboxes are given: `domains.default`, as A-labels. */
  readonly domain: string;
  /** The moment at which a version must be in force. */
  readonly now: number;
  /** Puts `domain` in the place of the one that each version names: for development, whose domain is anything. */
  readonly ownDomain?: boolean;
}

const operatorName = z.string().trim().min(1).max(300);
const factsSchema = z.strictObject({
  inForceFrom: z.iso.datetime({ offset: true, error: 'expected 2026-07-01T00:00:00+05:00' }),
  /** The version before; null for the first one. A version that was lost is noticed so. */
  previous: z.string().nullable(),
  domain: z.string().max(255),
  operator: z.strictObject({ kk: operatorName, ru: operatorName, en: operatorName }),
});
type Facts = z.output<typeof factsSchema>;

interface Draft {
  readonly folder: string;
  readonly previous: string | null;
  readonly version: AgreementVersion;
}

/**
 * Reads the folder of the agreements, one folder a version: `agreement.yaml`, `kk.txt`, `ru.txt` and `en.txt`, in which
 * `{domain}`, `{operator}`, `{version}` and `{date}` are filled in before anything is hashed. Throws `AgreementError`
 * for what is missing or malformed, for a gap in the versions, when none is in force, and when the one in force names
 * another domain than the server gives mailboxes in.
 */
export async function loadAgreements(
  folder: string,
  options: LoadAgreementsOptions,
): Promise<AgreementVersions> {
  const names = await versionNames(folder);
  const drafts: Draft[] = [];
  for (const name of names) drafts.push(await readVersion(join(folder, name), name, options));
  drafts.sort((a, b) => a.version.inForceFrom - b.version.inForceFrom);
  checkSequence(drafts);
  checkInForce(folder, drafts, options);
  return new AgreementVersions(drafts.map(({ version }) => version));
}

async function versionNames(folder: string): Promise<readonly string[]> {
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw new AgreementError(folder, 'the folder of the user agreements cannot be read', {
      cause: error,
    });
  }
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  for (const name of names) {
    if (!/^[a-z0-9][a-z0-9.-]{0,31}$/.test(name)) {
      throw new AgreementError(join(folder, name), 'not the name of a version, such as 2026-07-01');
    }
  }
  if (names.length === 0) throw new AgreementError(folder, 'there is no user agreement');
  if (names.length > maxVersions) {
    throw new AgreementError(folder, `there are more than ${maxVersions} versions`);
  }
  return names;
}

async function readVersion(
  folder: string,
  name: string,
  options: LoadAgreementsOptions,
): Promise<Draft> {
  const facts = parseFacts(
    join(folder, 'agreement.yaml'),
    await readText(join(folder, 'agreement.yaml'), maxFactsBytes),
  );
  const written = options.ownDomain === true ? options.domain : facts.domain;
  const domain = canonicalDomain(written);
  if (domain === undefined) {
    throw new AgreementError(join(folder, 'agreement.yaml'), 'domain: expected a domain name');
  }
  const inForceFrom = Date.parse(facts.inForceFrom);
  const text = async (language: Language): Promise<string> => {
    const file = join(folder, `${language}.txt`);
    const values = {
      domain: written,
      operator: facts.operator[language],
      version: name,
      date: dateText(inForceFrom, language),
    };
    return render(file, await readText(file, maxTextBytes), values);
  };
  const texts = { kk: await text('kk'), ru: await text('ru'), en: await text('en') };
  const sha256 = agreementDigest(texts);
  return {
    folder,
    previous: facts.previous,
    version: { version: name, inForceFrom, domain, sha256, texts },
  };
}

function parseFacts(file: string, text: string): Facts {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new AgreementError(file, (error as Error).message, { cause: error });
  }
  const parsed = factsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new AgreementError(file, problems.join('; '));
}

async function readText(file: string, maxBytes: number): Promise<string> {
  let octets: Uint8Array;
  try {
    if ((await stat(file)).size > maxBytes) {
      throw new AgreementError(file, `longer than ${maxBytes} octets`);
    }
    octets = await readFile(file);
  } catch (error) {
    if (error instanceof AgreementError) throw error;
    throw new AgreementError(file, 'cannot be read', { cause: error });
  }
  try {
    // One form of line ends, whatever a checkout or an editor made of them: the digest is over the text.
    return new TextDecoder('utf-8', { fatal: true }).decode(octets).replaceAll('\r\n', '\n');
  } catch (error) {
    throw new AgreementError(file, 'not UTF-8', { cause: error });
  }
}

function render(file: string, text: string, values: Readonly<Record<string, string>>): string {
  const rendered = text.replaceAll(/\{(\w*)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new AgreementError(file, `nothing is known for {${name}}`);
    return value;
  });
  if (!text.includes('{domain}')) {
    throw new AgreementError(file, 'the text does not name the mail domain: {domain}');
  }
  return rendered;
}

/** Each version follows the one that it names, and comes into force after it. */
function checkSequence(drafts: readonly Draft[]): void {
  let before: AgreementVersion | undefined;
  for (const { folder, previous, version } of drafts) {
    const expected = before?.version ?? null;
    if (previous !== expected) {
      const named = previous === null ? 'is said to be the first' : `names ${previous} as previous`;
      const found = expected === null ? 'there is none before it' : `${expected} is before it`;
      throw new AgreementError(folder, `the version ${named}, and ${found}`);
    }
    if (before !== undefined && before.inForceFrom === version.inForceFrom) {
      throw new AgreementError(folder, `comes into force together with ${before.version}`);
    }
    before = version;
  }
}

function checkInForce(
  folder: string,
  drafts: readonly Draft[],
  { domain, now }: LoadAgreementsOptions,
): void {
  const inForce = drafts.findLast(({ version }) => version.inForceFrom <= now)?.version;
  if (inForce === undefined) throw new AgreementError(folder, 'no version is in force yet');
  if (inForce.domain !== domain) {
    throw new AgreementError(
      join(folder, inForce.version),
      `the user agreement in force names the domain ${inForce.domain}, and domains.default is ${domain}: ` +
        'put a new version into force, or change the setting back',
    );
  }
}
