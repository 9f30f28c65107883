import { expect } from 'chai';

/** A message as the model of one account sees it. */
export interface ModelMessage {
  readonly token: string;
  readonly flags: ReadonlySet<string>;
}
/** UID to message, by mailbox name. */
export type ModelState = ReadonlyMap<string, ReadonlyMap<number, ModelMessage>>;

/** What one IMAP command does to a state, with the UIDs it is bound to choose. */
export type Effect = (state: ModelState, uidNext: ReadonlyMap<string, number>) => ModelState;

/**
 * An account with one client: its state is known but for the command that the kill interrupted, which has happened
 * whole or not at all.
 */
export class AccountModel {
  state: ModelState;
  readonly uidNext: Map<string, number>;
  /** The state if the interrupted command took effect. */
  #maybe: ModelState | undefined;

  constructor(mailboxes: readonly string[]) {
    this.state = new Map(mailboxes.map((name) => [name, new Map()]));
    this.uidNext = new Map(mailboxes.map((name) => [name, 1]));
  }

  begin(effect: Effect): void {
    this.#maybe = effect(this.state, this.uidNext);
  }

  /** The command in flight was answered OK. */
  done(): void {
    if (this.#maybe === undefined) return;
    this.#adopt(this.#maybe);
  }

  /** After a kill: the store holds the one state or the other, and the model goes on from what it holds. */
  reconcile(address: string, held: ModelState): void {
    const seen = describe(held);
    const before = describe(this.state);
    const after = this.#maybe === undefined ? before : describe(this.#maybe);
    expect([before, after], `${address} holds neither the state before nor after`).to.include(seen);
    this.#adopt(seen === before ? this.state : (this.#maybe ?? this.state));
  }

  #adopt(state: ModelState): void {
    for (const [name, messages] of state) {
      for (const uid of messages.keys()) {
        this.uidNext.set(name, Math.max(this.uidNext.get(name) ?? 1, uid + 1));
      }
    }
    this.state = state;
    this.#maybe = undefined;
  }
}

function describe(state: ModelState): string {
  return [...state]
    .map(([name, messages]) => {
      const list = [...messages].map(
        ([uid, { token, flags }]) => `${uid}=${token}(${[...flags].sort().join(' ')})`,
      );
      return `${name}: ${list.join(', ')}`;
    })
    .sort()
    .join('\n');
}

export const effects = {
  append:
    (mailbox: string, token: string): Effect =>
    (state, uidNext) =>
      put(state, mailbox, [[uidNext.get(mailbox) ?? 1, { token, flags: new Set() }]]),

  flag:
    (mailbox: string, uid: number, flag: string): Effect =>
    (state) => {
      const message = state.get(mailbox)?.get(uid);
      if (message === undefined) return state;
      return put(state, mailbox, [[uid, { ...message, flags: new Set([...message.flags, flag]) }]]);
    },

  copy:
    (from: string, uids: readonly number[], to: string): Effect =>
    (state, uidNext) =>
      put(
        state,
        to,
        uids.map((uid, i) => [
          (uidNext.get(to) ?? 1) + i,
          state.get(from)?.get(uid) as ModelMessage,
        ]),
      ),

  move:
    (from: string, uids: readonly number[], to: string): Effect =>
    (state, uidNext) =>
      remove(effects.copy(from, uids, to)(state, uidNext), from, uids),

  expunge:
    (mailbox: string, uids: readonly number[]): Effect =>
    (state) =>
      remove(state, mailbox, uids),
};

function put(
  state: ModelState,
  mailbox: string,
  messages: readonly (readonly [number, ModelMessage])[],
): ModelState {
  const changed = new Map(state.get(mailbox));
  for (const [uid, message] of messages) changed.set(uid, message);
  return new Map([...state, [mailbox, changed]]);
}

function remove(state: ModelState, mailbox: string, uids: readonly number[]): ModelState {
  const changed = new Map(state.get(mailbox));
  for (const uid of uids) changed.delete(uid);
  return new Map([...state, [mailbox, changed]]);
}
