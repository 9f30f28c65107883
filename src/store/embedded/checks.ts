import { startThread } from '../../core/thread.ts';
import { deletedBit, seenBit } from '../../core/values.ts';
import type { AccountId, EmailId, MailboxId, Uid } from '../../core/values.ts';
import type { CheckStep, Finding } from '../api.ts';
import { keywordBit } from '../mailbox-view.ts';
import type { BodyChecks } from './body-checks.ts';
import type { BodyFiles } from './body-files.ts';
import { emailOf, placeOf } from './email-place.ts';
import type { StoreFacts } from './folder.ts';
import type { MailboxRow } from '../common/mailbox-row.ts';
import { type AccountRow, directoryFile, type QuotaSnapshot } from './protocol.ts';
import { messageRows, openHead, tombstoneRows } from './snapshot-slices.ts';
import type { AskReader, Threads } from './threads.ts';
import type { CheckedContent, Problem, SnapshotHead } from './upkeep-protocol.ts';

export interface CheckParts {
  readonly facts: StoreFacts;
  readonly files: BodyFiles;
  readonly bodies: BodyChecks;
  readonly threads: Threads;
}

/** Small contents that one question to a reader names. */
const contentsAtOnce = 16;

/** An account against every promise; its letters last, when the snapshot holds the log no longer. */
export async function* checkAccount(
  parts: CheckParts,
  account: AccountId,
): AsyncGenerator<CheckStep, void, void> {
  const ask = parts.threads.reader();
  const head = await openHead(ask, account);
  try {
    yield found(checkHead(account, head));
    for (const mailbox of head.mailboxes) {
      yield* checkMailbox(ask, account, head, mailbox);
      yield* checkTombstones(ask, account, head, mailbox);
    }
    // They are put down in a file: in an order that reads the disk forwards, however many there are.
    let after: EmailKey | undefined = [-1, new Uint8Array()];
    while (after !== undefined) after = await gather(ask, head.id, after);
    yield* checkLetters(parts, ask, account, head.id);
  } finally {
    await ask('closeSnapshot', { id: head.id });
  }
}

type EmailKey = readonly [ref: number, digest: Uint8Array];

function gather(ask: AskReader, id: number, after: EmailKey): Promise<EmailKey | undefined> {
  return ask('gatherEmails', { id, after });
}

function found(findings: readonly Finding[], messages = 0, bytes = 0): CheckStep {
  return { messages, bytes, findings };
}

function checkHead(account: AccountId, head: SnapshotHead): Finding[] {
  const findings: Finding[] = [];
  const wrong = (kind: Finding['kind'], detail: string): void => {
    findings.push({ kind, detail, repairable: true, account });
  };
  const bytes = head.mailboxes.reduce((sum, box) => sum + box.bytes, 0);
  const count = head.mailboxes.reduce((sum, box) => sum + box.total, 0);
  if (bytes !== head.bytes)
    wrong('counters', `the account counts ${head.bytes} octets, its mailboxes ${bytes}`);
  if (count !== head.count)
    wrong('counters', `the account counts ${head.count} messages, its mailboxes ${count}`);
  for (const m of head.strays) {
    const detail = `messages of mailbox ${m}, which is not there`;
    findings.push({ kind: 'account', detail, repairable: false, account });
  }
  for (const box of head.mailboxes) {
    if (box.modSeq > head.seq) {
      wrong(
        'modseq',
        `mailbox ${box.m} has HIGHESTMODSEQ ${box.modSeq}, past the account's ${head.seq}`,
      );
    }
    if (box.uidValidity < 1 || box.uidValidity > head.lastUidValidity) {
      wrong(
        'uid',
        `mailbox ${box.m} has UIDVALIDITY ${box.uidValidity}, past the last ${head.lastUidValidity}`,
      );
    }
    if (box.m >= head.nextMailbox) wrong('account', `mailbox ${box.m} has a number not given yet`);
  }
  return findings;
}

