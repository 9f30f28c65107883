import { leftOut } from '../damaged-files.ts';
import { emailOf, placeOf } from '../email-place.ts';
import { collectSlice } from '../limits.ts';
import { readOutboxJson } from '../../common/outbox-json.ts';
import { absent, type ContentUse, directoryFile, type ReadOps } from '../protocol.ts';
import { compareTexts } from '../search/compare-texts.ts';
import { SearchReader } from '../search/search-reader.ts';
import { checkContent } from './check-content.ts';
import { readTable } from './content-table.ts';
import { DirectoryReader } from './directory-reader.ts';
import { ShardReader } from './shard-reader.ts';
import { Snapshots } from './snapshots.ts';

type Reads = { readonly [K in keyof ReadOps]: (args: ReadOps[K]['args']) => ReadOps[K]['result'] };

/** Links are a few octets each; looking at one costs a microsecond. */
const linksAtOnce = 4 * collectSlice;

/** Answers questions from committed state; never waits for a writer. */
export class Reader implements Reads {
  /** The file that was asked last: an error of SQLite does not name its file. */
  lastFile = directoryFile;
  readonly #folder: string;
  /** Opened when something is asked of them. */
  readonly #shards: (ShardReader | undefined)[];
  readonly #leftOut = new Set<number>();
  readonly #searches: readonly SearchReader[];
  readonly #directory: DirectoryReader;
  readonly #snapshots: Snapshots;

  constructor(folder: string, shards: number, store: string) {
    this.#folder = folder;
    this.#shards = Array.from({ length: shards }, () => undefined);
    this.#searches = this.#numbers().map((number) => new SearchReader(folder, number, store));
    this.#directory = new DirectoryReader(folder);
    this.#snapshots = new Snapshots(folder, shards, (number) => this.#shard(number));
  }

  /** What `readTable` asks. */
  get #table(): Parameters<typeof readTable>[0] {
    return { count: this.#shards.length, reader: (number) => this.#shard(number) };
  }

  readonly leaveOut: Reads['leaveOut'] = ({ shards }) => {
    for (const shard of shards) this.#leftOut.add(shard);
  };

  readonly account: Reads['account'] = ({ a }) => this.#of(a).account(a);
  readonly quota: Reads['quota'] = ({ a }) => this.#of(a).quota(a);
  readonly view: Reads['view'] = ({ a, m }) => this.#of(a).view(a, m);
  readonly vanished: Reads['vanished'] = ({ a, m, since }) => this.#of(a).vanished(a, m, since);

