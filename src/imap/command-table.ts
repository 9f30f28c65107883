import type { Command } from './command.ts';
import { append } from './commands/append.ts';
import { authenticate } from './commands/authenticate.ts';
import { capability } from './commands/capability.ts';
import { check } from './commands/check.ts';
import { close } from './commands/close.ts';
import { copy } from './commands/copy.ts';
import { create } from './commands/create.ts';
import { deleteMailbox } from './commands/delete.ts';
import { enable } from './commands/enable.ts';
import { expunge } from './commands/expunge.ts';
import { fetch } from './commands/fetch.ts';
import { getquota } from './commands/getquota.ts';
import { getquotaroot } from './commands/getquotaroot.ts';
import { id } from './commands/id.ts';
import { idle } from './commands/idle.ts';
import { list } from './commands/list.ts';
import { login } from './commands/login.ts';
import { logout } from './commands/logout.ts';
import { lsub } from './commands/lsub.ts';
import { move } from './commands/move.ts';
import { namespace } from './commands/namespace.ts';
import { noop } from './commands/noop.ts';
import { rename } from './commands/rename.ts';
import { search } from './commands/search.ts';
import { examine, select } from './commands/select.ts';
import { setquota } from './commands/setquota.ts';
import { starttls } from './commands/starttls.ts';
import { status } from './commands/status.ts';
import { store } from './commands/store.ts';
import { subscribe } from './commands/subscribe.ts';
import { unselect } from './commands/unselect.ts';
import { unsubscribe } from './commands/unsubscribe.ts';

/** A row whose arguments only the row itself knows: what its `parse` gives goes to its `run`. */
export type AnyCommand = Command<unknown>;

const rows = [
  ...[append, authenticate, capability, check, close, copy, create, deleteMailbox, enable],
  ...[examine, expunge, fetch, getquota, getquotaroot, id, idle, list, login, logout, lsub],
  ...[move, namespace, noop, rename, search, select, setquota, starttls, status, store],
  ...[subscribe, unselect, unsubscribe],
];

/** Every command spoken here, by name in capitals. */
export const commandTable: ReadonlyMap<string, AnyCommand> = new Map(
  rows.map((row) => [row.name, row as AnyCommand]),
);
