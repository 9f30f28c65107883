import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CommandFailure } from './command-failure.ts';

/**
 * A password is a line of standard input: out of `ps` and of the shell's history. A terminal is asked, twice for a
 * password that is to be set.
 */
export async function readPassword(times: 'once' | 'twice' = 'twice'): Promise<string> {
  if (process.stdin.isTTY) return times === 'once' ? ask('Password: ') : askTwice();
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    lines.close();
    return line;
  }
  throw new CommandFailure('usage', 'the password is read from standard input, which is empty');
}

async function askTwice(): Promise<string> {
  const password = await ask('Password: ');
  if ((await ask('Again: ')) === password) return password;
  throw new CommandFailure('data', 'the two are not the same');
}

function ask(question: string): Promise<string> {
  process.stderr.write(question);
  // An output that shows nothing: the password is not echoed.
  const output = new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  return new Promise((resolve, reject) => {
    let answered = false;
    terminal.on('SIGINT', () => {
      terminal.close();
    });
    terminal.on('close', () => {
      process.stderr.write('\n');
      if (!answered) reject(new CommandFailure('usage', 'no password was given'));
    });
    terminal.question('', (answer) => {
      answered = true;
      terminal.close();
      resolve(answer);
    });
  });
}