  readonly columns: Reads['columns'] = ({ a, emails, columns, fields, thread }) => {
    const table = readTable(this.#table, a, emails, columns, fields);
    if (thread !== true) return table;
    const width = columns.length + 1;
    const threads = emails.map((e, i) =>
      table.spans[i * width] === absent ? undefined : this.#thread(a, e),
    );
    return { ...table, threads };
  };

  readonly content: Reads['content'] = ({ a, e }) => {
    const { s, c } = placeOf(e, this.#shards.length);
    const shard = this.#shard(s);
    return shard.uses(c, a) ? shard.content(c) : undefined;
  };

  readonly contentAt: Reads['contentAt'] = ({ s, c }) => this.#shard(s).content(c);

  readonly findAccount: Reads['findAccount'] = ({ canonical }) => this.#accounts.find(canonical);
  readonly findSkeleton: Reads['findSkeleton'] = ({ skeleton }) =>
    this.#accounts.findSkeleton(skeleton);
  readonly getAccount: Reads['getAccount'] = ({ a }) => this.#accounts.get(a);
  readonly listAccounts: Reads['listAccounts'] = ({ after, limit }) =>
    this.#accounts.list(after, limit);
  readonly unsettled: Reads['unsettled'] = () => this.#accounts.unsettled();
  readonly listAudit: Reads['listAudit'] = ({ account, limit }) =>
    this.#accounts.audit(account, limit);

  readonly auditAfter: Reads['auditAfter'] = ({ after }) => this.#accounts.auditAfter(after);

  readonly getRecord: Reads['getRecord'] = ({ id }) => this.#accounts.record(id);
  readonly listRecords: Reads['listRecords'] = (args) => this.#accounts.records(args);

  readonly lasting: Reads['lasting'] = ({ a, ids }) => this.#of(a).lasting(a, ids);

  readonly outboxCount: Reads['outboxCount'] = () =>
    this.#used().reduce((sum, number) => sum + this.#shard(number).outboxCount(), 0);

  readonly filesKept: Reads['filesKept'] = ({ digests }) =>
    digests.filter((hex) => {
      const digest = Buffer.from(hex, 'hex');
      // Also of a shard that is left out, and then nobody can say: no file may go.
      return this.#numbers().some((number) => this.#shard(number).hasFile(digest));
    });

  readonly strayLinks: Reads['strayLinks'] = ({ s, after, before }) => {
    const shard = this.#shard(s);
    const rows = shard.links(after, linksAtOnce);
    const links: ContentUse[] = [];
    for (const { c, a, at } of rows) {
      if (a === 0 || at >= before || this.#of(a) === shard) continue;
      const identity = shard.identity(c);
      const email = identity && this.#of(a).email(a, identity)?.[0];
      if (email !== emailOf({ s, c }, this.#shards.length)) links.push({ c, a });
    }
    const last = rows.at(-1);
    return { links, next: last && [last.c, last.a] };
  };

  readonly findText: Reads['findText'] = ({ a, part, query }) =>
    this.#searches.map((search) => search.find(a, part, query));

  readonly compareTexts: Reads['compareTexts'] = ({ text, emails }) =>
    compareTexts(this.#searches, text, emails);

  readonly nextContents: Reads['nextContents'] = () =>
    this.#numbers().map((s) => (this.#leftOut.has(s) ? 0 : this.#shard(s).nextContent()));

  readonly textsBehind: Reads['textsBehind'] = () =>
    this.#used().some((s) => (this.#searches[s]?.mark() ?? 0) !== this.#shard(s).nextContent());

  readonly closeText: Reads['closeText'] = ({ s }) => {
    this.#searches[s]?.close();
  };

  readonly openSnapshot: Reads['openSnapshot'] = ({ a }) => this.#snapshots.open(a);
  readonly snapshotMessages: Reads['snapshotMessages'] = ({ id, m, after }) =>
    this.#snapshots.messages(id, m, after);
  readonly snapshotProblems: Reads['snapshotProblems'] = ({ id, rows }) =>
    this.#snapshots.problems(id, rows);
  readonly snapshotTombstones: Reads['snapshotTombstones'] = ({ id, m, after }) =>
    this.#snapshots.tombstones(id, m, after);
  readonly gatherEmails: Reads['gatherEmails'] = ({ id, after }) =>
    this.#snapshots.gatherEmails(id, after);
  readonly gatheredEmails: Reads['gatheredEmails'] = ({ id, after }) =>
    this.#snapshots.gatheredEmails(id, after);
  readonly snapshotIds: Reads['snapshotIds'] = ({ id, lasting, after }) =>
    this.#snapshots.deliveryIds(id, lasting, after);
  readonly keptRelays: Reads['keptRelays'] = ({ s, after }) =>
    this.#shard(s)
      .outboxAfter(after)
      .map((row) => {
        const { held } = readOutboxJson(row.relay);
        const place = held === undefined ? { s, c: row.c } : placeOf(held.e, this.#shards.length);
        const digest = this.#shard(place.s).identity(place.c)?.[1];
        return { ...row, digest: digest === undefined ? null : hexOf(digest) };
      });
  readonly relayKnown: Reads['relayKnown'] = ({ id }) =>
    this.#used().some((number) => this.#shard(number).outboxHas(id));
  readonly closeSnapshot: Reads['closeSnapshot'] = ({ id }) => {
    this.#snapshots.close(id);
  };
  readonly checkContents: Reads['checkContents'] = ({ s, contents }) =>
    contents.map((c) => checkContent(this.#shard(s), c));
  readonly unusedContents: Reads['unusedContents'] = ({ s, after }) =>
    this.#shard(s).checks.unused(after);
  readonly whereIs: Reads['whereIs'] = ({ a, e }) => this.#of(a).checks.whereIs(a, e);
  readonly heads: Reads['heads'] = ({ s, after }) => this.#shard(s).checks.heads(after);
  readonly lostRelays: Reads['lostRelays'] = ({ s }) => this.#shard(s).checks.lostRelays();

  close(): void {
    for (const search of this.#searches) search.close();
    this.#snapshots.closeAll();
    for (const shard of this.#shards) shard?.close();
    this.#directory.close();
  }

  /** The conversation of an email that the account has; its own when no other message is of it. */
  #thread(a: number, e: number): number {
    const { s, c } = placeOf(e, this.#shards.length);
    const identity = this.#shard(s).identity(c);
    return (identity && this.#of(a).email(a, identity)?.[1]) ?? e;
  }

  #of(a: number): ShardReader {
    return this.#shard(a % this.#shards.length);
  }

  #shard(number: number): ShardReader {
    this.lastFile = number;
    if (this.#leftOut.has(number)) throw leftOut();
    return (this.#shards[number] ??= new ShardReader(this.#folder, number));
  }

  get #accounts(): DirectoryReader {
    this.lastFile = directoryFile;
    return this.#directory;
  }

  #numbers(): number[] {
    return [...this.#shards.keys()];
  }

  #used(): number[] {
    return this.#numbers().filter((number) => !this.#leftOut.has(number));
  }
}

function hexOf(digest: Uint8Array): string {
  return Buffer.from(digest).toString('hex');
}
