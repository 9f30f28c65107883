import type { MailboxName } from '../../core/values.ts';
import type { ContentWriter, Mailbox } from '../../store/api.ts';
import type { Command, CommandContext } from '../command.ts';
import { HeaderWatch } from '../header-watch.ts';
import { appendUid, no, ok, type Response } from '../response.ts';
import type { LiteralHeader } from '../wire/command-reader.ts';
import { Decoder, type FlagList } from '../wire/decoder.ts';
import { ParseError } from '../wire/parse-error.ts';

/** What comes before the message. */
export interface AppendHead {
  readonly mailbox: MailboxName;
  readonly flags: FlagList;
  readonly internalDate: number | undefined;
  /** `UTF8 (~{n}`, RFC 6855 §4. */
  readonly utf8: boolean;
}

/**
 * APPEND. RFC 9051 §6.3.12. The message itself never comes this way: the session streams it through
 * `AppendTransfer`. What gets here has none.
 */
export const append: Command<AppendHead> = {
  name: 'APPEND',
  state: 'authenticated',
  allowExpunge: true,

  parse(d) {
    readAppendHead(d);
    throw new ParseError('Expected a literal with the message');
  },

  run: () => Promise.reject(new Error('APPEND without a message')),
};

/** Whether the literal that follows this much of a command is the message of an APPEND. */
export function isMessageAhead(head: Uint8Array): boolean {
  const d = new Decoder(head);
  try {
    d.tag();
    d.space();
    if (!d.tryWord('APPEND')) return false;
    d.space();
    // At the very beginning it is the mailbox's name.
    return !d.atEnd;
  } catch (error) {
    if (error instanceof ParseError) return false;
    throw error;
  }
}

// append = "APPEND" SP mailbox [SP flag-list] [SP date-time] SP append-data
// append-data = literal / literal8 / "UTF8" SP "(" literal8 ")"
/** Reads the arguments up to the message, beginning with the space before them. */
export function readAppendHead(d: Decoder): AppendHead {
  d.space();
  const mailbox = d.mailbox();
  d.space();
  let flags: FlagList = { system: 0, keywords: [] };
  if (d.peek() === '(') {
    flags = d.flagList();
    d.space();
  }
  let internalDate: number | undefined;
  if (d.peek() === '"') {
    internalDate = d.dateTime();
    d.space();
  }
  const utf8 = d.tryWord('UTF8');
  if (utf8) {
    d.space();
    d.expect('(');
  }
  return { mailbox, flags, internalDate, utf8 };
}

/** One message on its way into a mailbox. */
export class AppendTransfer {
  readonly #ctx: CommandContext;
  readonly #head: AppendHead;
  readonly #mailbox: Mailbox;
  readonly #binary: boolean;
  readonly #sizeBytes: number;
  readonly #writer: ContentWriter;
  readonly #header = new HeaderWatch();
  #hasNul = false;

  private constructor(
    ctx: CommandContext,
    head: AppendHead,
    mailbox: Mailbox,
    literal: LiteralHeader,
  ) {
    this.#ctx = ctx;
    this.#head = head;
    this.#mailbox = mailbox;
    this.#binary = literal.binary;
    this.#sizeBytes = literal.sizeBytes;
    this.#writer = ctx.store.receive();
  }

  /** Everything that can be said against the message is said before the client is asked to send it. */
  static async begin(
    ctx: CommandContext,
    head: AppendHead,
    literal: LiteralHeader,
  ): Promise<AppendTransfer | Response> {
    const { account, connection, store } = ctx;
    if (head.utf8 && !literal.binary) throw new ParseError('UTF8 goes with a literal8');
    if (literal.sizeBytes === 0) return no('CANNOT', 'The message is empty');
    if (literal.sizeBytes > connection.limits.appendBytes) {
      return no('TOOBIG', `Messages may have ${connection.limits.appendBytes} octets`);
    }
    const mailbox = await store.findMailbox(account.id, head.mailbox);
    // RFC 9051 §6.3.12: the client is told that CREATE may help; it also makes a mailbox of a mere name.
    if (mailbox?.selectable !== true) return no('TRYCREATE', 'No such mailbox');
    const { limits, usedBytes, usedMessages } = await store.quota(account.id);
    if (
      usedBytes + literal.sizeBytes > (limits.bytes ?? Infinity) ||
      usedMessages + 1 > (limits.messages ?? Infinity)
    ) {
      return no('OVERQUOTA', 'There is no room for the message');
    }
    return new AppendTransfer(ctx, head, mailbox, literal);
  }

  /** Whether the message goes into its commit as it is, without a file of its own. */
  get isSmall(): boolean {
    return this.#sizeBytes <= this.#ctx.store.inlineBodyBytes;
  }

  /** Takes a piece; wait for the promise, where there is one, before the next. */
  write(octets: Buffer): Promise<void> | undefined {
    this.#header.write(octets);
    this.#hasNul ||= octets.includes(0);
    return this.#writer.write(octets);
  }

  /** The whole message is there; `rest` is the command behind it. Rejects, as `ParseError` too, with nothing kept. */
  async finish(rest: Decoder): Promise<Response> {
    const { account, clock, state, store } = this.#ctx;
    const problem = this.#problem(rest, state.utf8);
    if (problem !== undefined) {
      await this.abort();
      if (problem instanceof ParseError) throw problem;
      return problem;
    }
    const content = await this.#writer.finish();
    try {
      const { flags, internalDate = clock.now() } = this.#head;
      const message = { content, flags, internalDate };
      const appended = await store.append(account.id, this.#mailbox.id, [message]);
      return ok('APPEND completed', appendUid(appended));
    } finally {
      await content.release();
    }
  }

  /** Forgets the message. */
  async abort(): Promise<void> {
    await this.#writer.abort();
  }

  #problem(rest: Decoder, utf8: boolean): ParseError | Response | undefined {
    try {
      // Here a further message would follow, RFC 3502.
      if (this.#head.utf8) rest.expect(')');
      rest.end();
    } catch (error) {
      if (error instanceof ParseError) return error;
      throw error;
    }
    if (this.#hasNul) {
      // RFC 3516 §4.4: what is kept must be such that BODY[] can be a literal.
      return this.#binary
        ? no('UNKNOWN-CTE', 'Binary content cannot be kept')
        : new ParseError('NUL in a literal');
    }
    if (this.#header.internationalized && !utf8 && !this.#head.utf8) {
      // RFC 9755 §4: the client must show that it knows what such a message is.
      return no('CANNOT', 'UTF-8 header: ENABLE IMAP4rev2 or UTF8=ACCEPT first');
    }
    return undefined;
  }
}
