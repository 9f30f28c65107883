import type { ContentWriter } from '../api.ts';
import { ContentReceiver } from '../common/content-receiver.ts';
import type { BodyFiles } from './body-files.ts';
import { EmbeddedContent } from './content.ts';

/** Takes a content; a large one waits on the disk of the store. */
export class EmbeddedContentWriter implements ContentWriter {
  readonly #files: BodyFiles;
  readonly #receiver: ContentReceiver;

  constructor(files: BodyFiles) {
    this.#files = files;
    this.#receiver = new ContentReceiver(() => files.spool());
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    return this.#receiver.write(chunk);
  }

  async finish(): Promise<EmbeddedContent> {
    try {
      return new EmbeddedContent(this.#files, this.#receiver.finish());
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  abort(): Promise<void> {
    return this.#receiver.abort();
  }
}
