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
  const client = await connectSmtp(port, protocol);
  try {
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
    client.wire.destroy();
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

/** Works in its own account until the connection dies: APPEND, STORE, COPY, MOVE, EXPUNGE. */
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
    const imap = client;
    let selected = '';
    const select = async (mailbox: string): Promise<void> => {
      if (selected !== mailbox) await mustBeOk(imap.command(`SELECT ${mailbox}`));
      selected = mailbox;
    };
    const change = async (effect: Effect, command: string, literal?: Uint8Array): Promise<void> => {
      model.begin(effect);
      await mustBeOk(imap.command(command, literal));
      model.done();
    };
    for (;;) {
      const mailbox = next() < 0.7 ? 'INBOX' : 'Archive';
      const other = mailbox === 'INBOX' ? 'Archive' : 'INBOX';
      const uids = [...(model.state.get(mailbox)?.keys() ?? [])].sort((a, b) => a - b);
      const start = Math.floor(next() * uids.length);
      const some = uids.slice(start, start + 1 + Math.floor(next() * 3));
      const set = some.join(',');
      const dice = next();
      if (dice < 0.45 || some.length === 0) {
        const letter = makeLetter(token(), next);
        letters.set(letter.token, letter);
        await change(
          effects.append(mailbox, letter.token),
          `APPEND ${mailbox} {${letter.bytes.length}+}`,
          letter.bytes,
        );
        continue;
      }
      await select(mailbox);
      if (dice < 0.65) {
        const flag = next() < 0.5 ? '\\Flagged' : '$Important';
        await change(
          effects.flag(mailbox, some[0] as number, flag),
          `UID STORE ${some[0] as number} +FLAGS (${flag})`,
        );
      } else if (dice < 0.75) {
        await change(effects.copy(mailbox, some, other), `UID COPY ${set} ${other}`);
      } else if (dice < 0.9) {
        await change(effects.move(mailbox, some, other), `UID MOVE ${set} ${other}`);
      } else {
        const [uid] = some as [number];
        await change(
          effects.flag(mailbox, uid, '\\Deleted'),
          `UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`,
        );
        await change(effects.expunge(mailbox, [uid]), `UID EXPUNGE ${uid}`);
      }
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

async function mustBeOk(answer: ReturnType<ImapWire['command']>): Promise<void> {
  const { status, tagged } = await answer;
  if (status !== 'OK') throw new Error(`refused: ${tagged}`);
}
