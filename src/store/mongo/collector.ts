import { randomBytes } from 'node:crypto';
import type { AccountId } from '../../core/values.ts';
import { garbageHours, tombstoneDays } from '../common/limits.ts';
import { type AccountLog, readPages, tailReachesBack } from './account-log.ts';
import type { AccountLogs } from './account-logs.ts';
import type { Database } from './database.ts';
import type { Draft } from './draft.ts';
import { batchDocuments } from './limits.ts';
import { type PageDocument, unpackGone, unpackRows } from './page.ts';
import { Page } from './page-set.ts';
import { digestKey } from './projector.ts';
import type { TextIndex } from './search/text-index.ts';

/**
 * Removes what nobody can see any more as of `now` (milliseconds): tombstones past their time, mailboxes deleted as long
 * ago, letters that neither a message nor a tombstone names, settled entries of the outbox, marks of removed records,
 * answers past their time. Any process may run it, and several at once.
 */
export async function collectGarbage(
  db: Database,
  logs: AccountLogs,
  texts: Pick<TextIndex, 'sweep'>,
  now: number,
  stopped: () => boolean,
): Promise<void> {
  const before = Math.floor(now / 1000) - tombstoneDays * 86_400;
  const garbageBefore = Math.floor(now / 1000) - garbageHours * 3600;
  for (const a of await accountsToCollect(db, before)) {
    if (stopped()) return;
    await logs.with(a as AccountId, (log) => collectAccount(db, log, texts, before, garbageBefore));
  }
  await db.remove('outbox', { end: { $lt: garbageBefore * 1000 } });
  await db.remove('records', { xt: { $lt: garbageBefore } });
  await db.remove('answers', { x: { $lt: now } });
}

async function accountsToCollect(db: Database, before: number): Promise<ReadonlySet<number>> {
  const [pages, ended, waiting] = await Promise.all([
    db.find<{ readonly a: number }>('pages', { xt: { $lt: before } }, { projection: { a: 1 } }),
    db.find<{ readonly _id: number }>(
      'heads',
      { 'ended.at': { $lt: before } },
      { projection: { _id: 1 } },
    ),
    db.find<{ readonly _id: number }>('heads', { xt: { $lt: before } }, { projection: { _id: 1 } }),
  ]);
  return new Set([...pages.map(({ a }) => a), ...[...ended, ...waiting].map(({ _id }) => _id)]);
}

async function collectAccount(
  db: Database,
  log: AccountLog,
  texts: Pick<TextIndex, 'sweep'>,
  before: number,
  garbageBefore: number,
): Promise<void> {
  await log.projected();
  await dropEndedBoxes(db, log, before);
  await dropTombstones(db, log, before);
  await dropUnusedEmails(db, log, garbageBefore);
  await texts.sweep(log.a);
}

/** Mailboxes that were deleted longer ago than tombstones are kept. */
async function dropEndedBoxes(db: Database, log: AccountLog, before: number): Promise<void> {
  const { a, head } = log;
  for (const { m, at } of head.ended) {
    if (at >= before) continue;
    await db.remove('pages', { _id: { $gte: { a, m, p: 0 }, $lte: { a, m, p: 0xffff_ffff } }, a });
    await log.run({
      apply: (draft) => {
        draft.ended = draft.ended.filter((box) => box.m !== m);
      },
    });
  }
}

/** Tombstones that are old enough; QRESYNC with an older MODSEQ can no longer be answered from them. */
async function dropTombstones(db: Database, log: AccountLog, before: number): Promise<void> {
  const { a } = log;
  for (;;) {
    const documents = await db.find<PageDocument>(
      'pages',
      { a, xt: { $lt: before } },
      { limit: batchDocuments },
    );
    if (documents.length === 0) return;
    const floors = new Map<number, number>();
    for (const { _id, x } of documents) {
      for (const gone of unpackGone(x)) {
        if (gone.at < before) floors.set(_id.m, Math.max(floors.get(_id.m) ?? 0, gone.x));
      }
    }
    await log.run({
      apply: (draft) => {
        raiseFloors(draft, floors);
      },
    });
    for (const document of documents) {
      const { m, p } = document._id;
      const page = new Page(p, document);
      page.gone = page.gone.filter(({ at }) => at >= before);
      const { _id, a: account, xs, xt, ...rest } = page.document(a, m);
      const change =
        xs === undefined ? { $set: rest, $unset: { xs: 1, xt: 1 } } : { $set: { ...rest, xs, xt } };
      // One that changed meanwhile comes again.
      await db.update('pages', { _id, a: account, v: document.v }, change);
    }
  }
}