async function* checkMailbox(
  ask: AskReader,
  account: AccountId,
  head: SnapshotHead,
  box: MailboxRow,
): AsyncGenerator<CheckStep, void, void> {
  const mailbox = box.m as MailboxId;
  const known = box.keywords.map((_, number) => keywordBit(number));
  const knownBits = known.reduce((bits, { more, bit }) => (more ? bits : bits | bit), 31) >>> 0;
  const knownMore = known.reduce((bits, { more, bit }) => (more ? bits | bit : bits), 0) >>> 0;
  const sums = { total: 0, unseen: 0, deleted: 0, bytes: 0, deletedBytes: 0 };
  for await (const rows of messageRows(ask, head.id, box.m)) {
    const findings: Finding[] = [];
    const wrong = (
      kind: Finding['kind'],
      u: number,
      e: number,
      detail: string,
      repairable = false,
    ): void => {
      const where = { account, mailbox, uid: u as Uid, email: e as EmailId };
      findings.push({ kind, detail, repairable, ...where });
    };
    for (const [u, ms, f, f2, size, , , e] of rows) {
      sums.total++;
      sums.bytes += size;
      if ((f & seenBit) === 0) sums.unseen++;
      if ((f & deletedBit) !== 0) {
        sums.deleted++;
        sums.deletedBytes += size;
      }
      if (u >= box.uidNext) wrong('uid', u, e, `UIDNEXT is ${box.uidNext}`, true);
      if (ms > box.modSeq) wrong('modseq', u, e, `MODSEQ ${ms} past ${box.modSeq}`, true);
      if ((f & ~knownBits) !== 0 || (f2 & ~knownMore) !== 0) {
        wrong('keywords', u, e, 'has a keyword that the mailbox does not know');
      }
    }
    for (const { what, u, e } of await ask('snapshotProblems', { id: head.id, m: box.m, rows })) {
      const [kind, detail, repairable] = problems[what];
      wrong(kind, u, e, detail, repairable);
    }
    yield found(findings, rows.length);
  }
  const names = ['total', 'unseen', 'deleted', 'bytes', 'deletedBytes'] as const;
  const off = names.filter((name) => box[name] !== sums[name]);
  if (off.length === 0) return;
  const detail = off.map((name) => `${name} ${box[name]}, counted ${sums[name]}`).join('; ');
  yield found([{ kind: 'counters', detail, repairable: true, account, mailbox }]);
}

async function* checkTombstones(
  ask: AskReader,
  account: AccountId,
  head: SnapshotHead,
  box: MailboxRow,
): AsyncGenerator<CheckStep, void, void> {
  for await (const rows of tombstoneRows(ask, head.id, box.m)) {
    const findings = rows.flatMap(([x, u, , , , alive]): Finding[] => {
      const detail =
        alive !== 0
          ? 'is expunged and there at once'
          : u >= box.uidNext
            ? `was expunged, but UIDNEXT is ${box.uidNext}`
            : x > head.seq
              ? `was expunged at ${x}, past the account's ${head.seq}`
              : undefined;
      if (detail === undefined) return [];
      const where = { account, mailbox: box.m as MailboxId, uid: u as Uid };
      return [{ kind: 'tombstone', detail, repairable: false, ...where }];
    });
    if (findings.length > 0) yield found(findings);
  }
}

const problems = {
  missing: ['content', 'its letter is lost', false],
  size: ['content', 'its size is not that of its letter', false],
  link: ['link', 'nothing says that the account uses the letter', true],
  identity: ['identity', 'the account does not find the letter by its Message-ID', true],
} as const satisfies Record<Problem['what'], readonly [Finding['kind'], string, boolean]>;

/** Every letter of an account read back, in slices on the readers; large ones in a thread of their own. */
async function* checkLetters(
  parts: CheckParts,
  ask: AskReader,
  account: AccountId,
  id: number,
): AsyncGenerator<CheckStep, void, void> {
  for (let after = -1; ;) {
    const emails = await ask('gatheredEmails', { id, after });
    const last = emails.at(-1);
    if (last === undefined) return;
    for (const [s, contents] of byShard(emails, parts.facts.shards)) {
      for (let i = 0; i < contents.length; i += contentsAtOnce) {
        yield await checkSome(parts, account, s, contents.slice(i, i + contentsAtOnce));
      }
    }
    after = last;
  }
}

function byShard(emails: readonly number[], shards: number): ReadonlyMap<number, number[]> {
  const map = new Map<number, number[]>();
  for (const e of emails) {
    const { s, c } = placeOf(e, shards);
    const list = map.get(s);
    if (list === undefined) map.set(s, [c]);
    else list.push(c);
  }
  return map;
}

async function checkSome(
  parts: CheckParts,
  account: AccountId,
  s: number,
  contents: readonly number[],
): Promise<CheckStep> {
  const checked = await parts.threads.read('checkContents', { s, contents });
  const findings: Finding[] = [];
  let bytes = 0;
  for (const [k, content] of checked.entries()) {
    // What no message names may have gone in the meantime; what one names was found missing with it.
    if (content === undefined) continue;
    bytes += content.size;
    const wrong = await wrongWith(parts.bodies, content);
    if (wrong === undefined) continue;
    const e = emailOf({ s, c: contents[k] as number }, parts.facts.shards);
    const places = await parts.threads.read('whereIs', { a: account, e });
    const where = places.length > 0 ? places : [undefined];
    for (const place of where) {
      findings.push({
        ...wrong,
        account,
        email: e as EmailId,
        ...(place !== undefined && { mailbox: place[0] as MailboxId, uid: place[1] as Uid }),
      });
    }
  }
  return found(findings, 0, bytes);
}

async function wrongWith(
  bodies: BodyChecks,
  content: CheckedContent,
): Promise<Pick<Finding, 'kind' | 'detail' | 'repairable'> | undefined> {
  const { octets, rendered } = content.file ? await readBack(bodies, content) : content;
  if (octets === 'unreadable') {
    return { kind: 'octets', repairable: false, detail: 'the file of the letter cannot be read' };
  }
  if (octets === 'bad') {
    return { kind: 'octets', repairable: false, detail: 'the octets are not those received' };
  }
  if (rendered !== false) return undefined;
  const detail = 'what was rendered of the letter is not what it renders to';
  return { kind: 'renderings', repairable: true, detail };
}

