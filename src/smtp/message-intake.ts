import { createHash } from 'node:crypto';
import type { Log } from '../core/log.ts';
import type { Content, ContentStore, ContentWriter } from '../store/api.ts';
import { HeaderFilter, type FieldAction, type HeaderRules } from './header-filter.ts';
import { LineEnds, type LineEndPolicy } from './line-ends.ts';
import { reply, replyForError, type Reply } from './reply.ts';

/** What hooks learn from the header of a message. */
export interface HeaderFacts {
  /** Received fields that were there when the message came. RFC 5321 §6.3. */
  readonly receivedCount: number;
  /** The values of the From fields; collected on submission only. */
  readonly from: readonly Buffer[];
  readonly hasDate: boolean;
  readonly hasMessageId: boolean;
}

export interface IntakeOptions {
  readonly content: ContentStore;
  /** Put in front of the message. */
  readonly trace: string;
  readonly lineEnds: LineEndPolicy;
  readonly maxBytes: number;
  /** The authserv-id that nobody else may use, RFC 8601 §5. */
  readonly hostname: string;
  readonly log: Log;
  /** On submission: what is added behind the header, given what was in it. */
  readonly complete: ((facts: HeaderFacts) => string) | undefined;
}

/** A whole message, on its way to delivery. */
export interface TakenMessage {
  readonly content: Content;
  /** SHA-256 of the octets as the client sent them, hex. */
  readonly clientDigest: string;
  readonly facts: HeaderFacts;
}

const tooBig = reply(552, '3.4', 'Message is bigger than SIZE allows');
const bareLineEnd = reply(550, '6.0', 'CR and LF may stand only as CRLF, RFC 5321 section 2.3.8');

/**
 * Takes the octets of one message as they come: checks line ends and size, digests, removes header fields that only we
 * may set, and writes the rest to the store. Memory stays bounded whatever the size. Once the message is refused the
 * octets are thrown away: `refusal` is the reply for the end of the data.
 */
export class MessageIntake {
  readonly #options: IntakeOptions;
  readonly #lineEnds: LineEnds;
  readonly #filter: HeaderFilter;
  readonly #writer: ContentWriter;
  readonly #digest = createHash('sha256');
  readonly #facts = { receivedCount: 0, from: [] as Buffer[], hasDate: false, hasMessageId: false };
  #receivedBytes = 0;
  #started = false;
  #open = true;
  #refusal: Reply | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#lineEnds = new LineEnds(options.lineEnds);
    this.#filter = new HeaderFilter(this.#rules());
    this.#writer = options.content.receive();
  }

  /** The reply that the end of the data will get instead of delivery. */
  get refusal(): Reply | undefined {
    return this.#refusal;
  }

  /** Octets taken so far, as the client counts them. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Takes decoded octets, which belong to the intake now. A returned promise asks to wait before the next call. */
  write(chunk: Buffer): Promise<void> | undefined {
    if (this.#refusal !== undefined || chunk.length === 0) return undefined;
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes > this.#options.maxBytes) return this.#refuse(tooBig);
    this.#digest.update(chunk);
    const clean = this.#lineEnds.write(chunk);
    if (this.#refusesBare()) return this.#refuse(bareLineEnd);
    return this.#store(this.#filter.write(clean));
  }

  /** The message is over. Undefined when it is refused. The content is the caller's to release. */
  async finish(): Promise<TakenMessage | undefined> {
    this.#lineEnds.end();
    if (this.#refusal === undefined && this.#refusesBare()) await this.#refuse(bareLineEnd);
    if (this.#refusal === undefined) await this.#store(this.#filter.end());
    if (this.#isRefused()) return undefined;
    try {
      const content = await this.#writer.finish();
      this.#open = false;
      return { content, clientDigest: this.#digest.digest('hex'), facts: this.#facts };
    } catch (error) {
      await this.#failed(error);
      return undefined;
    }
  }

  /** Forgets the message. */
  async abort(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#writer.abort();
  }

  /** A method, because the compiler believes that the property did not change while it waited. */
  #isRefused(): boolean {
    return this.#refusal !== undefined;
  }

  #refusesBare(): boolean {
    return this.#options.lineEnds === 'refuse' && this.#lineEnds.bare;
  }

  #refuse(answer: Reply): Promise<void> {
    this.#refusal = answer;
    return this.abort().catch((error: unknown) => {
      this.#options.log.error('content-abort-failed', { err: error });
    });
  }

  /** The store cannot take it: the client learns so when it has sent everything. */
  #failed(error: unknown): Promise<void> {
    this.#options.log.error('content-write-failed', { err: error });
    return this.#refuse(replyForError(error));
  }

  #store(pieces: readonly Buffer[]): Promise<void> | undefined {
    let all = pieces;
    if (!this.#started) {
      this.#started = true;
      all = [Buffer.from(this.#options.trace), ...pieces];
    }
    if (all.length === 0) return undefined;
    try {
      const written = this.#writer.write(
        all.length === 1 ? (all[0] as Buffer) : Buffer.concat(all),
      );
      return written?.catch((error: unknown) => this.#failed(error));
    } catch (error) {
      return this.#failed(error);
    }
  }

  #rules(): HeaderRules {
    const facts = this.#facts;
    const { complete, hostname } = this.#options;
    const submitted = complete !== undefined;
    return {
      action: (name): FieldAction => {
        switch (name) {
          case 'received':
            facts.receivedCount += 1;
            return 'keep';
          case 'return-path': // RFC 5321 §4.4: ours is put in at final delivery, and there is one.
            return 'drop';
          case 'authentication-results':
            return 'judge';
          case 'bcc':
          case 'resent-bcc': // RFC 5322 §3.6.3, §3.6.6
            return submitted ? 'drop' : 'keep';
          case 'from':
            return submitted ? 'note' : 'keep';
          case 'date':
            facts.hasDate = true;
            return 'keep';
          case 'message-id':
            facts.hasMessageId = true;
            return 'keep';
          default:
            return name.startsWith('zhashik-') ? 'drop' : 'keep';
        }
      },
      keeps: (_, value) => authservId(value) !== hostname.toLowerCase(),
      noted: (_, value) => facts.from.push(value),
      atEnd: () => complete?.(facts) ?? '',
    };
  }
}

/**
 * The authserv-id that an Authentication-Results field begins with, in lower case: [CFWS] value, RFC 8601 §2.2.
 */
export function authservId(value: Buffer): string {
  const text = value.toString('utf8');
  let at = 0;
  let depth = 0;
  for (; at < text.length; at++) {
    const character = text.charAt(at);
    if (depth > 0 && character === '\\') at += 1;
    else if (character === '(') depth += 1;
    else if (depth > 0) depth -= character === ')' ? 1 : 0;
    else if (!/\s/.test(character)) break;
  }
  if (text.charAt(at) === '"') {
    const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(text.slice(at));
    return (quoted?.[1] ?? '').replace(/\\(.)/gs, '$1').toLowerCase();
  }
  return (/^[^\s;()]*/.exec(text.slice(at))?.[0] ?? '').toLowerCase();
}
