import { expect } from 'chai';

/** A letter of the harness: a unique token, and octets that nobody else sends. */
export interface TestLetter {
  readonly token: string;
  readonly bytes: Buffer;
}

/** Most are small; one in twelve is too large for a row and gets a file. */
export function makeLetter(token: string, next: () => number): TestLetter {
  const most = next() < 0.08 ? 2500 : 40;
  const least = most === 40 ? 3 : 1500;
  const lines = Array.from({ length: least + Math.floor(next() * (most - least)) }, (_, i) =>
    `${i} ${token} ${'құжат '.repeat(1 + Math.floor(next() * 6))}`.trimEnd(),
  );
  const head = [
    'From: Harness <harness@agency.example>',
    'To: somebody@example.kz',
    `Subject: ${token}`,
    'Date: Mon, 23 Nov 2026 10:00:00 +0500',
    `Message-ID: <${token}@agency.example>`,
    'Content-Type: text/plain; charset=utf-8',
  ].join('\r\n');
  return { token, bytes: Buffer.from(`${head}\r\n\r\n${lines.join('\r\n')}\r\n`) };
}

/**
 * What was promised for the letters that come in by SMTP and LMTP: an acknowledged one is there exactly once, byte for
 * byte under our trace header; an unanswered one at most once, and exactly once after it was sent again.
 */
export class LetterBook {
  readonly #letters = new Map<
    string,
    { readonly letter: TestLetter; readonly to: readonly string[]; acknowledged: boolean }
  >();

  sending(letter: TestLetter, to: readonly string[]): void {
    this.#letters.set(letter.token, { letter, to, acknowledged: false });
  }

  acknowledged(token: string): void {
    const entry = this.#letters.get(token);
    if (entry !== undefined) entry.acknowledged = true;
  }

  /** Letters whose reply never came. */
  unanswered(): { readonly letter: TestLetter; readonly to: readonly string[] }[] {
    return [...this.#letters.values()].filter((entry) => !entry.acknowledged);
  }

  get acknowledgedCount(): number {
    return this.#letters.size - this.unanswered().length;
  }

  /** `held` is what the account's INBOX holds. */
  check(address: string, held: readonly Buffer[]): void {
    const copies = new Map<string, number>();
    for (const bytes of held) {
      const token = /^Subject: (\S+)/m.exec(bytes.toString('latin1'))?.[1] ?? '';
      const entry = this.#letters.get(token);
      expect(entry, `${address} holds a letter that nobody sent: ${token}`).to.not.equal(undefined);
      if (entry === undefined) continue;
      const own = bytes.subarray(bytes.length - entry.letter.bytes.length);
      expect(own.equals(entry.letter.bytes), `${token} in ${address} has changed`).to.equal(true);
      expect(bytes.toString('latin1', 0, 12), token).to.equal('Return-Path:');
      copies.set(token, (copies.get(token) ?? 0) + 1);
    }
    for (const [token, { to, acknowledged }] of this.#letters) {
      if (!to.includes(address)) continue;
      const count = copies.get(token) ?? 0;
      if (acknowledged) expect(count, `${token}, acknowledged, in ${address}`).to.equal(1);
      else expect(count, `${token}, unanswered, in ${address}`).to.be.at.most(1);
    }
  }
}
