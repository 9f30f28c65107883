import { MailError } from '../../core/errors.ts';
import { toRanges } from '../../core/uid-set.ts';
import type { AccountId, MailboxId } from '../../core/values.ts';
import type { OpenMailbox } from '../api.ts';
import { missingUids } from '../common/missing-uids.ts';
import type { MailboxView } from '../mailbox-view.ts';
import type { AccountStates } from './account-states.ts';
import type { Threads } from './threads.ts';

/** Opens the shared view of a mailbox. `not-found` */
export async function openMailbox(
  states: AccountStates,
  threads: Threads,
  account: AccountId,
  id: MailboxId,
  onChange?: () => void,
): Promise<OpenMailbox> {
  const state = await states.pin(account);
  const live = state.view(id, () => threads.read('view', { a: account, m: id }));
  states.use(live);
  const leave = (): void => {
    states.leave(state, id, live);
    states.unpin(account);
  };
  let view: MailboxView | undefined;
  try {
    view = await live.loaded;
    if (view === undefined || view.gone) throw new MailError('not-found', 'No such mailbox');
  } catch (error) {
    leave();
    state.dropView(id, live);
    throw error;
  }
  const unwatch = onChange && states.watch(account, onChange);
  let open = true;
  return {
    account,
    view,
    // Only this process commits, and it shows a commit before it answers.
    showAsOf: () => undefined,
    async vanishedSince(since) {
      const uids = await threads.read('vanished', { a: account, m: id, since });
      return uids === undefined ? missingUids(view) : toRanges(notIn(view, uids));
    },
    close() {
      if (!open) return;
      open = false;
      unwatch?.();
      leave();
    },
  };
}

/** What was read may be ahead of the view: what it still shows has not vanished for its sessions. */
function notIn(view: MailboxView, uids: Uint32Array): Uint32Array {
  return uids.filter((uid) => view.indexOf(uid) < 0);
}
