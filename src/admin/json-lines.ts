import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { MailError } from '../core/errors.ts';
import { longestLineBytes } from './control-protocol.ts';

/** JSON values from a socket, one a line, read as fast as they are asked for. `invalid` for what is none. */
export async function* readJsonLines(socket: Socket): AsyncGenerator<unknown, void, void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  // The socket stays open when the reader stops early: the other direction may still be needed.
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    const lines = (rest + decoder.write(chunk as Buffer)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLineBytes) throw new MailError('too-big', 'The line is too long');
    for (const line of lines) yield parse(line);
  }
  if (rest !== '') yield parse(rest);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (error) {
    throw new MailError('invalid', 'Not a line of JSON', { cause: error });
  }
}

/** Writes one value; resolves when the socket wants more. Rejects when it is closed before. */
export async function writeJsonLine(socket: Socket, value: unknown): Promise<void> {
  if (socket.destroyed) throw new MailError('unavailable', 'The other side has gone');
  if (socket.write(`${JSON.stringify(value)}\n`)) return;
  await new Promise<void>((resolve, reject) => {
    const settle = (): void => {
      socket.off('drain', settle);
      socket.off('close', settle);
      if (socket.destroyed) reject(new MailError('unavailable', 'The other side has gone'));
      else resolve();
    };
    socket.on('drain', settle);
    socket.on('close', settle);
  });
}
