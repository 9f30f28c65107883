import type { MessageIndex } from '../../mail/api.ts';
import type { Content } from '../api.ts';
import type { BodyFiles } from './body-files.ts';
import type { ReceivedOctets } from '../common/content-receiver.ts';
import { inlineBodyBytes } from '../common/limits.ts';
import { letterOf } from '../common/letter.ts';
import type { Letter } from '../common/letter-row.ts';
import type { Spool } from '../common/spool.ts';

/** A received content: in memory when it is small, in a spooled file when it is large. */
export class EmbeddedContent implements Content {
  readonly sha256: string;
  readonly index: MessageIndex;
  readonly #files: BodyFiles;
  readonly #digest: Uint8Array;
  readonly #octets: Uint8Array | undefined;
  readonly #header: Uint8Array | undefined;
  #spool: Spool | undefined;
  #kept: Promise<void> | undefined;
  #letter: Letter | undefined;

  constructor(files: BodyFiles, received: ReceivedOctets) {
    const { digest, index, octets, spool } = received;
    this.sha256 = Buffer.from(digest).toString('hex');
    this.index = index;
    this.#files = files;
    this.#digest = digest;
    this.#spool = spool;
    if (spool === undefined) this.#octets = octets;
    else if (index.headerBytes <= inlineBodyBytes) {
      this.#header = octets.slice(0, index.headerBytes);
    }
  }

  get sizeBytes(): number {
    return this.index.sizeBytes;
  }

  /** Whether it was received into these files. */
  isFor(files: BodyFiles): boolean {
    return this.#files === files;
  }

  /** Makes a large content durable under its lasting name; a small one travels with its commit. */
  async keep(): Promise<void> {
    if (this.#spool === undefined) return;
    this.#kept ??= this.#files.keep(this.#spool, this.sha256);
    try {
      await this.#kept;
    } catch (error) {
      this.#kept = undefined;
      throw error;
    }
  }

  /** Octets that a commit with this content carries. */
  get weight(): number {
    return this.#octets?.length ?? 0;
  }

  /** The content with its renderings as its row will hold them. */
  get letter(): Letter {
    this.#letter ??= letterOf(this.#digest, this.index, this.#octets, this.#header);
    return this.#letter;
  }

  async release(): Promise<void> {
    const spool = this.#spool;
    if (spool === undefined) return;
    this.#spool = undefined;
    const kept = await this.#kept?.then(
      () => true,
      () => false,
    );
    if (kept) this.#files.letGo(this.sha256);
    else await spool.remove();
  }
}
