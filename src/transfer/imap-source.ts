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
  #list: readonly ListResponse[] = [];

  private constructor(client: ImapFlow, place: ImapPlace) {
    this.#client = client;
    this.#place = place;
  }

  /** `unavailable`: it cannot be reached or trusted; `no-permission`: the login was refused. */
  static async open(place: ImapPlace): Promise<ImapSource> {
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
    return new ImapSource(client, place);
  }

  async measure(): Promise<{ unit: 'letters'; total: number }> {
    const list = await this.#client.list({ statusQuery: { messages: true } });
    this.#list = list.filter(
      ({ flags }) => !flags.has('\\Noselect') && !flags.has('\\NonExistent'),
    );
    const taken = this.#list.filter((one) => !isView(one));
    return {
      unit: 'letters',
      total: taken.reduce((sum, one) => sum + (one.status?.messages ?? 0), 0),
    };
  }

  async *mailboxes(): AsyncGenerator<SourceMailbox, void, void> {
    if (this.#list.length === 0) await this.measure();
    for (const one of this.#list) {
      const use = specialUses.find((known) => known === one.specialUse);
      if (isView(one)) {
        const passedOver = `${one.path}: ${one.specialUse ?? ''} shows letters of other mailboxes`;
        yield { levels: [one.path], specialUse: use, passedOver, letters: nothing };
        continue;
      }
      yield {
        levels: this.#levels(one),
        specialUse: use,
        letters: (known) => this.#letters(one, known),
      };
    }
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
  ): AsyncGenerator<SourceItem, void, void> {
    const client = this.#client;
    const { host, user } = this.#place;
    const { uidValidity } = await client.mailboxOpen(path, { readOnly: true });
    const uids = (await client.search({ all: true }, { uid: true })) || [];
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

/** Gmail's All Mail and Starred: every letter of them is in another mailbox, or would come twice. */
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
