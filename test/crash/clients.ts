import { ControlClient } from '../../src/admin/control-client.ts';
import { ImapWire, SmtpWire } from '../support/wire-client.ts';
import { makeLetter, type LetterBook, type TestLetter } from './letter-book.ts';
import { effects, type AccountModel, type Effect } from './mailbox-model.ts';

/** Sends letters to random recipients until the connection dies. */
export async function keepSending(
  port: number,
  protocol: 'smtp' | 'lmtp',
  addresses: readonly string[],
  book: LetterBook,
  next: () => number,
  token: () => string,
): Promise<void> {
  let client: SmtpWire | undefined;
  try {
    client = await connectSmtp(port, protocol);
    for (;;) {
      const letter = makeLetter(token(), next);
      const to = addresses.filter(() => next() < 0.5);
      if (to.length === 0) continue;
      book.sending(letter, to);
      await sendOne(client, protocol, letter, to, book);
    }
  } catch {
    // The server was killed: what was not answered stays open in the book.
  } finally {
    client?.wire.destroy();
  }
}

/** Sends again what got no answer, as any mail server does. */
export async function sendAgain(port: number, book: LetterBook): Promise<void> {
  const unanswered = book.unanswered();
  if (unanswered.length === 0) return;
  const client = await connectSmtp(port, 'smtp');
  for (const { letter, to } of unanswered) await sendOne(client, 'smtp', letter, to, book);
  client.wire.destroy();
}

async function connectSmtp(port: number, protocol: 'smtp' | 'lmtp'): Promise<SmtpWire> {
  return SmtpWire.open(port, `${protocol === 'lmtp' ? 'LHLO' : 'EHLO'} client.example`);
}

async function sendOne(
  client: SmtpWire,
  protocol: 'smtp' | 'lmtp',
  letter: TestLetter,
  to: readonly string[],
  book: LetterBook,
): Promise<void> {
  const replies = await client.send(
    'harness@agency.example',
    to,
    letter.bytes,
    protocol === 'lmtp',
  );
  if (!replies.every((reply) => reply.startsWith('250'))) {
    throw new Error(`refused: ${replies.join(' | ')}`);
  }
  book.acknowledged(letter.token);
}

/** Mailboxes that a worker makes, renames and deletes. */
const passingMailboxes = ['Passing-1', 'Passing-2', 'Passing-3'];

/**
 * Works in its own account until the connection dies: APPEND, STORE, COPY, MOVE, EXPUNGE, CREATE, RENAME, DELETE,
 * SUBSCRIBE, UNSUBSCRIBE.
 */
export async function keepWorking(
  port: number,
  login: { readonly address: string; readonly password: string },
  model: AccountModel,
  letters: Map<string, TestLetter>,
  next: () => number,
  token: () => string,
): Promise<void> {
  let client: ImapWire | undefined;
  try {
    client = await ImapWire.login(port, login.address, login.password);
    const worker = new Worker(client, model, next);
    for (;;) {
      const letter = makeLetter(token(), next);
      letters.set(letter.token, letter);
      await worker.work(letter);
    }
  } catch (error) {
    if (
      client?.wire.closed !== true &&
      !(error instanceof Error && /connect|closed/i.test(error.message))
    )
      throw error;
  } finally {
    client?.wire.destroy();
  }
}

class Worker {
  readonly #imap: ImapWire;
  readonly #model: AccountModel;
  readonly #next: () => number;
  #selected = '';

  constructor(imap: ImapWire, model: AccountModel, next: () => number) {
    this.#imap = imap;
    this.#model = model;
    this.#next = next;
  }

