import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * A plain text-protocol client for harnesses and benchmarks: lines and octets in order, nothing decoded, nothing
 * hidden. Reads reject once the connection is gone.
 */
export class WireClient {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #waiting: (() => void) | undefined;
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  static async connect(port: number, host = '127.0.0.1'): Promise<WireClient> {
    const socket = connect({ port, host });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new WireClient(socket);
  }

  /** TLS from the first octet; the certificate is the test's own and not looked at. */
  static async connectTls(port: number): Promise<WireClient> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    return new WireClient(socket);
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(data: string | Uint8Array): void {
    this.#socket.write(data);
  }

  /** The next line without its CRLF, as latin1. */
  async line(): Promise<string> {
    for (;;) {
      const buffer = this.#joined();
      const end = buffer.indexOf('\r\n');
      if (end >= 0) {
        this.#keep(buffer.subarray(end + 2));
        return buffer.toString('latin1', 0, end);
      }
      await this.#more();
    }
  }

  /** A line that has come already; undefined when there is none, or not the whole of it. */
  lineNow(): string | undefined {
    const buffer = this.#joined();
    const end = buffer.indexOf('\r\n');
    if (end < 0) return undefined;
    this.#keep(buffer.subarray(end + 2));
    return buffer.toString('latin1', 0, end);
  }

  /** Exactly `count` octets. */
  async octets(count: number): Promise<Buffer> {
    while (this.#bytes < count) await this.#more();
    const buffer = this.#joined();
    this.#keep(buffer.subarray(count));
    return buffer.subarray(0, count);
  }

  /** Drops everything up to and with a line that begins with `start`, and gives that line; cheap for megabytes. */
  async skipTo(start: string): Promise<string> {
    const mark = Buffer.from(`\r\n${start}`);
    let tail = Buffer.from('\r\n');
    for (;;) {
      while (this.#chunks.length === 0) await this.#more();
      const [chunk] = this.#chunks.splice(0, 1) as [Buffer];
      this.#bytes -= chunk.length;
      tail = Buffer.concat([tail, chunk]);
      const found = tail.indexOf(mark);
      if (found >= 0) {
        this.#chunks.unshift(tail.subarray(found + 2));
        this.#bytes += tail.length - found - 2;
        return this.line();
      }
      tail = tail.subarray(Math.max(0, tail.length - mark.length));
    }
  }

  /** Goes without a good-bye, which the other end hears at once. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Resolves when the peer or we have closed. */
  async ended(): Promise<void> {
    while (!this.#closed) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  #joined(): Buffer {
    const [first] = this.#chunks;
    if (this.#chunks.length === 1 && first !== undefined) return first;
    const buffer = Buffer.concat(this.#chunks);
    this.#chunks = [buffer];
    return buffer;
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
  }

  async #more(): Promise<void> {
    if (this.#closed) throw new Error('connection closed');
    await new Promise<void>((resolve) => {
      this.#waiting = resolve;
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }
}

/** How a session reaches a port. */
export type Connect = (port: number) => Promise<WireClient>;
export const plainConnection: Connect = (port) => WireClient.connect(port);
export const tlsConnection: Connect = (port) => WireClient.connectTls(port);

/** SMTP or LMTP as a client: each call sends, awaits the reply and gives its last line. */
export class SmtpWire {
  readonly wire: WireClient;

  private constructor(wire: WireClient) {
    this.wire = wire;
  }

  static async open(port: number, hello = 'EHLO client.example'): Promise<SmtpWire> {
    const client = new SmtpWire(await WireClient.connect(port));
    await client.reply();
    client.wire.write(`${hello}\r\n`);
    await client.reply();
    return client;
  }

  async reply(): Promise<string> {
    for (;;) {
      const line = await this.wire.line();
      if (line[3] !== '-') return line;
    }
  }

  /**
   * One letter with a pipelined envelope. `letter` is dot-stuffed and ends with CRLF. Answers the reply to the end of
   * data (for LMTP: the replies), or the first refusal.
   */
  async send(
    from: string,
    to: readonly string[],
    letter: Uint8Array,
    lmtp = false,
  ): Promise<string[]> {
    const envelope = [`MAIL FROM:<${from}>`, ...to.map((rcpt) => `RCPT TO:<${rcpt}>`), 'DATA'];
    this.wire.write(`${envelope.join('\r\n')}\r\n`);
    let refused: string | undefined;
    for (let i = 0; i < envelope.length; i++) {
      const reply = await this.reply();
      if (!reply.startsWith('2') && !reply.startsWith('354')) refused ??= reply;
    }
    if (refused !== undefined) return [refused];
    this.wire.write(letter);
    this.wire.write('.\r\n');
    const replies: string[] = [];
    for (let i = 0; i < (lmtp ? to.length : 1); i++) replies.push(await this.reply());
    return replies;
  }
}

/** IMAP as a client that reads literals whole. */
export class ImapWire {
  readonly wire: WireClient;
  #tag = 0;

  private constructor(wire: WireClient) {
    this.wire = wire;
  }

  static async login(
    port: number,
    user: string,
    password: string,
    connect: Connect = plainConnection,
  ): Promise<ImapWire> {
    const client = new ImapWire(await connect(port));
    await client.wire.line();
    const answer = await client.command(`LOGIN "${user}" "${password}"`);
    if (answer.status === 'OK') return client;
    client.wire.destroy();
    throw new Error(`login refused: ${answer.tagged}`);
  }

  /** Sends a command and reads up to its tagged response. */
  async command(text: string, literal?: Uint8Array): Promise<ImapAnswer> {
    const tag = `t${++this.#tag}`;
    this.wire.write(`${tag} ${text}\r\n`);
    if (literal !== undefined) {
      this.wire.write(literal);
      this.wire.write('\r\n');
    }
    return this.answer(tag);
  }

  /** Sends a command and reads its answer without looking at it: what a benchmark of the server should cost us. */
  async bulk(text: string): Promise<{ readonly status: string; readonly tagged: string }> {
    const tag = `t${++this.#tag}`;
    this.wire.write(`${tag} ${text}\r\n`);
    const tagged = await this.wire.skipTo(`${tag} `);
    return { tagged, status: tagged.split(' ', 2)[1] ?? '' };
  }

  async answer(tag: string): Promise<ImapAnswer> {
    const untagged: ImapLine[] = [];
    for (;;) {
      const parts: string[] = [];
      const literals: Buffer[] = [];
      for (;;) {
        const line = await this.wire.line();
        parts.push(line);
        const size = /\{(\d+)\}$/.exec(line)?.[1];
        if (size === undefined) break;
        literals.push(await this.wire.octets(Number(size)));
      }
      const text = parts.join('');
      if (text.startsWith(`${tag} `)) {
        return { untagged, tagged: text, status: text.split(' ', 2)[1] ?? '' };
      }
      untagged.push({ text, literals });
    }
  }
}

export interface ImapLine {
  /** The line with its literals left out, their `{n}` kept. */
  readonly text: string;
  readonly literals: readonly Buffer[];
}
export interface ImapAnswer {
  readonly untagged: readonly ImapLine[];
  readonly tagged: string;
  readonly status: string;
}
