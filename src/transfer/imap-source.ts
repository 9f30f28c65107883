import type { ImapFlow, ListResponse } from 'imapflow';
import { MailError } from '../core/errors.ts';
import { flagBits, specialUses } from '../core/values.ts';
import type { FlagSet } from '../store/api.ts';
import {
  type KnownIdentities,
  type LetterSource,
  pageSize,
  type SourceItem,
  type SourceMailbox,
} from './letter-source.ts';
import { isKeyword } from './maildir-flags.ts';

export interface ImapPlace {
  readonly host: string;
  readonly port: number;
  /** `implicit` from the first octet; else STARTTLS, or nothing at all. */
  readonly tls: 'implicit' | 'starttls' | 'none';
  /** False: any certificate will do. */
  readonly verify: boolean;
  readonly user: string;
  readonly password: string;
}

/**
 * What becomes of mailboxes that show letters of others (`\All` and `\Flagged`): nothing of them is taken, the letters
 * that no other mailbox has, or all.
 */
export const viewChoices = ['skip', 'rest', 'all'] as const;
export type ViewChoice = (typeof viewChoices)[number];

/** Octets of a letter asked for at once. */
const pieceBytes = 1024 * 1024;
/** A server that says nothing for so long is gone. */
const silenceMs = 120_000;

/**
 * The mailboxes of an account of another server, read only. A letter is known by the server, the user, the mailbox with
 * its UIDVALIDITY, and its UID.
 */
export class ImapSource implements LetterSource {
  readonly #client: ImapFlow;
  readonly #place: ImapPlace;
  readonly #views: ViewChoice;
  #list: readonly ListResponse[] = [];

  private constructor(client: ImapFlow, place: ImapPlace, views: ViewChoice) {
    this.#client = client;
    this.#place = place;
    this.#views = views;
  }