async function readBack(
  bodies: BodyChecks,
  { digest, size, fingerprint }: CheckedContent,
): Promise<{ readonly octets: 'good' | 'bad' | 'unreadable'; readonly rendered?: boolean }> {
  const answer = await bodies.check(digest, size);
  if (answer.octets !== 'good') return answer;
  return { octets: 'good', rendered: answer.fingerprint === fingerprint };
}

/** What belongs to no account. */
export async function* checkStore(parts: CheckParts): AsyncGenerator<CheckStep, void, void> {
  const { threads, files, facts } = parts;
  for (let file = directoryFile; file < facts.shards; file++) {
    const name = file === directoryFile ? 'directory.sqlite' : `shard-${file}.sqlite`;
    const complaints = await quickCheck(files.folder, name);
    yield found(
      complaints.map((detail) => ({
        kind: 'database',
        detail: `${name}: ${detail}`,
        repairable: false,
      })),
    );
  }
  yield* checkHeads(parts);
  for (let s = 0; s < facts.shards; s++) {
    const lost = await threads.read('lostRelays', { s });
    yield found(
      lost.map((id) => ({
        kind: 'content',
        detail: `letter ${id} to be sent is lost`,
        repairable: false,
      })),
    );
    let unused = 0;
    for (let after: number | undefined = 0; after !== undefined;) {
      const step: { unused: readonly number[]; next: number | undefined } = await threads.read(
        'unusedContents',
        { s, after },
      );
      unused += step.unused.length;
      after = step.next;
      yield found([]);
    }
    if (unused > 0) yield found([garbage(`shard ${s}: ${unused} letters that nobody uses`)]);
  }
  let orphans = 0;
  for await (const digests of files.names()) {
    const kept = new Set(await threads.read('filesKept', { digests }));
    orphans += digests.filter((digest) => !kept.has(digest)).length;
    yield found([]);
  }
  if (orphans > 0) yield found([garbage(`${orphans} files of letters that no row names`)]);
}

function garbage(detail: string): Finding {
  return { kind: 'garbage', detail, repairable: false };
}

/** What is wrong with the head of an account; one that is about to be made or changed is not wrong. */
async function wrongHead(threads: Threads, row: AccountRow): Promise<string | undefined> {
  const { a } = row;
  if (differs(row, await threads.read('quota', { a })) === undefined) return undefined;
  for (;;) {
    const before = await threads.read('getAccount', { a });
    const unsettled = await threads.read('unsettled', {});
    if (before === undefined || unsettled.some((each) => each.a === a)) return undefined;
    // From here on the head is as the directory says, unless that changes again before it is looked at once more.
    const wrong = differs(before, await threads.read('quota', { a }));
    const after = await threads.read('getAccount', { a });
    if (wrong === undefined || (after !== undefined && sameLimits(before, after))) return wrong;
  }
}

function differs(row: AccountRow, head: QuotaSnapshot | undefined): string | undefined {
  if (head === undefined) return 'has no head';
  return sameLimits(row, head) ? undefined : 'has another quota than the directory says';
}

function sameLimits(
  one: Pick<AccountRow, 'maxBytes' | 'maxCount'>,
  other: Pick<AccountRow, 'maxBytes' | 'maxCount'>,
): boolean {
  return one.maxBytes === other.maxBytes && one.maxCount === other.maxCount;
}

/** Accounts of the directory against heads of the shards. */
async function* checkHeads({ threads, facts }: CheckParts): AsyncGenerator<CheckStep, void, void> {
  for (let after = ''; ;) {
    const rows = await threads.read('listAccounts', { after, limit: 500 });
    const last = rows.at(-1);
    if (last === undefined) break;
    const findings: Finding[] = [];
    for (const row of rows) {
      const detail = await wrongHead(threads, row);
      if (detail === undefined) continue;
      findings.push({ kind: 'account', detail, repairable: true, account: row.a as AccountId });
    }
    yield found(findings);
    after = last.canonical;
  }
  for (let s = 0; s < facts.shards; s++) {
    for (let after: number | undefined = 0; after !== undefined;) {
      const heads: readonly number[] = await threads.read('heads', { s, after });
      const findings: Finding[] = [];
      for (const a of heads) {
        if ((await threads.read('getAccount', { a })) !== undefined) continue;
        const account = a as AccountId;
        findings.push({
          kind: 'account',
          detail: 'is not in the directory',
          repairable: false,
          account,
        });
      }
      yield found(findings);
      after = heads.at(-1);
    }
  }
}

/** SQLite's own look at a file, in a thread of its own: it takes as long as reading the file. */
function quickCheck(folder: string, name: string): Promise<readonly string[]> {
  const worker = startThread(import.meta.url, './quick-check-thread', {
    workerData: { folder, name },
  });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => {
      reject(new Error('the check of a database ended early'));
    });
  });
}
