import { randomBytes } from 'node:crypto';
import { link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { limits } from './limits.ts';

/**
 * A key file with a secret of its own, mode 0600, on the disk when this resolves: whole, or not at all. False, and
 * nothing changed: there is such a file.
 */
export async function makeKeyFile(file: string): Promise<boolean> {
  const secret = randomBytes(limits.secretBytes).toString('base64');
  const unfinished = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(unfinished, 'wx', 0o600);
    try {
      await handle.writeFile(`${remark}${secret}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(unfinished, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await rm(unfinished, { force: true });
  }
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return true;
}

const remark = [
  '# The secrets that identity numbers are hidden with. Keep a copy, apart from those of the data: without it nobody can',
  '# be found. To rotate, add a line; the first line finds, the last one seals, all open.',
  '',
].join('\n');
