import { readFile } from 'node:fs/promises';
import { ConfigError } from './config/config-error.ts';
import type { Config } from './config/loader.ts';
import { MailError } from './core/errors.ts';
import { Refusal } from './eds/refusal.ts';
import { openPkcs12 } from './eds/sign/pkcs12.ts';
import type { Signer } from './eds/sign/signer.ts';

/** The key that the operator signs with; undefined when the config names none. Rejects with `ConfigError`. */
export async function openOperatorKey(config: Config): Promise<Signer | undefined> {
  const settings = config.gateway.operatorKey;
  if (settings === undefined) return undefined;
  const wrong = (message: string, cause?: unknown): ConfigError =>
    new ConfigError(config.file, [{ path: 'gateway.operatorKey', message, line: undefined }], {
      cause,
    });
  let signers: readonly Signer[];
  try {
    signers = openPkcs12(await readFile(settings.file), settings.password.reveal());
  } catch (error) {
    if (error instanceof MailError) throw wrong(error.message, error);
    if (error instanceof Refusal) throw wrong('the file is no PKCS #12 that can be read', error);
    throw wrong((error as NodeJS.ErrnoException).code ?? String(error), error);
  }
  const [signer, other] = signers;
  if (signer === undefined || other !== undefined) {
    throw wrong(`expected one key with its certificate, not ${signers.length}`);
  }
  return signer;
}
