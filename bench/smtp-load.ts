import { connect, type Socket } from 'node:net';

const LF = 0x0a;
const HYPHEN = 0x2d;
/** 4yz and 5yz say no. RFC 5321 §4.2.1. */
const firstRefusal = 0x34;

/** A letter with its envelope, as they go out: nothing is made while the server is measured. */
export interface ReadyLetter {
  /** MAIL, RCPTs and DATA in one piece. RFC 2920 §3.1. */
  readonly envelope: Buffer;
  readonly recipients: number;
  /** Dot-stuffed, with the end of the data. */
  readonly data: Buffer;
}

export function readyLetter(from: string, to: readonly string[], letter: Uint8Array): ReadyLetter {
  const lines = [`MAIL FROM:<${from}>`, ...to.map((each) => `RCPT TO:<${each}>`), 'DATA', ''];
  return {
    envelope: Buffer.from(lines.join('\r\n')),
    recipients: to.length,
    data: Buffer.concat([letter, Buffer.from('.\r\n')]),
  };
}

/**
 * An SMTP client that costs as little as it can, since it shares the cores with the server: it waits for every reply
 * that RFC 2920 makes a client wait for, and of each looks at the first digit.
 */
export class SmtpLoad {
  readonly #socket: Socket;
  /** Where in a line of a reply the next octet stands. */
  #column = 0;
  #digit = 0;
  #continued = false;
  #missing = 0;
  #settle: { resolve(): void; reject(error: Error): void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#read(chunk);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#fail('the connection was closed');
    });
  }

  static async open(port: number): Promise<SmtpLoad> {
    const client = new SmtpLoad(connect({ port, host: '127.0.0.1' }));
    await client.#replies(1);
    await client.#say(Buffer.from('EHLO client.example\r\n'), 1);
    return client;
  }

  /** Resolves with the 250 to the data; rejects with the first refusal. */
  async send({ envelope, recipients, data }: ReadyLetter): Promise<void> {
    await this.#say(envelope, recipients + 2);
    await this.#say(data, 1);
  }

  close(): void {
    this.#socket.destroy();
  }

  #say(octets: Buffer, replies: number): Promise<void> {
    const answered = this.#replies(replies);
    this.#socket.write(octets);
    return answered;
  }

  #replies(count: number): Promise<void> {
    this.#missing += count;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  #read(chunk: Buffer): void {
    for (let i = 0; i < chunk.length; i++) {
      const octet = chunk[i] as number;
      if (this.#column === 0) this.#digit = octet;
      if (this.#column === 3) this.#continued = octet === HYPHEN;
      this.#column++;
      if (octet === LF) {
        this.#column = 0;
        if (!this.#continued) this.#endReply(chunk);
      }
    }
  }

  #endReply(chunk: Buffer): void {
    if (this.#digit >= firstRefusal) this.#fail(`refused: ${chunk.toString()}`);
    this.#missing--;
    if (this.#missing > 0) return;
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.resolve();
  }

  #fail(reason: string): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.reject(new Error(reason));
  }
}
