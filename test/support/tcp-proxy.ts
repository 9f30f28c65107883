import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A network between two programs that a test can break: `stall` (nothing comes through, nothing is said), `refuse`
 * (connections are reset, new ones too), and `heal`.
 */
export class TcpProxy {
  readonly #server: Server;
  readonly #target: { readonly port: number; readonly host: string };
  readonly #sockets = new Set<Socket>();
  #state: 'open' | 'stalled' | 'refusing' = 'open';

  private constructor(port: number, host: string) {
    this.#target = { port, host };
    this.#server = createServer((client) => {
      this.#accept(client);
    });
  }

  static async start(port: number, host = '127.0.0.1'): Promise<TcpProxy> {
    const proxy = new TcpProxy(port, host);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Nothing comes through any more; new connections are taken and hear nothing. */
  stall(): void {
    this.#state = 'stalled';
    for (const socket of this.#sockets) socket.pause();
  }

  /** Every connection is reset, and every new one. */
  refuse(): void {
    this.#state = 'refusing';
    this.reset();
  }

  /** Resets the connections that are open; new ones come through. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Everything comes through again, late octets of stalled connections too. */
  heal(): void {
    this.#state = 'open';
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  #accept(client: Socket): void {
    if (this.#state === 'refusing') {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const server = connect(this.#target);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      if (this.#state === 'stalled') from.pause();
      from.on('data', (chunk: Buffer) => to.write(chunk));
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
