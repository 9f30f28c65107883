import type { Clock } from '../../core/clock.ts';
import type { AccountLevel, AuditStore } from '../../store/api.ts';
import type { RecordStore } from '../../store/records.ts';
import type { MailboxActivity } from '../activity/mailbox-activity.ts';
import type { Agency } from '../agencies/agency.ts';
import { type Purpose, purposes } from '../agencies/purposes.ts';
import type { Identity, Registry, RegistryView } from '../api.ts';
import { GatewayError } from '../gateway-error.ts';
import type { IdentityVault } from '../vault/identity-vault.ts';
import { limits } from './limits.ts';
import { LookUpAllowance } from './look-up-allowance.ts';
import type { LookUps } from './look-ups.ts';
import type { TokenAddresses } from './token-addresses.ts';

export interface ResolverParts {
  readonly records: RecordStore;
  readonly registry: Pick<Registry, 'find'>;
  readonly tokens: Pick<TokenAddresses, 'issue'>;
  readonly lookUps: Pick<LookUps, 'note'>;
  readonly activity: Pick<MailboxActivity, 'lastUsed'>;
  readonly audit: Pick<AuditStore, 'append'>;
  readonly vault: Pick<IdentityVault, 'key'>;
  readonly clock: Clock;
}

export interface Resolved {
  /** The token address. */
  readonly address: string;
  readonly level: AccountLevel;
  /** The owner has not used it for half a year: a letter on paper may be wiser. */
  readonly dormant: boolean;
  readonly expiresAt: number;
}

/** Finds the mailbox of a person or a legal entity for a state body that may., domain.md 6.4 */
export class Resolver {
  readonly #parts: ResolverParts;
  readonly #allowance: LookUpAllowance;

  constructor(parts: ResolverParts) {
    this.#parts = parts;
    this.#allowance = new LookUpAllowance(parts.records, parts.clock);
  }

  /**
   * `agency` is who asks, as its certificate or secret shows; `actor` is for the audit. What was looked up is in the
   * audit log, and kept for whom it concerns, before it is answered or refused: when that cannot be written, nothing is
   * told. Throws `LOOKUP_LIMIT` (and then nothing was looked up), and `NOT_FOUND_OR_NOT_ALLOWED` with the same words
   * after the same work whether there is no mailbox, the state body is not in production, or it may not for that purpose.
   */
  async resolve(
    agency: Agency,
    actor: string,
    identity: Identity,
    purpose: string,
  ): Promise<Resolved> {
    const { registry, tokens, lookUps, audit, vault, clock } = this.#parts;
    const waitMs = await this.#allowance.take(agency.id, agency.lookupsPerMinute);
    if (waitMs > 0) {
      throw new GatewayError('LOOKUP_LIMIT', { seconds: String(Math.ceil(waitMs / 1000)) });
    }
    const subject = vault.key(identity);
    const mailbox = await registry.find(subject);
    const asked = purposeOf(purpose);
    const allowed =
      agency.state === 'production' && asked !== null && agency.purposes.includes(asked);
    const there = mailbox !== undefined && mailbox.status !== 'closed';
    const outcome = !allowed ? 'not-allowed' : there ? 'found' : 'not-found';

    const detail = { agency: agency.id, purpose: asked ?? 'unknown', outcome, subject };
    await audit.append({ actor, action: 'resolver.look-up', detail });
    await lookUps.note(subject, { agency: agency.id, purpose: asked, at: clock.now(), outcome });

    if (!allowed || !there) throw new GatewayError('NOT_FOUND_OR_NOT_ALLOWED');
    const dormant = await this.#isDormant(mailbox);
    return { ...(await tokens.issue(agency, mailbox)), level: mailbox.level, dormant };
  }

  async #isDormant({ address, createdAt }: RegistryView): Promise<boolean> {
    const lastUsed = (await this.#parts.activity.lastUsed(address)) ?? createdAt;
    return this.#parts.clock.now() - lastUsed > limits.dormantMs;
  }
}

function purposeOf(text: string): Purpose | null {
  return Object.hasOwn(purposes, text) ? (text as Purpose) : null;
}
