import { randomBytes, randomUUID } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';

const secretBytes = 32;

/**
 * The secret that decoy salts are made from (`decoyScramKeys`): made with the first start and the same ever after, so
 * that a salt that changes with a restart does not tell which accounts exist.
 */
export async function readOrMakeLoginSecret(file: string): Promise<Uint8Array> {
  const known = await readSecret(file);
  if (known !== undefined) return known;
  // Written aside and linked into place: a crash leaves either the whole secret or none.
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, randomBytes(secretBytes), { mode: 0o600, flush: true });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  const made = await readSecret(file);
  if (made === undefined) throw new Error(`${file} could not be made`);
  return made;
}

async function readSecret(file: string): Promise<Uint8Array | undefined> {
  let secret: Buffer;
  try {
    secret = await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (secret.length === secretBytes) return secret;
  throw new Error(`${file} is damaged; remove it, and a new one is made`);
}
