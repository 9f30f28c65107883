import { constants, open } from 'node:fs/promises';
import { limits } from './limits.ts';
import { VaultError } from './vault-error.ts';
import { VaultSecret } from './vault-secret.ts';

/**
 * The secrets of a key file, in their order: one a line, base64 of 32 octets or more; empty lines and those with `#` are
 * passed over. Throws `VaultError` with the file and the line, also when others than its owner may read or write it.
 */
export async function readKeyFile(file: string): Promise<readonly VaultSecret[]> {
  const lines = (await readPrivate(file)).split(/\r?\n/).map((line) => line.trim());
  const secrets: VaultSecret[] = [];
  for (const [i, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const octets = Buffer.from(line, 'base64');
    // Decoding passes over what is no base64.
    if (octets.toString('base64') !== line || octets.length < limits.secretBytes) {
      const what = `expected base64 of ${limits.secretBytes} octets or more`;
      throw new VaultError(`${file}, line ${i + 1}: ${what}`);
    }
    secrets.push(new VaultSecret(octets));
  }
  if (secrets.length === 0) throw new VaultError(`${file} has no secret`);
  if (secrets.length > limits.secrets) {
    throw new VaultError(`${file} has more than ${limits.secrets} secrets`);
  }
  return secrets;
}

/** The text of a file that is nobody else's; looked at and read through one descriptor. */
async function readPrivate(file: string): Promise<string> {
  // Without waiting: a named pipe is no file either.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const handle = await open(file, flags).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file' : (code ?? 'cannot be read');
    throw new VaultError(`${file}: ${reason}`, { cause });
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new VaultError(`${file} is no file`);
    if ((stats.mode & 0o077) !== 0) {
      throw new VaultError(`${file} may be used by others: chmod 600`);
    }
    if (stats.size > limits.keyFileBytes) throw new VaultError(`${file} is too large`);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}
