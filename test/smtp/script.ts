import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * One end of a connection in a test: octets out, lines in. Each arriving chunk is kept too, to see what was sent
 * together.
 */
export class ScriptClient {
  readonly chunks: string[] = [];
  #socket: Socket;
  #text = '';
  #closed = false;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen();
  }

  static async connect(
    port: number,
    options: { readonly tls?: boolean } = {},
  ): Promise<ScriptClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    const client = new ScriptClient(socket);
    if (options.tls === true) await client.startTls();
    return client;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get socket(): Socket {
    return this.#socket;
  }

  send(octets: string | Buffer): void {
    this.#socket.write(typeof octets === 'string' ? Buffer.from(octets, 'utf8') : octets);
  }

  /** Closes our half. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Reads nothing, until `resume`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Goes on inside TLS. */
  async startTls(): Promise<void> {
    this.#socket.removeAllListeners('data');
    this.#socket.removeAllListeners('close');
    const socket = connectTls({ socket: this.#socket, rejectUnauthorized: false });
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    this.#socket = socket;
    this.#listen();
  }

  /** The next line without its line break; undefined when the connection was closed. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return line;
      }
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** All lines of the next reply. */
  async reply(): Promise<string> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.line();
      if (line === undefined) throw new Error(`closed after ${JSON.stringify(lines)}`);
      lines.push(line);
      if (line.charAt(3) !== '-') return lines.join('\n');
    }
  }

  /** Sends and gives the reply. */
  async ask(text: string): Promise<string> {
    this.send(`${text}\r\n`);
    return this.reply();
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk.toString('latin1'));
      this.#text += chunk.toString('latin1');
      this.#wake?.();
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#closed = true;
      this.#wake?.();
    });
  }
}

/**
 * Plays a script of lines. `C:` is sent with CRLF, and `C:` lines that follow each other are sent together; `S:` is
 * expected, with `...` for any text and, alone, for any lines before the next expected one. `C2:`, `S2:` and so on are
 * further connections. `S: <closed>` expects the end, `TLS` goes on inside TLS, `END` closes our half, `#` is a remark.
 */
export async function play(
  port: number,
  script: string,
  options: { readonly tls?: boolean } = {},
): Promise<void> {
  const clients = new Map<string, ScriptClient>();
  const talk: string[] = [];
  const clientFor = async (id: string): Promise<ScriptClient> => {
    const known = clients.get(id);
    if (known !== undefined) return known;
    const client = await ScriptClient.connect(port, options);
    clients.set(id, client);
    return client;
  };
  const read = async (id: string, expected: string): Promise<string | undefined> => {
    const client = await clientFor(id);
    const waiting = setTimeout(() => {
      client.destroy();
    }, 5000);
    const line = await client.line();
    clearTimeout(waiting);
    talk.push(`S${id}: ${line ?? '<closed>'}`);
    if (line === undefined && expected !== '<closed>') fail(expected);
    return line;
  };
  const fail = (expected: string): never => {
    throw new Error(`expected: ${expected}\n\n${talk.join('\n')}`);
  };

  const lines = script
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  let any: string | undefined;
  let pending = '';
  try {
    for (const [i, line] of lines.entries()) {
      const [, side = '', id = '', text = ''] = /^([CS]|TLS|END)(\d*):? ?(.*)$/.exec(line) ?? [];
      if (side === 'C') {
        talk.push(line);
        pending += `${text}\r\n`;
        if (lines[i + 1]?.startsWith(`C${id}:`) === true) continue;
        (await clientFor(id)).send(pending);
        pending = '';
      } else if (side === 'TLS') {
        talk.push(line);
        await (await clientFor(id)).startTls();
      } else if (side === 'END') {
        (await clientFor(id)).end();
      } else if (side === 'S' && text === '...') {
        any = id;
      } else if (side === 'S') {
        const skip = any === id;
        any = undefined;
        for (;;) {
          const got = await read(id, text);
          if (text === '<closed>' ? got === undefined : got !== undefined && matches(got, text))
            break;
          if (!skip || got === undefined) fail(text);
        }
      } else throw new Error(`not a line of a script: ${line}`);
    }
  } finally {
    for (const client of clients.values()) client.destroy();
  }
}

/** `...` is any text. */
export function matches(line: string, pattern: string): boolean {
  const parts = pattern.split('...').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(line);
}
