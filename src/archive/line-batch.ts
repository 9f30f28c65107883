const batchLines = 64;
const batchBytes = 4 * 1024 * 1024;

/** Lines of one mailbox, handed on together: as many as one commit should carry. */
export class LineBatch<L extends { readonly mailbox: number; readonly size: number }> {
  readonly #write: (mailbox: number, lines: readonly L[]) => Promise<void>;
  #lines: L[] = [];
  #bytes = 0;

  constructor(write: (mailbox: number, lines: readonly L[]) => Promise<void>) {
    this.#write = write;
  }

  /** True when that had those before it written. */
  async add(line: L): Promise<boolean> {
    const [first] = this.#lines;
    const full = this.#lines.length >= batchLines || this.#bytes + line.size > batchBytes;
    const flushed = first !== undefined && (full || first.mailbox !== line.mailbox);
    if (flushed) await this.flush();
    this.#lines.push(line);
    this.#bytes += line.size;
    return flushed;
  }

  async flush(): Promise<void> {
    const lines = this.#lines;
    const [first] = lines;
    if (first === undefined) return;
    this.#lines = [];
    this.#bytes = 0;
    await this.#write(first.mailbox, lines);
  }
}