function raiseFloors(draft: Draft, floors: ReadonlyMap<number, number>): void {
  for (const [m, floor] of floors) {
    const box = draft.boxes.get(m);
    if (box !== undefined && box.vanFloor < floor) draft.setBox({ ...box, vanFloor: floor });
  }
}

interface EmailStub {
  readonly _id: { readonly a: number; readonly e: number };
  readonly at: number;
  readonly h: Buffer;
}

/**
 * Letters that no message and no tombstone names. A letter is marked; then a commit of the account's own makes every
 * commit fail that was prepared before the mark; whoever prepares one after it takes the mark off what it uses. What is
 * still marked and unused then can be used by nobody. The numbers are not given again: somebody may hold one still.
 */
async function dropUnusedEmails(
  db: Database,
  log: AccountLog,
  garbageBefore: number,
): Promise<void> {
  const { a } = log;
  const unused = await unusedEmails(db, log, garbageBefore);
  if (unused.length === 0) return;
  const del = randomBytes(9).toString('base64url');
  for (const { _id } of unused) await db.update('emails', { _id, a }, { $set: { del } });
  const last = Math.max(...unused.map(({ _id }) => _id.e));
  await log.run({
    apply: (draft) => {
      draft.fenced = true;
      draft.nextEmail = Math.max(draft.nextEmail, last + 1);
    },
  });
  for (const { _id, h } of await unusedEmails(db, log, garbageBefore)) {
    const marked = { _id, a, del };
    if (!(await db.update('emails', marked, { $set: { dead: 1 } }))) continue;
    const { e } = _id;
    await db.remove('refs', { _id: { a, k: digestKey(h.toString('hex')) }, a, e });
    await db.remove('bodies', { _id: { $gte: { a, e, n: 0 }, $lte: { a, e, n: 1_000_000 } }, a });
    await db.remove('emails', { ...marked, dead: 1 });
  }
}

async function unusedEmails(
  db: Database,
  log: AccountLog,
  garbageBefore: number,
): Promise<EmailStub[]> {
  const { a } = log;
  const used = await usedEmails(db, log);
  const unused: EmailStub[] = [];
  for (let after = -1; ;) {
    const some = await db.find<EmailStub>(
      'emails',
      { _id: { $gt: { a, e: after }, $lte: { a, e: 0xffff_ffff } }, a },
      { projection: { _id: 1, at: 1, h: 1 }, sort: { _id: 1 }, limit: batchDocuments },
    );
    for (const email of some) {
      if (email.at < garbageBefore && !used.has(email._id.e)) unused.push(email);
    }
    const last = some.at(-1);
    if (last === undefined) return unused;
    after = last._id.e;
  }
}

/** What messages, tombstones and deleted mailboxes name. */
async function usedEmails(db: Database, log: AccountLog): Promise<ReadonlySet<number>> {
  for (;;) {
    const used = new Set<number>();
    await log.refresh();
    await log.projected();
    const { seq, boxes, ended } = log.head;
    for (const m of [...boxes.keys(), ...ended.map((box) => box.m)]) {
      for (const { r, x } of await readPages(db, log.a, m)) {
        for (const { e } of unpackRows(r)) used.add(e);
        for (const { e } of unpackGone(x)) used.add(e);
      }
    }
    await log.refresh();
    // A letter may have gone meanwhile from a mailbox that was not read yet to one that was.
    if (!tailReachesBack(log.head, seq)) continue;
    for (const { s, ops } of log.head.tail) {
      if (s <= seq) continue;
      for (const op of ops) {
        if (op.k === 'added' || op.k === 'restored') for (const { e } of op.rows) used.add(e);
        if (op.k === 'buried') for (const { e } of op.gone) used.add(e);
      }
    }
    return used;
  }
}
