import { chmod, rm } from 'node:fs/promises';
import { type Server, type Socket, createServer } from 'node:net';
import { MailError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { AdminContext } from './admin-context.ts';
import { type Answer, type Request, itemLine, request } from './control-protocol.ts';
import { readJsonLines, writeJsonLine } from './json-lines.ts';
import { runOperation } from './operations.ts';

export interface ControlServerOptions {
  readonly path: string;
  /** What operations work with, for an actor. */
  readonly context: (actor: string) => AdminContext;
  readonly log: Log;
}

export interface ControlServer {
  /** Takes no new calls, lets the running ones finish until `graceMs` has passed. */
  close(graceMs: number): Promise<void>;
}

/** Calls that run at once; an operator has two hands. */
const maxCalls = 32;
/** How long a client may take to read its answer and go. */
const hangUpMs = 5000;

/**
 * Opens the control socket, which only the owner of the process may use. The caller owns the data folder, so a socket
 * that is there already was left by a process that died.
 */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const calls = new Set<Promise<void>>();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    const call = serve(socket, options).finally(() => {
      calls.delete(call);
      sockets.delete(socket);
    });
    calls.add(call);
  });
  server.maxConnections = maxCalls;
  await rm(options.path, { force: true });
  await listenPrivately(server, options.path);
  return {
    async close(graceMs) {
      server.close();
      let timer: NodeJS.Timeout | undefined;
      const grace = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([Promise.all(calls), grace]);
      clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      await Promise.all(calls);
    },
  };
}

async function listenPrivately(server: Server, path: string): Promise<void> {
  // The socket is made within `listen`: nobody else can open it in the moment before chmod.
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
      process.umask(before);
    });
  } finally {
    process.umask(before);
  }
  await chmod(path, 0o600);
}

/** One call: never rejects. */
async function serve(socket: Socket, options: ControlServerOptions): Promise<void> {
  // A broken connection is seen where it is written to or read from.
  socket.on('error', () => undefined);
  const lines = readJsonLines(socket);
  try {
    await answerCall(socket, lines, options);
  } catch (error) {
    await writeJsonLine(socket, describe(error, options.log)).catch(() => undefined);
  } finally {
    await lines.return();
    await hangUp(socket);
  }
}

/** Ends the connection once the answer was read: what the client still sends is taken and dropped until then. */
async function hangUp(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), hangUpMs);
  const closed = new Promise<void>((resolve) => socket.once('close', resolve));
  socket.once('end', () => socket.destroy());
  socket.end();
  socket.resume();
  if (socket.readableEnded) socket.destroySoon();
  await closed;
  clearTimeout(timer);
}

async function answerCall(
  socket: Socket,
  lines: AsyncGenerator<unknown, void, void>,
  options: ControlServerOptions,
): Promise<void> {
  const first = await lines.next();
  if (first.done === true) return;
  const asked = readRequest(first.value);
  options.log.info('control-call', { call: asked.call, actor: asked.actor });
  const running = runOperation(options.context(asked.actor), asked.call, asked.input, items(lines));
  try {
    for (;;) {
      const step = await running.next();
      const answer: Answer = step.done === true ? { result: step.value } : { progress: step.value };
      await writeJsonLine(socket, answer);
      if (step.done === true) return;
    }
  } finally {
    await running.return(undefined);
  }
}

function readRequest(value: unknown): Request {
  const parsed = request.safeParse(value);
  if (!parsed.success) throw new MailError('invalid', 'Not a request');
  return parsed.data;
}

async function* items(lines: AsyncIterable<unknown>): AsyncGenerator<unknown, void, void> {
  for await (const line of lines) {
    const parsed = itemLine.safeParse(line);
    if (!parsed.success) throw new MailError('invalid', 'Not an item');
    yield parsed.data.item;
  }
}

function describe(error: unknown, log: Log): Answer {
  if (error instanceof MailError) {
    return { error: { failure: error.failure, message: error.message } };
  }
  log.error('control-call-failed', { err: error });
  return {
    error: { failure: 'internal', message: 'Internal error; the log of the server has it' },
  };
}
