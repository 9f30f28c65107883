import { expect } from 'chai';

/** A message as the model of one account sees it. */
export interface ModelMessage {
  readonly token: string;
  readonly flags: ReadonlySet<string>;
}

export interface ModelMailbox {
  readonly uidNext: number;
  /** By UID. */
  readonly messages: ReadonlyMap<number, ModelMessage>;
}

/** All of one account that its client can change. */
export interface ModelState {
  readonly mailboxes: ReadonlyMap<string, ModelMailbox>;
  readonly subscriptions: ReadonlySet<string>;
}

/** What one IMAP command does to a state. */
export type Effect = (state: ModelState) => ModelState;

/**
 * An account with one client: its state is known but for the command that the kill interrupted, which has happened
 * whole or not at all.
 */
export class AccountModel {
  #state: ModelState;
  /** The state if the interrupted command took effect. */
  #maybe: ModelState | undefined;
  /** Commands that were answered OK, by name. */
  readonly counts = new Map<string, number>();
  #command = '';

  constructor(state: ModelState) {
    this.#state = state;
  }

  get state(): ModelState {
    return this.#state;
  }

  begin(command: string, effect: Effect): void {
    this.#command = command;
    this.#maybe = effect(this.#state);
  }

  /** The command in flight was answered OK. */
  done(): void {
    if (this.#maybe === undefined) return;
    this.#state = this.#maybe;
    this.#maybe = undefined;
    this.counts.set(this.#command, (this.counts.get(this.#command) ?? 0) + 1);
  }

  /** After a kill: the store holds the one state or the other, and the model goes on from what it holds. */
  reconcile(address: string, held: ModelState): void {
    const seen = describe(held);
    const before = describe(this.#state);
    const after = this.#maybe === undefined ? before : describe(this.#maybe);
    expect([before, after], `${address}: neither before nor after ${this.#command}`).to.include(
      seen,
    );
    if (seen !== before) this.#state = this.#maybe ?? this.#state;
    this.#maybe = undefined;
  }
}

function describe({ mailboxes, subscriptions }: ModelState): string {
  const lines = [...mailboxes].map(([name, { uidNext, messages }]) => {
    const list = [...messages].map(
      ([uid, { token, flags }]) => `${uid}=${token}(${[...flags].sort().join(' ')})`,
    );
    return `${name} <${uidNext}: ${list.join(', ')}`;
  });
  return [...lines.sort(), `subscribed: ${[...subscriptions].sort().join(', ')}`].join('\n');
}

export const effects = {
  append:
    (mailbox: string, token: string): Effect =>
    (state) =>
      add(state, mailbox, [{ token, flags: new Set() }]),

  flag:
    (mailbox: string, uid: number, flag: string): Effect =>
    (state) => {
      const { uidNext, messages } = boxOf(state, mailbox);
      const message = messages.get(uid);
      if (message === undefined) return state;
      const changed = { ...message, flags: new Set([...message.flags, flag]) };
      return put(state, mailbox, { uidNext, messages: new Map([...messages, [uid, changed]]) });
    },

  copy:
    (from: string, uids: readonly number[], to: string): Effect =>
    (state) => {
      const { messages } = boxOf(state, from);
      return add(
        state,
        to,
        uids.flatMap((uid) => messages.get(uid) ?? []),
      );
    },

  move:
    (from: string, uids: readonly number[], to: string): Effect =>
    (state) =>
      effects.expunge(from, uids)(effects.copy(from, uids, to)(state)),

  expunge:
    (mailbox: string, uids: readonly number[]): Effect =>
    (state) => {
      const { uidNext, messages } = boxOf(state, mailbox);
      const left = new Map([...messages].filter(([uid]) => !uids.includes(uid)));
      return put(state, mailbox, { uidNext, messages: left });
    },

  create:
    (mailbox: string): Effect =>
    (state) =>
      put(state, mailbox, { uidNext: 1, messages: new Map() }),

  remove:
    (mailbox: string): Effect =>
    (state) => ({
      ...state,
      mailboxes: new Map([...state.mailboxes].filter(([name]) => name !== mailbox)),
    }),

  rename:
    (from: string, to: string): Effect =>
    (state) =>
      put(effects.remove(from)(state), to, boxOf(state, from)),

  subscribe:
    (mailbox: string, subscribed: boolean): Effect =>
    (state) => {
      const subscriptions = new Set(state.subscriptions);
      if (subscribed) subscriptions.add(mailbox);
      else subscriptions.delete(mailbox);
      return { ...state, subscriptions };
    },
};

function boxOf(state: ModelState, name: string): ModelMailbox {
  const box = state.mailboxes.get(name);
  if (box === undefined) throw new Error(`the model has no mailbox ${name}`);
  return box;
}

function put(state: ModelState, name: string, box: ModelMailbox): ModelState {
  return { ...state, mailboxes: new Map([...state.mailboxes, [name, box]]) };
}

/** New messages get the next UIDs, in their order. */
function add(state: ModelState, name: string, more: readonly ModelMessage[]): ModelState {
  const { uidNext, messages } = boxOf(state, name);
  const changed = new Map(messages);
  more.forEach((message, i) => changed.set(uidNext + i, message));
  return put(state, name, { uidNext: uidNext + more.length, messages: changed });
}
