import { setTimeout as pause } from 'node:timers/promises';
import { SmtpWire } from '../support/wire-client.ts';

const paceMs = 50;

/**
 * A sender that does not give up: each letter is sent until somebody answers 250, to the same front end or the next one.
 * It notes what was answered for, and how long an answer took at most.
 */
export class Poster {
  readonly #name: string;
  readonly #to: string;
  readonly #ports: () => number;
  readonly #sent: string[] = [];
  readonly replies: string[] = [];
  #wire: SmtpWire | undefined;
  #slowestMs = 0;
  #closed = false;

  /** `port` says where to send now. */
  constructor(name: string, to: string, port: () => number) {
    this.#name = name;
    this.#to = to;
    this.#ports = port;
  }

  /** Subjects of the letters that were answered for. */
  get sent(): readonly string[] {
    return this.#sent;
  }

  get slowestMs(): number {
    return this.#slowestMs;
  }

  /**
   * Sends letters until `enough`, each until it is taken, with a moment between them: of two that write to one account
   * without a pause, the one that is nearer to the database nearly always comes first.
   */
  async post(enough: () => boolean): Promise<void> {
    while (!this.#closed && !enough()) {
      await this.postOne();
      await pause(paceMs);
    }
  }

  /** Sends a letter until it is taken. */
  async postOne(): Promise<void> {
    const subject = `${this.#name}-${this.#sent.length + 1}`;
    const letter = Buffer.from(`Subject: ${subject}\r\n\r\nSalem!\r\n`);
    while (!(await this.#try(letter))) {
      if (this.#closed) return;
      await pause(paceMs);
    }
    this.#sent.push(subject);
  }

  /** Gives up: nothing is sent any more. */
  close(): void {
    this.#closed = true;
    this.#hangUp();
  }

  #hangUp(): void {
    this.#wire?.wire.destroy();
    this.#wire = undefined;
  }

  async #try(letter: Buffer): Promise<boolean> {
    const began = performance.now();
    try {
      this.#wire ??= await SmtpWire.open(this.#ports(), 'LHLO client.example');
      const [reply = ''] = await this.#wire.send('a@agency.example', [this.#to], letter, true);
      if (reply.startsWith('250')) return true;
      this.replies.push(reply);
    } catch (error) {
      // The front end is gone, or cut us off; whether it took the letter nobody knows.
      this.replies.push(String(error));
    } finally {
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - began);
    }
    this.#hangUp();
    return false;
  }
}
