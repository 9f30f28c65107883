import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Log } from '../core/log.ts';
import { unmapped } from '../core/networks.ts';
import type { TlsSource } from '../core/tls.ts';

/** What the session wants to know of its connection. */
export interface TransportEvents {
  received(chunk: Buffer): void;
  /** The client closed its half. */
  ended(): void;
  /** Nothing moved for the time given to `expectWithin`. */
  timedOut(): void;
  /** The client has read what it was told. */
  drained(): void;
  /** The connection is gone. Said once. */
  closed(): void;
}

/** The socket under a session, in clear at first and perhaps in TLS later. */
export class Transport {
  /** The address the connection comes from: a proxy's, where there is one. */
  readonly remoteAddress: string;
  readonly #events: TransportEvents;
  readonly #log: Log;
  #socket: Socket;
  #unlisten: () => void;
  #cipher: string | undefined;
  #paused = false;
  #timeoutMs = 0;

  constructor(socket: Socket, events: TransportEvents, log: Log) {
    this.remoteAddress = unmapped(socket.remoteAddress ?? '');
    this.#events = events;
    this.#log = log;
    this.#socket = socket;
    this.#unlisten = this.#listen(socket);
  }

  /** The cipher suite as IANA spells it; undefined without TLS. */
  get cipher(): string | undefined {
    return this.#cipher;
  }

  /** Octets the client was sent and has not taken, when `drained` will tell that it has: a few (16 KB) count as taken. */
  get unreadBytes(): number {
    return this.#socket.writableNeedDrain ? this.#socket.writableLength : 0;
  }

  /** Octets that came and were not handed over yet. */
  get waitingBytes(): number {
    return this.#socket.readableLength;
  }

  write(text: string): void {
    if (this.#socket.writable) this.#socket.write(text, 'latin1');
  }

  /** Calls `timedOut` when nothing moves for so long. */
  expectWithin(ms: number): void {
    this.#timeoutMs = ms;
    this.#socket.setTimeout(ms);
  }

  /** Calls it once more after the same time: a socket says it only once. */
  expectAgain(): void {
    this.#socket.setTimeout(this.#timeoutMs);
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** Begins TLS; `octets` of the handshake were read already. Calls back when it is on. */
  secure(source: TlsSource, octets: Buffer | undefined, timeoutMs: number, then: () => void): void {
    const plain = this.#socket;
    this.#unlisten();
    plain.setTimeout(0);
    plain.pause();
    if (octets !== undefined && octets.length > 0) plain.unshift(octets);
    const socket = new TLSSocket(plain, { isServer: true, secureContext: source.current() });
    this.#socket = socket;
    this.#paused = false;
    this.#unlisten = this.#listen(socket);
    this.expectWithin(timeoutMs);
    socket.once('secure', () => {
      this.#cipher = socket.getCipher().standardName;
      then();
    });
  }

  /**
   * Closes when the client does, or after `lingerMs`. What it still sends is thrown away: to close at once could lose
   * a reply on its way. The time is counted from now, and not from the last octet: who goes on sending is cut too.
   */
  close(lingerMs: number): void {
    const socket = this.#socket;
    socket.end();
    this.#paused = false;
    socket.resume();
    socket.setTimeout(0);
    const cut = setTimeout(() => {
      socket.destroy();
    }, lingerMs);
    cut.unref();
    socket.once('close', () => {
      clearTimeout(cut);
    });
  }

  /** Closes as soon as everything is sent. */
  finish(): void {
    this.#socket.destroySoon();
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#socket.destroy();
  }

  #listen(socket: Socket): () => void {
    const events = this.#events;
    const listeners: Readonly<Record<string, (chunk: Buffer) => void>> = {
      data: (chunk) => {
        events.received(chunk);
      },
      end: () => {
        events.ended();
      },
      timeout: () => {
        events.timedOut();
      },
      drain: () => {
        events.drained();
      },
      close: () => {
        events.closed();
      },
    };
    for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener);
    // Stays when TLS begins. Clients vanish all the time; `close` follows.
    socket.on('error', (error: Error) => {
      this.#log.debug('connection-error', { err: error });
    });
    return () => {
      for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener);
    };
  }
}
