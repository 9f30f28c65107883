import { MailError } from '../../core/errors.ts';
import { fromRanges, toRanges, type UidRanges } from '../../core/uid-set.ts';
import type { AccountId, MailboxId } from '../../core/values.ts';
import type { OpenMailbox } from '../api.ts';
import { missingUids } from '../common/missing-uids.ts';
import type { MailboxView } from '../mailbox-view.ts';
import { type AccountLog, tailReachesBack } from './account-log.ts';
import type { Database } from './database.ts';
import { type PageDocument, unpackGone } from './page.ts';

/** Opens the shared view of a mailbox. `not-found` */
export async function openMailbox(
  db: Database,
  log: AccountLog,
  id: MailboxId,
  onChange?: () => void,
): Promise<OpenMailbox> {
  log.pins++;
  const leave = (): void => {
    log.pins--;
  };
  let view: MailboxView | undefined;
  try {
    await log.refresh();
    view = await log.use(id);
    if (view === undefined) throw new MailError('not-found', 'No such mailbox');
  } catch (error) {
    leave();
    throw error;
  }
  const opened = view;
  const unwatch = onChange && log.watch(onChange);
  let open = true;
  return {
    account: log.a as AccountId,
    view: opened,
    showAsOf: (time) => log.showAsOf(id, time),
    vanishedSince: (since) => vanishedSince(db, log, id, opened, since),
    close() {
      if (!open) return;
      open = false;
      unwatch?.();
      log.letGo(id);
      leave();
    },
  };
}

/** UIDs expunged after `since`: from the tombstones in the pages, and from the tail for those that are not there yet. */
async function vanishedSince(
  db: Database,
  log: AccountLog,
  m: number,
  view: MailboxView,
  since: number,
): Promise<UidRanges> {
  for (;;) {
    const { base } = await log.fresh();
    const pages = await db.find<Pick<PageDocument, '_id' | 'x'>>(
      'pages',
      { a: log.a, '_id.m': m, xs: { $gt: since } },
      { projection: { _id: 1, x: 1 } },
    );
    await log.refresh();
    const { head } = log;
    if (!tailReachesBack(head, base)) continue;
    const box = head.boxes.get(m);
    if (box === undefined) return [];
    if (since < box.vanFloor) return missingUids(view);
    const uids = new Set<number>();
    for (const { x } of pages) {
      for (const gone of unpackGone(x)) if (gone.x > since) uids.add(gone.uid);
    }
    for (const { s, ops } of head.tail) {
      if (s <= since) continue;
      for (const op of ops) {
        if (op.k === 'expunged' && op.m === m)
          for (const uid of fromRanges(op.ranges)) uids.add(uid);
        if (op.k === 'buried' && op.m === m) for (const { uid } of op.gone) uids.add(uid);
      }
    }
    // What was read may be ahead of the view: what it still shows has not vanished for its sessions.
    return toRanges([...uids].filter((uid) => view.indexOf(uid) < 0).sort((x, y) => x - y));
  }
}
