import { connect, Socket } from 'node:net';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { CommandReader } from '../../src/imap/wire/command-reader.ts';

/** What the server's end of one connection held. */
export interface ServerEnd {
  readonly socket: Socket;
  /** The most octets that waited in the socket for the client. */
  mostQueuedBytes: number;
}

/** Where Node tells of a connection that a server of this process took. */
const newSocket = 'net.server.socket';

/** Looks at the server's end of connections within this process, in bytes. */
export class ServerEnds {
  readonly ends: ServerEnd[] = [];
  /** The most octets that any session kept of what clients sent. */
  mostBufferedBytes = 0;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was
  readonly #push = CommandReader.prototype.push;

  constructor() {
    subscribe(newSocket, this.#onSocket);
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- `this` is the reader below
    const ends = this;
    const push = this.#push;
    CommandReader.prototype.push = function (chunk) {
      push.call(this, chunk);
      ends.mostBufferedBytes = Math.max(ends.mostBufferedBytes, this.bufferedBytes);
    };
  }

  stop(): void {
    unsubscribe(newSocket, this.#onSocket);
    CommandReader.prototype.push = this.#push;
  }

  /** The end of the connection made last. */
  get last(): ServerEnd {
    const end = this.ends.at(-1);
    if (end === undefined) throw new Error('Nobody has connected');
    return end;
  }

  readonly #onSocket = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    const end: ServerEnd = { socket, mostQueuedBytes: 0 };
    const write = (octets: Uint8Array | string): boolean =>
      Socket.prototype.write.call(socket, octets);
    socket.write = (octets: Uint8Array | string): boolean => {
      const more = write(octets);
      end.mostQueuedBytes = Math.max(end.mostQueuedBytes, socket.writableLength);
      return more;
    };
    this.ends.push(end);
  };
}

/** A client that does as it likes: it reads when it is told to, and hangs up never. */
export class Hostile {
  readonly socket: Socket;
  heardBytes = 0;
  ended = false;
  #heard: string[] = [];
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    const end = (): void => {
      this.ended = true;
      this.#wake();
    };
    socket.on('end', end).on('close', end);
    socket.on('data', (octets: Buffer) => {
      this.heardBytes += octets.length;
      this.#heard.push(octets.toString('latin1'));
      this.#wake();
    });
  }

  /** Connects and reads the greeting. */
  static async connect(port: number): Promise<Hostile> {
    const client = await Hostile.arrive(port);
    await client.until('* ');
    client.take();
    return client;
  }

  /** Connects and waits for nothing. */
  static async arrive(port: number): Promise<Hostile> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const client = new Hostile(socket);
    await once(socket, 'connect');
    return client;
  }

  say(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** One octet after the other, each taken by the server before the next is sent, while the server listens. */
  async sayByOctets(text: string, server: Socket): Promise<void> {
    const before = server.bytesRead;
    const isOver = (): boolean => this.ended || server.destroyed;
    for (let i = 0; i < text.length && !isOver(); i++) {
      this.say(text[i] as string);
      await waitFor(() => server.bytesRead > before + i || isOver());
    }
  }

  /** Waits for a whole line that begins so, or for the end of the connection; answers what was heard so far. */
  async until(start: string): Promise<string> {
    let seen = 0;
    // The end of what was looked at: what is heard may be large, and is put together once.
    let tail = '\n';
    let isBegun = false;
    for (;;) {
      for (; seen < this.#heard.length; seen++) {
        tail += this.#heard[seen] as string;
        const at: number = isBegun ? 0 : tail.indexOf(`\n${start}`);
        isBegun = at >= 0;
        if (isBegun && tail.includes('\r\n', at)) return this.#heard.join('');
        tail = tail.slice(isBegun ? at : -start.length - 2);
      }
      if (this.ended) return this.#heard.join('');
      await this.#more();
    }
  }

  /** Waits for the end of the connection; answers what was heard. */
  async untilEnd(): Promise<string> {
    while (!this.ended) await this.#more();
    return this.#heard.join('');
  }

  /** What was heard, which is forgotten. */
  take(): string {
    const heard = this.#heard.join('');
    this.#heard = [];
    return heard;
  }

  /** A command and its tagged answer, the last line that is heard. */
  async ask(tag: string, command: string): Promise<string> {
    this.say(`${tag} ${command}\r\n`);
    await this.until(`${tag} `);
    return this.take();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

/** Lets everything happen that can happen without the clients. */
export async function settle(turns = 200): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await setImmediate();
}

/** Looks again and again until it is so: at each turn of the event loop first, then at leisure. */
export async function waitFor(isSo: () => boolean): Promise<void> {
  for (let turn = 0; !isSo(); turn++) {
    if (turn < 1000) await setImmediate();
    else await setTimeout(5);
  }
}
