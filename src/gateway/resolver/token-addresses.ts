import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { MailError } from '../../core/errors.ts';
import { Networks } from '../../core/networks.ts';
import type { AuditStore } from '../../store/api.ts';
import type { RecordStore } from '../../store/records.ts';
import type { AgencyDirectory } from '../agencies/agency-directory.ts';
import type { Agency } from '../agencies/agency.ts';
import type { SubjectKey } from '../api.ts';
import type { Order } from '../records/order.ts';
import { TypedRecords } from '../records/typed-records.ts';
import { limits } from './limits.ts';
import { type Token, tokenSchema } from './token.ts';

export interface TokenAddressesParts {
  readonly records: RecordStore;
  readonly agencies: Pick<AgencyDirectory, 'find'>;
  readonly audit: Pick<AuditStore, 'append'>;
  readonly clock: Clock;
  readonly random?: (bytes: number) => Buffer;
  /** Of the operator: token addresses are of `r.` below it. */
  readonly mailDomain: string;
}

/** Who sends a letter, as the mail server knows. */
export interface LetterSender {
  /** '' for the null reverse-path. */
  readonly reversePath: string;
  /** IP address of who delivers it. */
  readonly peer: string;
  /** The owner of the account that submits it. */
  readonly subject: string | undefined;
}

/** 5 bits a letter: nothing that a mail system could write in another way. RFC 4648 §6 */
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
const localPart = /^[a-z2-7]{32}$/;

/**
 * Addresses such as `…@r.example.kz` that lead to a mailbox without naming it, for one state body, for some time. They
 * end when their time is over, when the operator ends them, and when the state body is suspended.
 */
export class TokenAddresses {
  readonly domain: string;
  readonly #parts: TokenAddressesParts;
  readonly #tokens: TypedRecords<Token>;

  constructor(parts: TokenAddressesParts) {
    this.domain = `r.${parts.mailDomain}`;
    this.#parts = parts;
    this.#tokens = new TypedRecords(parts.records, 'token', tokenSchema);
  }

  async issue(
    agency: Agency,
    mailbox: { readonly subject: SubjectKey; readonly address: string },
  ): Promise<{ readonly address: string; readonly expiresAt: number }> {
    const { clock, random = randomBytes } = this.#parts;
    const createdAt = clock.now();
    const expiresAt = createdAt + limits.tokenMs;
    const { subject, address } = mailbox;
    const local = base32(random(limits.tokenBytes));
    const token = { agency: agency.id, subject, address, createdAt, expiresAt, revokedAt: null };
    if (!(await this.#tokens.insert(local, token))) {
      throw new MailError('internal', 'A token address was made twice');
    }
    return { address: `${local}@${this.domain}`, expiresAt };
  }

  /**
   * The canonical address that a canonical token address leads to for that sender; undefined for everything else, and
   * nobody learns why. One read for what is no token address that there is.
   */
  async route(tokenAddress: string, sender: LetterSender): Promise<string | undefined> {
    const local = this.#localOf(tokenAddress);
    if (local === undefined) return undefined;
    const token = (await this.#tokens.get(local))?.value;
    if (token === undefined || token.revokedAt !== null) return undefined;
    if (token.expiresAt <= this.#parts.clock.now()) return undefined;
    const agency = await this.#parts.agencies.find(token.agency);
    if (agency?.state !== 'production' || !isOf(agency, sender)) return undefined;
    return token.address;
  }

  /** Ends one before its time. `not-found` */
  async revoke(
    order: Order,
    tokenAddress: string,
  ): Promise<Token & { readonly revokedAt: number }> {
    const local = this.#localOf(tokenAddress);
    const token = local === undefined ? undefined : (await this.#tokens.get(local))?.value;
    if (local === undefined || token === undefined) {
      throw new MailError('not-found', 'There is no such token address');
    }
    const revoked = { ...token, revokedAt: token.revokedAt ?? this.#parts.clock.now() };
    if (!order.apply || token.revokedAt !== null) return revoked;
    const { actor } = order;
    const detail = { agency: token.agency, token: local };
    await this.#parts.audit.append({ actor, action: 'resolver.revoke', detail });
    await this.#tokens.change(local, (found) =>
      found?.revokedAt === null ? { ...found, revokedAt: revoked.revokedAt } : undefined,
    );
    return revoked;
  }

  /** Removes those whose time is over; answers how many. */
  async purge(): Promise<number> {
    const now = this.#parts.clock.now();
    let removed = 0;
    for await (const kept of this.#tokens.all()) {
      if (kept.value.expiresAt <= now && (await this.#tokens.remove(kept))) removed += 1;
    }
    return removed;
  }

  #localOf(address: string): string | undefined {
    const at = address.lastIndexOf('@');
    const local = address.slice(0, at);
    return address.slice(at + 1) === this.domain && localPart.test(local) ? local : undefined;
  }
}

/**
 * A reverse-path alone proves nothing: a letter is of the state body when it comes from one of its networks with an
 * address of one of its domains, or from its own mailbox after a login.
 */
function isOf(agency: Agency, { reversePath, peer, subject }: LetterSender): boolean {
  if (subject !== undefined && subject === agency.subject) return true;
  const domain = reversePath.slice(reversePath.lastIndexOf('@') + 1).toLowerCase();
  return agency.domains.includes(domain) && new Networks(agency.networks).contains(peer);
}

function base32(octets: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const octet of octets) {
    value = (value << 8) | octet;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet.charAt((value >> (bits - 5)) & 31);
    value &= (1 << bits) - 1;
  }
  return text;
}
