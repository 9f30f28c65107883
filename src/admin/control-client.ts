import { type Socket, connect } from 'node:net';
import { MailError } from '../core/errors.ts';
import { answer } from './control-protocol.ts';
import { readJsonLines, writeJsonLine } from './json-lines.ts';
import type { AdminPort, InputOf, OperationName, ProgressOf, ResultOf } from './operations.ts';

/** Has a running server carry operations out, through its control socket. */
export class ControlClient implements AdminPort {
  readonly #path: string;
  readonly #actor: string;

  constructor(path: string, actor: string) {
    this.#path = path;
    this.#actor = actor;
  }

  async *call<Name extends OperationName>(
    name: Name,
    input: InputOf<Name>,
    items?: AsyncIterable<unknown>,
  ): AsyncGenerator<ProgressOf<Name>, ResultOf<Name>, void> {
    const socket = await open(this.#path);
    if (socket === undefined) throw new MailError('unavailable', 'The server has gone');
    // Items go out while progress comes in. Their failure is the caller's to see; a lost server is seen by the reader.
    let sendingFailed: Error | undefined;
    const sending = send(socket, { call: name, actor: this.#actor, input }, items).catch(
      (error: unknown) => {
        sendingFailed = asError(error);
        socket.destroy();
      },
    );
    try {
      for await (const line of readJsonLines(socket)) {
        const said = answer.parse(line);
        if ('progress' in said) yield said.progress as ProgressOf<Name>;
        else if ('result' in said) return said.result as ResultOf<Name>;
        else throw new MailError(said.error.failure, said.error.message);
      }
    } catch (error) {
      throw sendingFailed ?? lost(asError(error));
    } finally {
      socket.destroy();
      await sending;
    }
    throw sendingFailed ?? new MailError('unavailable', 'The server went away before its answer');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Whether a server listens on the socket. */
export async function isServed(path: string): Promise<boolean> {
  const socket = await open(path);
  socket?.destroy();
  return socket !== undefined;
}

/** Undefined when nobody listens. `no-permission` when somebody does who does not want us. */
function open(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once('connect', () => {
      resolve(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else if (error.code === 'EACCES') {
        const message = `${path}: only the user that the server runs as may use it`;
        reject(new MailError('no-permission', message, { cause: error }));
      } else reject(error);
    });
  });
}

async function send(
  socket: Socket,
  request: { call: string; actor: string; input: unknown },
  items: AsyncIterable<unknown> | undefined,
): Promise<void> {
  await writeJsonLine(socket, request);
  for await (const item of items ?? []) {
    // An answer that came early (an error) ends the call: the rest of a long file is not read for nothing.
    if (socket.destroyed) return;
    await writeJsonLine(socket, { item });
  }
  socket.end();
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function lost(error: NodeJS.ErrnoException): Error {
  const { code } = error;
  if (code !== 'ECONNRESET' && code !== 'EPIPE') return error;
  return new MailError('unavailable', 'The server went away before its answer', { cause: error });
}
