import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { enterAll } from '../bus/api.ts';
import { Networks, unmapped } from '../core/networks.ts';
import { peerNetwork } from '../core/peer-network.ts';
import { readProxyHeader } from '../core/proxy-header.ts';
import type { AccountId } from '../core/values.ts';
import { commandTable } from './command-table.ts';
import {
  defaultImapLimits,
  defaultImapTimeouts,
  type ImapListener,
  type ImapListenerOptions,
  type ImapParts,
} from './options.ts';
import { ImapSession, type SessionHost } from './session.ts';

/** Listens for IMAP clients. Rejects when the port cannot be had. */
export async function startImapListener(
  options: ImapListenerOptions,
  parts: ImapParts,
): Promise<ImapListener> {
  if (options.tls !== 'none' && parts.tls === undefined) {
    throw new TypeError(`Listener ${options.name} needs a certificate`);
  }
  const listener = new Listener(options, parts);
  await listener.start();
  return listener;
}

/** Connections that may wait to be accepted: after a restart all clients come back at once. */
const backlog = 4096;

/** How long a proxy may take to say for whom it speaks. */
const proxyHeaderMs = 10_000;

class Listener implements ImapListener {
  readonly #host: SessionHost;
  readonly #proxies: Networks;
  readonly #server: Server;
  readonly #sessions = new Set<ImapSession>();
  /** Connections that have no session yet. */
  readonly #arriving = new Set<Socket>();
  readonly #idPrefix = randomBytes(4).toString('hex');
  #connections = 0;
  #stopping = false;
  #turningAway = false;

  constructor(options: ImapListenerOptions, parts: ImapParts) {
    const inClear = new Networks(options.cleartextLoginNetworks ?? []);
    this.#proxies = new Networks(options.proxyNetworks ?? []);
    this.#host = {
      options,
      limits: { ...defaultImapLimits, ...options.limits },
      timeouts: { ...defaultImapTimeouts, ...options.timeouts },
      parts: { ...parts, log: parts.log.with({ listener: options.name }) },
      table: commandTable,
      mayLogInInClear: (peer) => inClear.contains(peer),
    };
    // Nothing is read before there is a session: the end of a hasty client would be lost to TLS.
    this.#server = createServer({
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      pauseOnConnect: true,
    });
    this.#server.on('connection', (socket: Socket) => {
      void this.#arrive(socket);
    });
  }

  async start(): Promise<void> {
    const { host, port } = this.#host.options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host, backlog }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#server.on('error', (error) => {
      this.#host.parts.log.error('listener-failed', { err: error });
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  endSessions(account: AccountId): void {
    for (const session of this.#sessions) session.endFor(account);
  }

  async close(): Promise<void> {
    this.#stopping = true;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    for (const socket of this.#arriving) socket.destroy();
    for (const session of this.#sessions) session.shutDown();
    const deadline = setTimeout(() => {
      for (const session of this.#sessions) session.destroy();
    }, this.#host.timeouts.stopMs);
    await Promise.all([...this.#sessions].map((session) => session.closed));
    clearTimeout(deadline);
    await closed;
  }

  async #arrive(socket: Socket): Promise<void> {
    const { limits, parts } = this.#host;
    const { log, sessions, connections = sessions } = parts;
    socket.on('error', ignore);
    this.#arriving.add(socket);
    try {
      const leave = await enterAll(connections, [
        ['connections', limits.allConnections],
        ['imap connections', limits.connections],
      ]);
      if (leave === undefined) {
        // Once, however many are turned away until one is taken again.
        if (!this.#turningAway) log.warn('connections-refused', { reason: 'too many connections' });
        this.#turningAway = true;
        this.#turnAway(socket, 'Too many connections');
        return;
      }
      this.#turningAway = false;
      if (socket.destroyed) leave();
      else socket.once('close', leave);
      const address = unmapped(socket.remoteAddress ?? '');
      const peer = this.#proxies.contains(address) ? await proxied(socket, address) : address;
      if (peer === '' || socket.destroyed || this.#stopping) socket.destroy();
      else await this.#welcome(socket, peer);
    } catch (error) {
      log.debug('connection-refused', { err: error });
      socket.destroy();
    } finally {
      this.#arriving.delete(socket);
    }
  }

  async #welcome(socket: Socket, peer: string): Promise<void> {
    const { limits, parts } = this.#host;
    const { log, sessions } = parts;
    const connection = `${this.#idPrefix}-${(++this.#connections).toString(36)}`;
    const key = `imap address ${peerNetwork(peer)}`;
    const leave = await sessions.enter(key, limits.connectionsPerAddress);
    if (leave === undefined) {
      log.info('connection-refused', { peer, reason: 'too many connections' });
      this.#turnAway(socket, 'Too many connections from your address');
      return;
    }
    // Our stop may have come while we asked.
    if (socket.destroyed || this.#stopping) {
      leave();
      socket.destroy();
      return;
    }
    const session = new ImapSession(this.#host, socket, peer, connection);
    log.debug('session-opened', { conn: connection, peer });
    this.#sessions.add(session);
    void session.closed.then(() => {
      this.#sessions.delete(session);
      leave();
      log.debug('session-closed', { conn: connection });
    });
    await session.start();
  }

  #turnAway(socket: Socket, reason: string): void {
    // Before TLS there is nothing that the client could read.
    if (this.#host.options.tls === 'implicit') socket.destroy();
    else {
      socket.end(`* BYE [LIMIT] ${reason}\r\n`);
      socket.destroySoon();
    }
  }
}

/** For whom the proxy speaks; what it sent behind its header is put back. */
async function proxied(socket: Socket, address: string): Promise<string> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const settle = (outcome: string | Error): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose);
      socket.pause();
      if (typeof outcome === 'string') resolve(outcome);
      else reject(outcome);
    };
    const timer = setTimeout(() => {
      settle(new Error('No PROXY header'));
    }, proxyHeaderMs);
    const onClose = (): void => {
      settle(new Error('Connection closed before the PROXY header'));
    };
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const header = readProxyHeader(bytes);
      if (header.kind === 'complete') {
        settle(header.peer ?? address);
        if (bytes.length > header.length) socket.unshift(bytes.subarray(header.length));
      } else if (header.kind === 'invalid') {
        settle(new Error('Invalid PROXY header'));
      }
    };
    socket.on('data', onData).on('close', onClose);
    socket.resume();
  });
}

function ignore(): void {
  // A connection that breaks before it is one.
}
