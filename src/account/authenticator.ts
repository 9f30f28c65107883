import { randomBytes } from 'node:crypto';
import type { Throttle } from '../bus/api.ts';
import { MailError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Networks } from '../core/networks.ts';
import { peerNetwork } from '../core/peer-network.ts';
import type { Turns } from '../core/turns.ts';
import type { Account, AccountStore, ScramKeys } from '../store/api.ts';
import { canonicalAddress } from './address.ts';
import type {
  Authenticator,
  DeviceLogins,
  LoginContext,
  LoginResult,
  SaslExchange,
} from './api.ts';
import { type CredentialMaker, verifiersOf } from './credentials.ts';
import type { KnownPeers } from './known-peers.ts';
import { preparePassword } from './prepare-password.ts';
import { loginExchange } from './sasl/login.ts';
import { plainExchange } from './sasl/plain.ts';
import { scramExchange } from './sasl/scram-sha-256.ts';
import { decoyScramKeys, leastScramIterations } from './scram.ts';
import type { VerifiedLogins } from './verified-logins.ts';

export interface AuthenticatorParts {
  readonly accounts: Pick<AccountStore, 'find' | 'get' | 'update'>;
  /** A login without `@` is a local part of this domain. */
  readonly defaultDomain: string;
  readonly maker: CredentialMaker;
  /** Secret of this store that decoy salts are made from, so that they stay the same after a restart. */
  readonly decoySecret: Uint8Array;
  readonly verified: VerifiedLogins;
  /** Without it an account has its one password only. */
  readonly devices?: DeviceLogins;
  readonly knownPeers: KnownPeers;
  readonly accountThrottle: Throttle;
  readonly peerThrottle: Throttle;
  /** Peers whose failures are not counted against their address: a webmail or a proxy speaks for many. */
  readonly unthrottledPeers: Networks;
  /** Shared with whatever else changes credentials, so that none of them undoes another's change. */
  readonly credentialTurns: Turns;
  /** Attempts on one account take turns: this keeps the line short. */
  readonly attemptTurns: Turns;
  readonly log: Log;
  /** Told of each login that was let in. */
  readonly onAccepted?: (account: Account) => void;
  /** Told of each decided attempt, for the metrics. */
  readonly onAttempt?: (protocol: LoginContext['protocol'], outcome: LoginOutcome) => void;
}
export type LoginOutcome = 'accepted' | Extract<LoginResult, { status: 'refused' }>['reason'];

/** Attempts on one account that may wait for each other; a mail program opens five connections, not fifty. */
const maxAttemptsInLine = 32;

interface Attempt {
  readonly canonical: string;
  readonly context: LoginContext;
  readonly network: string;
  /** The account's throttle key; of its own for a place it is known to log in from. */
  readonly accountKey: string;
  /** Undefined when the peer is not throttled. */
  readonly peerKey: string | undefined;
}

/** Who showed what: `password`, or the id of a device password. */
interface Shown {
  readonly account: Account;
  readonly credentialId: string;
}