  /** One thing a client does; `letter` is there to be appended. */
  async work(letter: TestLetter): Promise<void> {
    const mailbox = this.#mailbox();
    const uids = [...(this.#model.state.mailboxes.get(mailbox)?.messages.keys() ?? [])];
    const start = Math.floor(this.#next() * uids.length);
    const some = uids.slice(start, start + 1 + Math.floor(this.#next() * 3));
    const dice = this.#next();
    if (dice < 0.15) await this.#arrange();
    else if (dice < 0.5 || some.length === 0) {
      await this.#change(
        effects.append(mailbox, letter.token),
        `APPEND ${mailbox} {${letter.bytes.length}+}`,
        letter.bytes,
      );
    } else {
      if (this.#selected !== mailbox) await mustBeOk(this.#imap.command(`SELECT ${mailbox}`));
      this.#selected = mailbox;
      await this.#handle(mailbox, some, dice);
    }
  }

  /** Commands on messages of the selected mailbox. */
  async #handle(mailbox: string, uids: readonly number[], dice: number): Promise<void> {
    const [uid] = uids as [number];
    const set = uids.join(',');
    const other = mailbox === 'INBOX' ? 'Archive' : 'INBOX';
    if (dice < 0.67) {
      const flag = this.#next() < 0.5 ? '\\Flagged' : '$Important';
      await this.#change(effects.flag(mailbox, uid, flag), `UID STORE ${uid} +FLAGS (${flag})`);
    } else if (dice < 0.77) {
      await this.#change(effects.copy(mailbox, uids, other), `UID COPY ${set} ${other}`);
    } else if (dice < 0.9) {
      await this.#change(effects.move(mailbox, uids, other), `UID MOVE ${set} ${other}`);
    } else {
      const deleted = effects.flag(mailbox, uid, '\\Deleted');
      await this.#change(deleted, `UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`);
      await this.#change(effects.expunge(mailbox, [uid]), `UID EXPUNGE ${uid}`);
    }
  }

  /** Commands on mailboxes. */
  async #arrange(): Promise<void> {
    const { mailboxes } = this.#model.state;
    const there = passingMailboxes.filter((name) => mailboxes.has(name));
    const missing = passingMailboxes.filter((name) => !mailboxes.has(name));
    const from = this.#pick(there);
    const to = this.#pick(missing);
    const dice = this.#next();
    // The selected mailbox may be renamed or deleted: it is left first, so that the connection stays.
    if (from !== undefined && from === this.#selected) {
      await mustBeOk(this.#imap.command('UNSELECT'));
      this.#selected = '';
    }
    if (dice < 0.3) {
      const name = this.#pick(passingMailboxes) as string;
      const subscribed = this.#next() < 0.5;
      const command = subscribed ? 'SUBSCRIBE' : 'UNSUBSCRIBE';
      await this.#change(effects.subscribe(name, subscribed), `${command} ${name}`);
    } else if (from !== undefined && to !== undefined && dice < 0.55) {
      await this.#change(effects.rename(from, to), `RENAME ${from} ${to}`);
    } else if (from !== undefined && dice < 0.75) {
      await this.#change(effects.remove(from), `DELETE ${from}`);
    } else if (to !== undefined) {
      await this.#change(effects.create(to), `CREATE ${to}`);
    }
  }

  #mailbox(): string {
    const passing = passingMailboxes.filter((name) => this.#model.state.mailboxes.has(name));
    const dice = this.#next();
    if (dice < 0.6) return 'INBOX';
    return (dice < 0.8 ? this.#pick(passing) : undefined) ?? 'Archive';
  }

  #pick(names: readonly string[]): string | undefined {
    return names[Math.floor(this.#next() * names.length)];
  }

  async #change(effect: Effect, command: string, literal?: Uint8Array): Promise<void> {
    const name = /^(?:UID )?(\w+)/.exec(command)?.[1] ?? command;
    this.#model.begin(name, effect);
    await mustBeOk(this.#imap.command(command, literal));
    this.#model.done();
  }
}

async function mustBeOk(answer: ReturnType<ImapWire['command']>): Promise<void> {
  const { status, tagged } = await answer;
  if (status !== 'OK') throw new Error(`refused: ${tagged}`);
}

/** What an operator's command left: the quota that was set last, and perhaps one more. */
export interface QuotaModel {
  bytes: number;
  maybe: number | undefined;
}

/** Sets quotas through the control socket until the server dies: commits of the directory and of a shard. */
export async function keepSettingQuota(
  controlSocket: string,
  address: string,
  model: QuotaModel,
): Promise<void> {
  const admin = new ControlClient(controlSocket, 'harness');
  try {
    for (;;) {
      const bytes = model.bytes + 1;
      model.maybe = bytes;
      const call = admin.call('quota.set', { address, bytes, apply: true });
      while ((await call.next()).done !== true);
      model.bytes = bytes;
      model.maybe = undefined;
    }
  } catch {
    // The server was killed.
  }
}
