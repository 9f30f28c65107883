import type { Socket } from 'node:net';
import { ConnectionLost } from './connection.ts';
import type { OctetSink } from './wire/encoder.ts';

/** Writes to a socket, which TLS may replace. */
export class SocketSink implements OctetSink {
  socket: Socket;
  /** A stream calls back for a chunk, and stops counting it, when nobody looks at it any more. */
  readonly forgets = true;
  readonly #stalledMs: number;

  /** A client that has not read its queue empty after `stalledMs` is cut off. */
  constructor(socket: Socket, stalledMs: number) {
    this.socket = socket;
    this.#stalledMs = stalledMs;
  }

  write(octets: Uint8Array): void {
    // A closed socket has nobody to write to; the command learns it from `drained`.
    if (this.socket.writable) this.socket.write(octets);
  }

  get queuedBytes(): number {
    // So that a command in progress stops soon when its client is gone.
    return this.socket.writable ? this.socket.writableLength : Infinity;
  }

  drained(): Promise<void> {
    const { socket } = this;
    if (!socket.writable) return Promise.reject(new ConnectionLost());
    return new Promise((resolve, reject) => {
      const stalled = setTimeout(() => socket.destroy(), this.#stalledMs);
      const settle = (): void => {
        clearTimeout(stalled);
        socket.off('drain', settle).off('close', settle);
        if (socket.writable) resolve();
        else reject(new ConnectionLost());
      };
      socket.on('drain', settle).on('close', settle);
    });
  }
}