/** Who may log in, over an account store. */
export class StoreAuthenticator implements Authenticator {
  readonly mechanisms: readonly string[];
  readonly #parts: AuthenticatorParts;
  readonly #refreshing = new Set<number>();

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts;
    const scram = parts.maker.scramIterations === undefined ? [] : ['SCRAM-SHA-256'];
    this.mechanisms = [...scram, 'PLAIN', 'LOGIN'];
  }

  password(login: string, password: string, context: LoginContext): Promise<LoginResult> {
    const attempt = this.#attempt(login, context);
    return this.#decide(attempt, () => this.#checkPassword(attempt, password));
  }

  mechanism(name: string, context: LoginContext): SaslExchange | undefined {
    if (!this.mechanisms.includes(name)) return undefined;
    if (name === 'SCRAM-SHA-256') return this.#scram(context);
    const check = (authorization: string, login: string, password: string): Promise<LoginResult> =>
      this.#mayActAs(authorization, login)
        ? this.password(login, password, context)
        : // To act as somebody else is refused, at the price of a wrong password.
          this.password(login, '', context);
    return name === 'PLAIN' ? plainExchange(check) : loginExchange(check);
  }

  /** Undefined when the password is wrong, or nobody has the address. */
  async #checkPassword(attempt: Attempt, password: string): Promise<Shown | undefined> {
    const { maker, verified } = this.#parts;
    const account = await this.#find(attempt.canonical);
    const device = await this.#checkDevice(attempt, password);
    // Asked first: a device password is compared without the cost of a hash. A wrong one goes on to pay for it.
    if (device !== undefined && account !== undefined) return { account, credentialId: device };
    const verifier = account?.credentials.hash;
    const known = verified.recall(attempt.canonical, verifier, password);
    // An old password that a forgotten phone repeats is one failure, not one every minute.
    if (known !== undefined) return known ? shownPassword(account) : undefined;

    const prepared = preparePassword(password);
    // Exactly one hash in every case, so that the time tells nothing about the account or the password.
    const compared = await maker.hasher.verify(prepared ?? ' ', verifier);
    const right = compared && prepared !== undefined && account !== undefined;
    verified.remember(attempt.canonical, verifier, password, right);
    if (!right) {
      await this.#failed(attempt);
      return undefined;
    }
    this.#refreshVerifiers(account, prepared);
    return shownPassword(account);
  }

  /** Not remembered: a password that was revoked is wrong at once. */
  async #checkDevice(
    { canonical, context }: Attempt,
    password: string,
  ): Promise<string | undefined> {
    const { devices } = this.#parts;
    if (devices?.isDevicePassword(password) !== true) return undefined;
    return devices.check(canonical, password, context.protocol);
  }

  #scram(context: LoginContext): SaslExchange {
    const { decoySecret, maker } = this.#parts;
    const iterations = maker.scramIterations ?? leastScramIterations;
    let attempt = this.#attempt('', context);
    let account: Account | undefined;
    return scramExchange({
      nonce: () => randomBytes(18).toString('base64'),
      keysFor: async (authorization, login): Promise<ScramKeys> => {
        attempt = this.#attempt(login, context);
        const found = await this.#find(attempt.canonical);
        const decoy = decoyScramKeys(decoySecret, attempt.canonical, iterations);
        const keys = found?.credentials.scram;
        if (keys === undefined || !this.#mayActAs(authorization, login)) return decoy;
        account = found;
        return keys;
      },
      finish: (right) =>
        this.#decide(attempt, async () => {
          if (right && account !== undefined) {
            // Read again: it may have been suspended, or its password changed, since the first message.
            const now = await this.#find(attempt.canonical);
            if (now?.credentials.scram?.storedKey === account.credentials.scram?.storedKey) {
              return shownPassword(now);
            }
          }
          await this.#failed(attempt);
          return undefined;
        }),
    });
  }

  /** What all ways to log in share: throttles before, turns per account, status and records after. */
  async #decide(attempt: Attempt, check: () => Promise<Shown | undefined>): Promise<LoginResult> {
    const result = await this.#decideQuietly(attempt, check);
    const { context } = attempt;
    const outcome = result.status === 'accepted' ? 'accepted' : result.reason;
    this.#parts.onAttempt?.(context.protocol, outcome);
    const fields = { conn: context.connection, peer: context.peer, protocol: context.protocol };
    if (result.status === 'accepted') {
      const { account, credentialId } = result;
      this.#parts.log.info('login-accepted', {
        ...fields,
        account: account.id,
        credential: credentialId,
      });
    } else {
      this.#parts.log.info('login-refused', { ...fields, reason: result.reason });
    }
    return result;
  }

  async #decideQuietly(
    attempt: Attempt,
    check: () => Promise<Shown | undefined>,
  ): Promise<LoginResult> {
    const { attemptTurns, accountThrottle, devices, knownPeers } = this.#parts;
    if (attemptTurns.waiting(attempt.accountKey) >= maxAttemptsInLine) return refused('throttled');
    return attemptTurns.run(attempt.accountKey, async () => {
      if (await this.#isThrottled(attempt)) return refused('throttled');
      try {
        const shown = await check();
        if (shown === undefined) return refused('credentials');
        const { account, credentialId } = shown;
        await accountThrottle.succeeded(attempt.accountKey);
        if (account.status !== 'active') return refused('suspended');
        if (credentialId === mainPassword && (await devices?.required(account.id)) === true) {
          return refused('device-password');
        }
        knownPeers.add(attempt.canonical, attempt.network);
        this.#parts.onAccepted?.(account);
        return { status: 'accepted', account, credentialId };
      } catch (error) {
        const busy = error instanceof MailError && error.failure === 'unavailable';
        if (!busy) this.#parts.log.error('login-failed', { err: error });
        return refused('unavailable');
      }
    });
  }

  #attempt(login: string, context: LoginContext): Attempt {
    const { defaultDomain, knownPeers, unthrottledPeers } = this.#parts;
    const full = login.includes('@') ? login : `${login}@${defaultDomain}`;
    // What is no address is looked up all the same, and not found: it takes the same way and the same time.
    const canonical = canonicalAddress(full) ?? `@${full.slice(0, 320).toLowerCase()}`;
    const network = peerNetwork(context.peer);
    const known = knownPeers.has(canonical, network);
    return {
      canonical,
      context,
      network,
      accountKey: known ? `account ${canonical} ${network}` : `account ${canonical}`,
      peerKey: unthrottledPeers.contains(context.peer) ? undefined : `peer ${network}`,
    };
  }

  /** RFC 4422 §3.4.1: an account may act as itself only. */
  #mayActAs(authorization: string, login: string): boolean {
    if (authorization === '') return true;
    const withDomain = (name: string): string | undefined =>
      canonicalAddress(name.includes('@') ? name : `${name}@${this.#parts.defaultDomain}`);
    const wanted = withDomain(authorization);
    return wanted !== undefined && wanted === withDomain(login);
  }

  /** A closed account is as unknown as one that never was. */
  async #find(canonical: string): Promise<Account | undefined> {
    const account = await this.#parts.accounts.find(canonical);
    return account?.status === 'closed' ? undefined : account;
  }

  async #isThrottled({ accountKey, peerKey }: Attempt): Promise<boolean> {
    if ((await this.#parts.accountThrottle.delayMs(accountKey)) > 0) return true;
    return peerKey !== undefined && (await this.#parts.peerThrottle.delayMs(peerKey)) > 0;
  }

  async #failed({ accountKey, peerKey }: Attempt): Promise<void> {
    await this.#parts.accountThrottle.failed(accountKey);
    // A success does not clear the peer's failures: who guesses passwords may own an account too.
    if (peerKey !== undefined) await this.#parts.peerThrottle.failed(peerKey);
  }

  /** Brings verifiers to today's cost, while the password is at hand. Nobody waits for it. */
  #refreshVerifiers(account: Account, prepared: string): void {
    const { maker, accounts, credentialTurns, log } = this.#parts;
    const { hash, scram } = account.credentials;
    const scramIsCurrent = scram?.iterations === maker.scramIterations;
    if (hash === undefined || (!maker.hasher.isOutdated(hash) && scramIsCurrent)) return;
    if (this.#refreshing.has(account.id)) return;
    this.#refreshing.add(account.id);
    const refresh = async (): Promise<void> => {
      const credentials = await verifiersOf(maker, prepared);
      await credentialTurns.run(String(account.id), async () => {
        const now = await accounts.get(account.id);
        if (now?.credentials.hash !== hash || now.status === 'closed') return;
        const audit = { actor: 'system', action: 'account.refresh-verifiers' };
        await accounts.update(account.id, { credentials }, audit);
      });
    };
    refresh()
      .catch((error: unknown) => {
        // The old verifier still works; the next login tries again.
        log.warn('verifier-refresh-failed', { account: account.id, err: error });
      })
      .finally(() => this.#refreshing.delete(account.id));
  }
}

/** What the password of the account is called among credentials. */
const mainPassword = 'password';

function shownPassword(account: Account | undefined): Shown | undefined {
  return account && { account, credentialId: mainPassword };
}

function refused(reason: Extract<LoginResult, { status: 'refused' }>['reason']): LoginResult {
  return { status: 'refused', reason };
}
