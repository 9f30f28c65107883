import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { MailError } from '../core/errors.ts';
import type { AdminPort } from '../admin/operations.ts';

const kept = z.object({ address: z.string(), password: z.string() });
export type DemoAccount = z.infer<typeof kept>;

/**
 * The account that a developer logs in with. Made on the first start; its password is kept beside the data, readable
 * by the owner only, so that each start can print it.
 */
export async function ensureDemoAccount(
  admin: AdminPort,
  dataFolder: string,
  address: string,
): Promise<DemoAccount> {
  const file = join(dataFolder, 'demo-account.json');
  const known = await readKept(file);
  if (known !== undefined) return known;
  const password = readablePassword();
  const options = { allowReserved: false, apply: true };
  try {
    await finish(admin.call('account.create', { address, password, ...options }));
  } catch (error) {
    if (!(error instanceof MailError) || error.failure !== 'already-exists') throw error;
    // Its password was lost with the file: a new one.
    await finish(admin.call('account.passwd', { address, password, apply: true }));
  }
  await writeFile(file, `${JSON.stringify({ address, password })}\n`, { mode: 0o600 });
  return { address, password };
}

/** Four groups of four without look-alikes, 79 bits: easy to type and to select. */
function readablePassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const group = (): string =>
    Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}

async function readKept(file: string): Promise<DemoAccount | undefined> {
  try {
    return kept.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${file} is damaged: remove it, and a new password is made`, { cause: error });
  }
}

async function finish<Result>(call: AsyncGenerator<unknown, Result, void>): Promise<Result> {
  for (;;) {
    const step = await call.next();
    if (step.done === true) return step.value;
  }
}
