import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface WrittenVersion {
  readonly inForceFrom?: string;
  readonly previous?: string | null;
  readonly domain?: string;
  readonly text?: string;
}

/** Writes a version of an agreement as an operator would. */
export async function writeVersion(
  folder: string,
  name: string,
  version: WrittenVersion = {},
): Promise<string> {
  const {
    inForceFrom = `${name}T00:00:00+05:00`,
    previous = null,
    domain = 'example.kz',
    text = 'Mailboxes are in {domain}.\n',
  } = version;
  const place = join(folder, name);
  await mkdir(place, { recursive: true });
  await writeFile(
    join(place, 'agreement.yaml'),
    `inForceFrom: ${inForceFrom}\nprevious: ${previous ?? 'null'}\ndomain: ${domain}\n` +
      'operator: { kk: Оператор, ru: Оператор, en: the Operator }\n',
  );
  for (const language of ['kk', 'ru', 'en']) {
    await writeFile(join(place, `${language}.txt`), `${language}: ${text}`);
  }
  return place;
}
