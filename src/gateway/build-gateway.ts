import type { CredentialMaker } from '../account/credentials.ts';
import { canonicalAddress } from '../account/address.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Turns } from '../core/turns.ts';
import type { AccountId } from '../core/values.ts';
import type { MailStore, QuotaLimits } from '../store/api.ts';
import { AccessRestorer } from './access/access-restorer.ts';
import { AccountAccess } from './access/account-access.ts';
import type {
  Agreements,
  DevicePasswords,
  Logins,
  Passwords,
  Registry,
  Signatures,
  StateRegistry,
  SubjectKey,
} from './api.ts';
import { ApplicationTable } from './applications/application-table.ts';
import { MailboxMaker } from './applications/mailbox-maker.ts';
import { OnlineApplications } from './applications/online-applications.ts';
import { ActivationSlips } from './counter/activation-slips.ts';
import { CounterApplications } from './counter/counter-applications.ts';
import { SystemLetters } from './letters/system-letters.ts';
import { SubjectLives } from './lives/subject-lives.ts';
import { ProfileConfirmations } from './profiles/profile-confirmations.ts';
import { DueList } from './records/due-list.ts';
import { SubjectBook } from './subjects/subject-book.ts';
import type { IdentityVault } from './vault/identity-vault.ts';

/** How a mail program reaches the server: what the welcome letter says. */
export interface MailSettings {
  readonly imapHost: string;
  readonly imapPort: number;
  readonly smtpHost: string;
  readonly smtpPort: number;
}

export interface GatewayOptions {
  readonly store: Pick<MailStore, 'records' | 'accounts' | 'receive' | 'accept'>;
  readonly vault: IdentityVault;
  readonly registry: Registry;
  /** For short texts and for documents. */
  readonly signatures: Signatures;
  readonly state: StateRegistry;
  readonly agreements: Agreements;
  readonly logins: Logins;
  readonly passwords: Passwords;
  readonly devices: DevicePasswords;
  readonly maker: CredentialMaker;
  /** Shared with the authenticator, so that neither undoes the other's change of credentials. */
  readonly credentialTurns: Turns;
  readonly clock: Clock;
  readonly log: Log;
  readonly domain: string;
  readonly mailSettings: MailSettings;
  agreementUrl(version: string): string;
  quota(): QuotaLimits;
  endSessions(account: AccountId): void;
  /** Ends the sessions of the cabinet. */
  endCabinet(subject: SubjectKey): Promise<void>;
}

/** The parts that act on mailboxes and their owners. */
export interface Gateway {
  readonly subjects: SubjectBook;
  readonly applications: OnlineApplications;
  readonly applicationTable: ApplicationTable;
  readonly counter: CounterApplications;
  readonly profiles: ProfileConfirmations;
  readonly access: AccessRestorer;
  readonly lives: SubjectLives;
  /**
   * Ends what was left half done and asks the state database again for those who wait. `all`: no other process is at
   * work. What fails is logged, and tried again the next time.
   */
  sweep(all?: boolean): Promise<void>;
}

/** Puts the parts together; nothing is started. */
export function buildGateway(options: GatewayOptions): Gateway {
  const { store, vault, clock, log, domain } = options;
  const { records, accounts } = store;
  const subjects = new SubjectBook({ ...options, records, accounts });
  const applicationTable = new ApplicationTable(records, vault, clock);
  const accepted = new DueList(records, 'application-due', clock);
  const waiting = new DueList(records, 'application-waiting', clock);
  const letters = new SystemLetters({ store, clock, domain });
  const slips = new ActivationSlips(records, clock);
  const accountAccess = new AccountAccess({ ...options, accounts, turns: options.credentialTurns });
  const { imapHost, imapPort, smtpHost, smtpPort } = options.mailSettings;
  const words = { imapHost, imapPort: String(imapPort), smtpHost, smtpPort: String(smtpPort) };
  const maker = new MailboxMaker({
    ...options,
    applications: applicationTable,
    subjects,
    accounts,
    onMade: (application, account) =>
      letters.send(
        account,
        'WELCOME',
        application.secrets.fields?.language ?? 'kk',
        application.id,
        words,
      ),
  });
  const shared = { ...options, applications: applicationTable, subjects, maker, accepted };
  const applications = new OnlineApplications({
    ...shared,
    waiting,
    async givePassword(address, password) {
      await accountAccess.givePassword(address, password, 'registration');
    },
  });
  return {
    subjects,
    applications,
    applicationTable,
    counter: new CounterApplications({ ...shared, slips }),
    profiles: new ProfileConfirmations({ ...options, records, subjects }),
    access: new AccessRestorer({
      subjects,
      applications: applicationTable,
      accountAccess,
      slips,
      letters,
      clock,
      canonicalOf: (login) => canonicalAddress(login.includes('@') ? login : `${login}@${domain}`),
    }),
    lives: new SubjectLives({
      subjects,
      clock,
      takePasswords: (canonical, cause) => accountAccess.takePasswords(canonical, cause),
      endSessions: (canonical) => accountAccess.endSessions(canonical),
      endCabinet: (subject) => options.endCabinet(subject),
    }),
    async sweep(all = false) {
      for (const [what, part] of [
        ['subjects', subjects],
        ['applications', applications],
      ] as const) {
        try {
          await part.sweep(all);
        } catch (error) {
          log.error('gateway-sweep-failed', { what, err: error });
        }
      }
    },
  };
}