  /** `unavailable`: it cannot be reached or trusted; `no-permission`: the login was refused. */
  static async open(place: ImapPlace, views: ViewChoice = 'skip'): Promise<ImapSource> {
    // Loaded when it is needed: the server and the other commands do without it.
    const { ImapFlow } = await import('imapflow');
    const client = new ImapFlow({
      host: place.host,
      port: place.port,
      secure: place.tls === 'implicit',
      ...(place.tls !== 'implicit' && { doSTARTTLS: place.tls === 'starttls' }),
      tls: { rejectUnauthorized: place.verify },
      auth: { user: place.user, pass: place.password },
      logger: false,
      disableAutoIdle: true,
      socketTimeout: silenceMs,
    });
    // What breaks is seen by the command that waits.
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      client.close();
      const { authenticationFailed, message } = error as Error & { authenticationFailed?: boolean };
      if (authenticationFailed === true) {
        throw new MailError('no-permission', `${place.host} refused the login`, { cause: error });
      }
      throw new MailError('unavailable', `${place.host}: ${message}`, { cause: error });
    }
    return new ImapSource(client, place, views);
  }

  async measure(): Promise<{ unit: 'letters'; total: number }> {
    const list = await this.#client.list({ statusQuery: { messages: true } });
    this.#list = list.filter(
      ({ flags }) => !flags.has('\\Noselect') && !flags.has('\\NonExistent'),
    );
    const taken = this.#list.filter((one) => this.#views !== 'skip' || !isView(one));
    return {
      unit: 'letters',
      total: taken.reduce((sum, one) => sum + (one.status?.messages ?? 0), 0),
    };
  }

  async *mailboxes(): AsyncGenerator<SourceMailbox, void, void> {
    if (this.#list.length === 0) await this.measure();
    // What mailboxes of their own hold comes first: of the views only the rest may be wanted.
    const own = this.#list.filter((one) => !isView(one));
    for (const one of own) yield this.#mailbox(one);
    const views = this.#list.filter(isView);
    for (const [i, one] of views.entries())
      yield await this.#view(one, [...own, ...views.slice(0, i)]);
  }

  #mailbox(one: ListResponse, without?: ReadonlySet<string>): SourceMailbox {
    return {
      levels: this.#levels(one),
      specialUse: specialUses.find((use) => use === one.specialUse),
      letters: (known) => this.#letters(one, known, without),
    };
  }

  /** Gmail's All Mail and Starred: most letters of them are in another mailbox too. */
  async #view(one: ListResponse, others: readonly ListResponse[]): Promise<SourceMailbox> {
    if (this.#views === 'all') return this.#mailbox(one);
    const passedOver = (why: string): SourceMailbox => ({
      ...this.#mailbox(one),
      passedOver: `${one.path}: ${one.specialUse ?? ''} shows letters of other mailboxes; ${why}`,
      letters: nothing,
    });
    const count = one.status?.messages ?? 0;
    if (this.#views === 'skip') {
      return passedOver(`none of its ${count} is taken (--views rest: those that are only there)`);
    }
    if (
      !this.#client.capabilities.has('OBJECTID') &&
      !this.#client.capabilities.has('X-GM-EXT-1')
    ) {
      return passedOver(
        `which are the same the server does not tell, so none of its ${count} is taken`,
      );
    }
    const elsewhere = new Set<string>();
    for (const other of others) await this.#identities(other, elsewhere);
    // What is in All Mail alone was archived.
    return { ...this.#mailbox(one, elsewhere), specialUse: '\\Archive' };
  }

  /** Adds what the server knows the letters of a mailbox by, wherever they are: some 20 octets of memory for each. */
  async #identities({ path, status }: ListResponse, into: Set<string>): Promise<void> {
    if (status?.messages === 0) return;
    await this.#client.mailboxOpen(path, { readOnly: true });
    // It is asked for wherever a server has it.
    for await (const { emailId } of this.#client.fetch('1:*', { uid: true })) {
      if (emailId !== undefined) into.add(emailId);
    }
  }

  /** The UIDs of the selected mailbox whose letters are not among those. */
  async #only(uids: readonly number[], without: ReadonlySet<string>): Promise<number[]> {
    const only: number[] = [];
    if (uids.length === 0) return only;
    for await (const { uid, emailId } of this.#client.fetch('1:*', { uid: true })) {
      if (emailId === undefined || !without.has(emailId)) only.push(uid);
    }
    return only;
  }

  close(): Promise<void> {
    this.#client.close();
    return Promise.resolve();
  }

  /** The name without the prefix of the namespace: `INBOX.Sent` of some servers is Sent. */
  #levels({ path, delimiter }: ListResponse): string[] {
    const prefix = this.#client.namespace?.prefix ?? '';
    const own = prefix !== '' && path.startsWith(prefix) ? path.slice(prefix.length) : path;
    const levels = delimiter === '' ? [own] : own.split(delimiter);
    return levels.length === 1 && levels[0]?.toUpperCase() === 'INBOX' ? [] : levels;
  }

  async *#letters(
    { path }: ListResponse,
    known: KnownIdentities,
    without?: ReadonlySet<string>,
  ): AsyncGenerator<SourceItem, void, void> {
    const client = this.#client;
    const { host, user } = this.#place;
    const { uidValidity } = await client.mailboxOpen(path, { readOnly: true });
    const all = (await client.search({ all: true }, { uid: true })) || [];
    const uids = without === undefined ? all : await this.#only(all, without);
    if (uids.length < all.length) {
      const count = all.length - uids.length;
      yield { kind: 'elsewhere', count, weight: count };
    }
    const identity = (uid: number): string =>
      [host.toLowerCase(), user, String(uidValidity), uid].join('\0');
    for (let i = 0; i < uids.length; i += pageSize) {
      const page = uids.slice(i, i + pageSize);
      const imported = await known(page.map(identity));
      const fresh = page.filter((uid) => !imported.has(identity(uid)));
      if (fresh.length < page.length) {
        const count = page.length - fresh.length;
        yield { kind: 'known', count, weight: count };
      }
      if (fresh.length === 0) continue;
      const facts = await client.fetchAll(
        fresh.join(','),
        { uid: true, flags: true, internalDate: true, size: true },
        { uid: true },
      );
      // In batches of what is held in memory; a large letter by itself, piece by piece.
      for (let from = 0; from < facts.length;) {
        let to = from;
        let bytes = 0;
        while (to < facts.length && to - from < 64) {
          bytes += facts[to]?.size ?? 0;
          if (bytes > pieceBytes) break;
          to++;
        }
        const sources = new Map<number, Buffer>();
        if (to > from) {
          const set = facts.slice(from, to).map(({ uid }) => uid);
          const query = { uid: true, source: true };
          for (const { uid, source } of await client.fetchAll(set.join(','), query, {
            uid: true,
          })) {
            if (source !== undefined) sources.set(uid, source);
          }
        } else to++;
        for (const { uid, flags, internalDate } of facts.slice(from, to)) {
          const source = sources.get(uid);
          yield {
            kind: 'letter',
            name: `${path} UID ${uid}`,
            flags: flagSet(flags ?? new Set()),
            internalDate: internalDate === undefined ? undefined : new Date(internalDate).getTime(),
            weight: 1,
            identify: () => identity(uid),
            read: () => (source === undefined ? this.#pieces(uid) : once(source)),
          };
        }
        from = to;
      }
    }
  }

  async *#pieces(uid: number): AsyncGenerator<Uint8Array, void, void> {
    for (let start = 0; ; start += pieceBytes) {
      const query = { source: { start, maxLength: pieceBytes } };
      const found = await this.#client.fetchOne(String(uid), query, { uid: true });
      if (found === false || found.source === undefined) {
        throw new MailError('expunged', 'It is no longer there');
      }
      if (found.source.length > 0) yield found.source;
      if (found.source.length < pieceBytes) return;
    }
  }
}

/** All Mail and Starred of Gmail: most letters of them are in another mailbox and would come twice. */
function isView({ specialUse, specialUseSource }: ListResponse): boolean {
  return specialUseSource === 'extension' && (specialUse === '\\All' || specialUse === '\\Flagged');
}

function flagSet(flags: ReadonlySet<string>): FlagSet {
  let system = 0;
  const keywords: string[] = [];
  for (const flag of flags) {
    const known = Object.entries(flagBits).find(
      ([name]) => name.toLowerCase() === flag.toLowerCase(),
    );
    if (known !== undefined) system |= known[1];
    else if (isKeyword(flag)) keywords.push(flag);
  }
  return { system, keywords };
}

async function* once(octets: Buffer): AsyncGenerator<Uint8Array, void, void> {
  yield await Promise.resolve(octets);
}

async function* nothing(): AsyncGenerator<never, void, void> {
  // Passed over.
}
