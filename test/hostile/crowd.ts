import { connect, type Socket } from 'node:net';

/*
 * A process of its own that connects many times from one address, keeps every connection open, and answers nothing: it
 * closes none that the server closed. `node --import tsx crowd.ts COUNT PORT...` prints a line of JSON with what it
 * heard, each first word with its number, and ends with its standard input.
 */
const [count = 0, ...ports] = process.argv.slice(2).map(Number);
const atOnce = 200;
const held: Socket[] = [];

async function firstWord(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  held.push(socket);
  return new Promise((resolve) => {
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (heard.includes('\r\n')) resolve(heard.split(' ', 2).join(' '));
    });
    socket.on('error', () => {
      resolve('error');
    });
    socket.on('end', () => {
      resolve('closed');
    });
  });
}

const heard = new Map<string, number>();
for (let done = 0; done < count; done += atOnce) {
  const words = await Promise.all(
    Array.from({ length: Math.min(atOnce, count - done) }, (_, i) =>
      firstWord(ports[i % ports.length] as number),
    ),
  );
  for (const word of words) heard.set(word, (heard.get(word) ?? 0) + 1);
}
process.stdout.write(`${JSON.stringify([...heard].sort())}\n`);
process.stdin.on('end', () => process.exit()).resume();
