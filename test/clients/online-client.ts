import { ImapFlow } from 'imapflow';
import type { ClientsServer } from './support.ts';

/** The other side of a test: a client that changes the mailbox on the server, and tells what is in it. */
export class OnlineClient {
  readonly #imap: ImapFlow;

  private constructor(imap: ImapFlow) {
    this.#imap = imap;
  }

  static async connect(server: ClientsServer, user: string, pass: string): Promise<OnlineClient> {
    const imap = new ImapFlow({
      host: 'localhost',
      port: server.ports.imaps,
      secure: true,
      auth: { user, pass },
      tls: { ca: server.authority },
      logger: false,
    });
    await imap.connect();
    return new OnlineClient(imap);
  }

  /** Subjects with their flags, in order of subjects. */
  async summary(mailbox: string): Promise<string[]> {
    const letters = await this.letters(mailbox);
    return letters.map(({ subject, flags }) => `${subject} ${flags}`.trim()).sort();
  }

  /** All letters in order of UID. */
  async letters(
    mailbox: string,
  ): Promise<{ uid: number; subject: string; flags: string; source: string }[]> {
    await this.#imap.mailboxOpen(mailbox);
    const found = [];
    const items = { uid: true, flags: true, envelope: true, source: true };
    for await (const message of this.#imap.fetch('1:*', items)) {
      found.push({
        uid: message.uid,
        subject: message.envelope?.subject ?? '',
        flags: [...(message.flags ?? [])].sort().join(' '),
        source: message.source?.toString('latin1') ?? '',
      });
    }
    return found;
  }

  async highestModSeq(mailbox: string): Promise<bigint | undefined> {
    const status = await this.#imap.status(mailbox, { highestModseq: true });
    return status === false ? undefined : status.highestModseq;
  }

  async append(mailbox: string, text: string, flags: string[] = []): Promise<void> {
    if ((await this.#imap.append(mailbox, text, flags)) === false) throw new Error('not appended');
  }

  async addFlags(mailbox: string, subject: string, flags: string[]): Promise<void> {
    await this.#imap.messageFlagsAdd(await this.#uid(mailbox, subject), flags, { uid: true });
  }

  async remove(mailbox: string, subject: string): Promise<void> {
    await this.#imap.messageDelete(await this.#uid(mailbox, subject), { uid: true });
  }

  async move(mailbox: string, subject: string, target: string): Promise<void> {
    await this.#imap.messageMove(await this.#uid(mailbox, subject), target, { uid: true });
  }

  async close(): Promise<void> {
    await this.#imap.logout();
  }

  async #uid(mailbox: string, subject: string): Promise<string> {
    const letter = (await this.letters(mailbox)).find((it) => it.subject === subject);
    if (letter === undefined) throw new Error(`no ${subject} in ${mailbox}`);
    return String(letter.uid);
  }
}

/** A small letter whose Message-ID is its subject. */
export function letterText(
  subject: string,
  from = 'a@agency.example',
  to = 'b@example.kz',
): string {
  return [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${subject}`,
    'Date: Mon, 23 Nov 2026 10:00:00 +0500',
    `Message-ID: <${subject}@example.kz>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Salem!',
    'From the beginning of a line',
    '.a dot',
    '',
  ].join('\r\n');
}
