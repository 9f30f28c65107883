import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { enterAll } from '../bus/api.ts';
import type { SmtpListener, SmtpListenerOptions, SmtpParts } from './options.ts';
import { reply } from './reply.ts';
import { SmtpSession } from './session.ts';
import { settle } from './settings.ts';

const full = reply(421, '3.2', 'Too many connections, try again later');

/** Connections that may wait to be accepted. */
const backlog = 4096;

/**
 * Starts a listener for SMTP, submission or LMTP. Rejects as `net.Server.listen` does when the port cannot be had, and
 * with `TypeError` for options that do not go together.
 */
export async function startSmtpListener(
  options: SmtpListenerOptions,
  parts: SmtpParts,
): Promise<SmtpListener> {
  const settings = settle(options, parts);
  const sessions = new Set<SmtpSession>();
  const { metrics } = parts;
  let stopping = false;
  let turningAway = false;
  let allGone = (): void => undefined;

  // The identifiers of two runs, or two processes, differ.
  const run = randomBytes(5).toString('hex');
  let count = 0;

  const refuse = (socket: Socket): void => {
    metrics?.connectionRefused(settings.name);
    if (settings.tls === 'implicit') socket.destroy();
    else {
      socket.end(full, 'latin1', () => {
        socket.destroy();
      });
    }
  };

  const { limits, log, profile } = settings;
  const accept = async (socket: Socket): Promise<void> => {
    socket.on('error', () => undefined);
    const leave = await enterAll(parts.connections ?? parts.sessions, [
      ['connections', limits.allConnections],
      [`${profile} connections`, limits.connections],
    ]);
    if (leave === undefined || stopping || socket.destroyed) {
      leave?.();
      // Once, however many are turned away until one is taken again.
      if (leave === undefined && !turningAway) {
        turningAway = true;
        log.warn('connections-refused', { reason: 'too many connections' });
      }
      refuse(socket);
      return;
    }
    turningAway = false;
    count += 1;
    const session = new SmtpSession(settings, socket, `${run}${count.toString(36)}`, (closed) => {
      sessions.delete(closed);
      leave();
      metrics?.connectionClosed(settings.name);
      if (sessions.size === 0) allGone();
    });
    sessions.add(session);
    metrics?.connectionOpened(settings.name);
    socket.resume();
    session.start();
  };

  // Nothing is read before there is a session: the end of a hasty client would be lost to TLS.
  const socketOptions = {
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    pauseOnConnect: true,
  };
  const server = createServer(socketOptions, (socket) => {
    accept(socket).catch((error: unknown) => {
      log.error('accept-failed', { err: error });
      socket.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port, host: options.host, backlog }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // Running out of file descriptors must not end the process: waiting clients are taken when others have left.
  server.on('error', (error) => {
    log.error('accept-failed', { err: error });
  });

  const stop = async (): Promise<void> => {
    stopping = true;
    const closed = new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
    const gone = new Promise<void>((resolve) => {
      allGone = resolve;
      if (sessions.size === 0) resolve();
    });
    const cut = setTimeout(() => {
      for (const session of sessions) session.destroy();
    }, settings.timeouts.stopMs);
    for (const session of sessions) session.stop();
    await gone;
    clearTimeout(cut);
    await closed;
  };
  let stopped: Promise<void> | undefined;

  return {
    port: (server.address() as AddressInfo).port,
    get sessionCount() {
      return sessions.size;
    },
    endSessions: (account) => {
      for (const session of sessions) session.endFor(account);
    },
    close: () => (stopped ??= stop()),
  };
}
