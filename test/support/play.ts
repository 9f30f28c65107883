import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface PlayOptions {
  /** TLS from the first octet. */
  readonly tls?: boolean;
  /** How long an expected line may take. */
  readonly patienceMs?: number;
}

/**
 * Plays a script against a server, as the examples of an RFC read:
 *
 *     C1: a1 SELECT INBOX         sends a line; lines of one client in a row go in one packet
 *     S1: * 2 EXISTS              expects this line
 *     S1: a1 OK [READ-WRITE] ...  `...` within a line stands for any text
 *     S1: ...                     any lines, up to the next expected one
 *     S1: (closed)                expects that the server hangs up
 *     C1: (starttls)              begins TLS now
 *     C1: (close)                 closes this half of the connection
 *     # a comment
 *
 * A number tells connections apart; without one it is the first. A C line that ends in `\` sends no line break. A line
 * that is not as expected rejects with the whole talk so far. Resolves with the lines that the servers sent.
 */
export async function play(
  port: number,
  script: string,
  options: PlayOptions = {},
): Promise<readonly string[]> {
  const talk: string[] = [];
  const peers = new Map<string, Peer>();
  const peerOf = async (name: string): Promise<Peer> => {
    const known = peers.get(name);
    if (known !== undefined) return known;
    const peer = await Peer.connect(port, options);
    peers.set(name, peer);
    return peer;
  };
  try {
    const steps = parse(script);
    for (const [at, step] of steps.entries()) {
      const peer = await peerOf(step.peer);
      if (step.side === 'C') {
        talk.push(`C${step.peer}: ${step.text}`);
        const next = steps[at + 1];
        const more = next?.side === 'C' && next.peer === step.peer && !next.text.startsWith('(');
        await peer.send(step.text, more);
      } else {
        await peer.expect(step.text, (line) => talk.push(`S${step.peer}: ${line}`));
      }
    }
    return talk.filter((line) => line.startsWith('S')).map((line) => line.replace(/^S\d*: /, ''));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}\n--- the talk so far ---\n${talk.join('\n')}`, { cause: error });
  } finally {
    for (const peer of peers.values()) peer.destroy();
  }
}

interface Step {
  readonly side: 'C' | 'S';
  readonly peer: string;
  readonly text: string;
}

function parse(script: string): Step[] {
  const steps: Step[] = [];
  for (const raw of script.split('\n')) {
    const line = raw.trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([CS])(\d*):(?: (.*))?$/.exec(line);
    if (match === null) throw new Error(`Not a line of a script: ${line}`);
    const [, side, peer = '', text = ''] = match;
    steps.push({ side: side as 'C' | 'S', peer: peer === '' ? '1' : peer, text });
  }
  return steps;
}

class Peer {
  #socket: Socket;
  readonly #patienceMs: number;
  #input = '';
  #closed = false;
  #unsent = '';
  #skipping = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket, patienceMs: number) {
    this.#socket = socket;
    this.#patienceMs = patienceMs;
    this.#listen(socket);
  }

  static async connect(port: number, options: PlayOptions): Promise<Peer> {
    const socket =
      options.tls === true
        ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
        : connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      socket.once(options.tls === true ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
    });
    return new Peer(socket, options.patienceMs ?? 5000);
  }

  async send(text: string, more: boolean): Promise<void> {
    if (text === '(starttls)') {
      await this.#startTls();
      return;
    }
    if (text === '(close)') {
      this.#socket.end();
      return;
    }
    this.#unsent += text.endsWith('\\') ? text.slice(0, -1) : `${text}\r\n`;
    if (more) return;
    this.#socket.write(this.#unsent);
    this.#unsent = '';
  }

  async expect(wanted: string, said: (line: string) => void): Promise<void> {
    if (wanted === '...') {
      this.#skipping = true;
      return;
    }
    const skipping = this.#skipping;
    this.#skipping = false;
    const deadline = Date.now() + this.#patienceMs;
    for (;;) {
      const line = await this.#line(deadline, wanted);
      if (line === undefined) {
        if (wanted === '(closed)') return;
        throw new Error(`Expected "${wanted}", but the connection was closed`);
      }
      said(line);
      if (matches(wanted, line)) return;
      if (!skipping) throw new Error(`Expected "${wanted}", got "${line}"`);
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.#input += text;
      this.#wake();
    });
    socket.on('error', () => undefined);
    const close = (): void => {
      this.#closed = true;
      this.#wake();
    };
    socket.on('end', close).on('close', close);
  }

  async #line(deadline: number, wanted: string): Promise<string | undefined> {
    for (;;) {
      const end = this.#input.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#input.slice(0, end);
        this.#input = this.#input.slice(end + 2);
        return line;
      }
      if (this.#closed) return undefined;
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          const rest = this.#input === '' ? '' : ` (only "${this.#input}")`;
          reject(new Error(`Expected "${wanted}", got nothing${rest}`));
        }, deadline - Date.now());
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async #startTls(): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    plain.removeAllListeners('end');
    plain.removeAllListeners('close');
    const secured = connectTls({ socket: plain, rejectUnauthorized: false });
    await new Promise<void>((resolve, reject) => {
      secured.once('secureConnect', resolve);
      secured.once('error', reject);
    });
    this.#socket = secured;
    this.#listen(secured);
  }
}

function matches(wanted: string, line: string): boolean {
  const parts = wanted.split('...').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(line);
}
