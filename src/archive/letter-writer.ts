import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { MailError } from '../core/errors.ts';
import { ThreadCalls } from '../core/thread-calls.ts';
import type { StoredContent } from '../store/api.ts';
import { type ArchiveFolder, makeFolder, syncFolder } from './archive-folder.ts';

const pieceBytes = 128 * 1024;
/** Up to this, a digest costs the main thread less than to have it made elsewhere. */
const digestHereBytes = 32 * 1024;

/** A letter that is to be in the backup; its octets are asked for only when they are not there. */
export interface WantedLetter {
  readonly sha256: string;
  readonly open: () => Promise<StoredContent | undefined>;
}

/** Writes letters into a backup, each once, and syncs the folders that name them. */
export class LetterWriter {
  readonly #folder: ArchiveFolder;
  /** SHA-256 of a file, read back in a thread of its own: the mail of the process does not wait for it. */
  readonly #digests = new ThreadCalls<string, string>(import.meta.url, './digest-thread');
  readonly #prefixes = new Set<string>();
  letters = 0;
  bytes = 0;

  constructor(folder: ArchiveFolder) {
    this.#folder = folder;
  }

  /**
   * Writes letters at once, so that their syncs share the disk's time; answers how many of them are not in the backup
   * because the store does not give what was received.
   */
  async write(letters: readonly WantedLetter[]): Promise<number> {
    const written = await Promise.all(letters.map((letter) => this.#writeOne(letter)));
    return written.filter((good) => !good).length;
  }

  /** Makes the names of all letters durable that were written or found since the last call. */
  async sync(): Promise<void> {
    for (const prefix of this.#prefixes) await syncFolder(prefix);
    if (this.#prefixes.size > 0) await syncFolder(this.#folder.lettersPath);
    this.#prefixes.clear();
  }

  close(): Promise<void> {
    return this.#digests.close();
  }

  async #writeOne({ sha256, open }: WantedLetter): Promise<boolean> {
    const path = this.#folder.letterPath(sha256);
    const prefix = dirname(path);
    // Also for one that is there: an earlier run may have been cut off before it synced the folder.
    this.#prefixes.add(prefix);
    await makeFolder(prefix);
    if (await this.#folder.has(path)) return true;
    const content = await open();
    if (content === undefined) return false;
    const file = await this.#folder.create(path);
    try {
      const small = content.sizeBytes <= digestHereBytes ? createHash('sha256') : undefined;
      for (let at = 0; at < content.sizeBytes;) {
        const piece = await content.read(at, pieceBytes);
        if (piece.length === 0) break;
        small?.update(piece);
        await file.write(piece);
        at += piece.length;
      }
      await file.close();
      const found = small?.digest('hex') ?? (await this.#digests.ask(file.unfinishedPath));
      if (found !== sha256) throw new MailError('unavailable', 'Not what was received');
      await file.name();
      this.letters++;
      this.bytes += content.sizeBytes;
      return true;
    } catch (error) {
      await file.abandon();
      // A letter that cannot be read does not keep the others from being saved; a full disk does.
      if (!(error instanceof MailError)) throw error;
      return false;
    }
  }
}
