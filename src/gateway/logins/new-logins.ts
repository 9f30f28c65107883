import { randomInt } from 'node:crypto';
import {
  canonicalAddress,
  isNewLocalPart,
  isReservedName,
  newAddress,
  skeleton,
  type NewAddress,
} from '../../account/address.ts';
import type { Account, AccountStore } from '../../store/api.ts';
import type { Logins } from '../api.ts';
import { GatewayError } from '../gateway-error.ts';
import { identifierDigits, maxLoginLength, maxLookUps, maxVariants } from './limits.ts';
import { loginVariants } from './login-variants.ts';

export interface NewLoginsParts {
  readonly accounts: Pick<AccountStore, 'findSkeleton'>;
  /** Where mailboxes are given: `domains.default`. */
  readonly domain: string;
  /** A random number from 0, less than its argument. */
  readonly random?: (below: number) => number;
}

/**
 * Which logins can be given: the rules of addresses, names that are kept back, and no two that look alike, closed
 * accounts included. What is free now is not kept for anybody: `AccountStore.create` decides.
 */
export class NewLogins implements Logins {
  readonly #accounts: NewLoginsParts['accounts'];
  readonly #domain: string;
  readonly #random: (below: number) => number;

  constructor({ accounts, domain, random = (below) => randomInt(below) }: NewLoginsParts) {
    this.#accounts = accounts;
    this.#domain = domain;
    this.#random = random;
  }

  /**
   * As `Logins` says; also `LOGIN_IDENTIFIER`, for one that has an IIN or BIN in it. Surrounding spaces and capitals do
   * not matter. `list` of a clash has up to three free logins, separated by commas; '' when none was found soon.
   */
  async check(login: string): Promise<NewAddress> {
    const written = login.slice(0, maxLoginLength).trim();
    const folded = written.normalize('NFKC').toLowerCase();
    const canonical = canonicalAddress(`${folded}@${this.#domain}`);
    if (canonical === undefined || folded.includes('@')) throw new GatewayError('LOGIN_RULES');
    if (isReservedName(folded)) throw new GatewayError('LOGIN_RESERVED');
    if (!isNewLocalPart(folded)) {
      // Nobody gets a Cyrillic login, and who tries one that looks like somebody's is told why not.
      const foreign = /[^\x20-\x7e]/.test(folded);
      const holder = foreign && (await this.#accounts.findSkeleton(skeleton(canonical)));
      if (typeof holder === 'object') throw await this.#clash(folded, canonical, holder);
      throw new GatewayError('LOGIN_RULES');
    }
    if (hasIdentifier(folded)) throw new GatewayError('LOGIN_IDENTIFIER');
    const address = newAddress(`${written}@${this.#domain}`, [this.#domain]);
    const holder = await this.#accounts.findSkeleton(address.skeleton);
    if (holder !== undefined) throw await this.#clash(folded, canonical, holder);
    return address;
  }

  async #clash(wanted: string, canonical: string, holder: Account): Promise<GatewayError> {
    const other = holder.canonical.slice(0, holder.canonical.lastIndexOf('@'));
    const base = isNewLocalPart(wanted) ? wanted : other;
    const list = (await this.#freeVariants(base)).join(', ');
    if (holder.canonical === canonical) return new GatewayError('LOGIN_TAKEN', { list });
    return new GatewayError('LOGIN_LOOKALIKE', { other, list });
  }

  async #freeVariants(wanted: string): Promise<readonly string[]> {
    const free: string[] = [];
    const variants = loginVariants(wanted, this.#random);
    const seen = new Set<string>();
    for (let asked = 1; asked < maxLookUps && free.length < maxVariants; asked++) {
      const variant = variants.next().value;
      const form = skeleton(`${variant}@${this.#domain}`);
      if (seen.has(form) || isReservedName(variant) || hasIdentifier(variant)) continue;
      seen.add(form);
      if ((await this.#accounts.findSkeleton(form)) === undefined) free.push(variant);
    }
    return free;
  }
}

/** Separators do not hide it. Twelve digits are no telephone number: those have eleven. */
function hasIdentifier(login: string): boolean {
  const run = new RegExp(`\\d{${identifierDigits}}`);
  return run.test(login.replace(/[._-]/g, ''));
}
