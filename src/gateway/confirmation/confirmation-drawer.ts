import { ThreadCalls } from '../../core/thread-calls.ts';

/** What the pages are made of. */
export interface DrawQuestion {
  readonly json: Uint8Array;
  readonly cms: Uint8Array;
}

/** Draws confirmations on a thread of its own, so that nobody's mail waits for a page. */
export class ConfirmationDrawer {
  readonly #calls = new ThreadCalls<DrawQuestion, Uint8Array>(import.meta.url, './draw-thread');

  /** As `drawConfirmation`. */
  async draw(json: Uint8Array, cms: Uint8Array): Promise<Buffer> {
    const pdf = await this.#calls.ask({ json: Uint8Array.from(json), cms: Uint8Array.from(cms) });
    return Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength);
  }

  close(): Promise<void> {
    return this.#calls.close();
  }
}
