import type { Clock } from '../../core/clock.ts';
import type { Access, Identity, Language, SignedBy } from '../api.ts';
import type { ApplicationTable } from '../applications/application-table.ts';
import { entityRole } from '../applications/state-check.ts';
import type { ActivationSlips } from '../counter/activation-slips.ts';
import { GatewayError } from '../gateway-error.ts';
import type { SystemLetters } from '../letters/system-letters.ts';
import type { SubjectBook } from '../subjects/subject-book.ts';
import type { AccountAccess } from './account-access.ts';
import { astanaTime } from './astana-time.ts';

export interface AccessRestorerParts {
  readonly subjects: SubjectBook;
  readonly applications: ApplicationTable;
  readonly accountAccess: AccountAccess;
  readonly slips: ActivationSlips;
  readonly letters: SystemLetters;
  readonly clock: Clock;
  /** The canonical address of a login or address as somebody types it; undefined when it is none of ours. */
  canonicalOf(login: string): string | undefined;
}

/** Ways back into a mailbox, and the first way in after the counter. domain.md 6.3, 6.11 */
export class AccessRestorer implements Access {
  readonly #parts: AccessRestorerParts;

  constructor(parts: AccessRestorerParts) {
    this.#parts = parts;
  }

  async reset(
    by: SignedBy,
    password: string,
    { keepDevices }: { readonly keepDevices: boolean },
  ): Promise<string> {
    const identity = identityOf(by);
    const subject = await this.#parts.subjects.find(this.#parts.subjects.keyOf(identity));
    const mailbox = subject?.mailbox;
    if (mailbox === undefined || mailbox.status === 'closed') throw new GatewayError('NO_MAILBOX');
    const { accountAccess, clock } = this.#parts;
    const account = await accountAccess.givePassword(mailbox.canonical, password, 'reset');
    if (!keepDevices) await accountAccess.revokeDevices(account.id);
    await this.#completed(subject?.application);
    const now = clock.now();
    const language: Language = subject?.profile?.language ?? 'kk';
    const occasion = `${account.id}:${now}`;
    await this.#parts.letters.send(account, 'PASSWORD_RESET', language, occasion, {
      time: astanaTime(now),
    });
    return mailbox.address;
  }

  async activate(login: string, code: string, password: string): Promise<string> {
    const canonical = this.#parts.canonicalOf(login);
    const application =
      canonical === undefined ? undefined : await this.#parts.slips.check(canonical, code);
    if (canonical === undefined || application === undefined) {
      throw new GatewayError('ACTIVATION_CODE');
    }
    const { accountAccess, slips } = this.#parts;
    const account = await accountAccess.givePassword(canonical, password, 'activation');
    await this.#completed(application);
    // The code last: one whose password was not set can be used again.
    await slips.end(canonical);
    return account.address;
  }

  async #completed(application: string | undefined): Promise<void> {
    if (application === undefined) return;
    await this.#parts.applications.change(application, (now) =>
      now.state === 'created' ? { ...now, state: 'complete' } : undefined,
    );
  }
}

/** `EDS_ROLE` */
function identityOf(by: SignedBy): Identity {
  if (by.bin === undefined) return { type: 'individual', iin: by.iin };
  if (entityRole(by) === undefined) throw new GatewayError('EDS_ROLE');
  return { type: 'legalEntity', bin: by.bin };
}
