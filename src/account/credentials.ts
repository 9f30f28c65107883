import { MailError } from '../core/errors.ts';
import type { Credentials } from '../store/api.ts';
import type { PasswordHasher } from './password.ts';
import { preparePassword } from './prepare-password.ts';
import { scramKeys } from './scram.ts';

/** Letters, not octets: eight Kazakh letters are as good as eight Latin ones. */
const leastPasswordLetters = 8;

/** How verifiers of new passwords are made. */
export interface CredentialMaker {
  readonly hasher: PasswordHasher;
  /** Undefined where SCRAM-SHA-256 is switched off: then no key for it is kept either. */
  readonly scramIterations: number | undefined;
}

/**
 * Verifiers of a new password. `invalid` for one that is too short, has control characters or is the address itself;
 * `unavailable` when too many hashes wait.
 */
export async function newCredentials(
  maker: CredentialMaker,
  password: string,
  canonical: string,
): Promise<Credentials> {
  const prepared = preparePassword(password);
  if (prepared === undefined) {
    throw new MailError('invalid', 'A password has no control characters and at most 1024 octets');
  }
  if (Array.from(prepared).length < leastPasswordLetters) {
    throw new MailError('invalid', `A password has at least ${leastPasswordLetters} characters`);
  }
  const folded = prepared.toLowerCase();
  if (folded === canonical || folded === canonical.slice(0, canonical.lastIndexOf('@'))) {
    throw new MailError('invalid', 'A password is not the address');
  }
  return verifiersOf(maker, prepared);
}

/** Verifiers of a prepared password, whatever its length. */
export async function verifiersOf(maker: CredentialMaker, prepared: string): Promise<Credentials> {
  const { hasher, scramIterations } = maker;
  const hash = await hasher.hash(prepared);
  if (scramIterations === undefined) return { hash, scram: undefined };
  return { hash, scram: await scramKeys(prepared, scramIterations) };
}
