import { type FileHandle, open, opendir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Disk, makeFolder, realDisk } from './disk.ts';
import { exportedName } from './exported-name.ts';
import { encodeFileName, encodeUtf7Name, FileNames } from './folder-name.ts';
import type { ExportedLetter, LetterTarget, TargetMailbox } from './letter-target.ts';
import { ToLf } from './line-breaks.ts';
import { KeywordLetters, parseKeywords, splitName } from './maildir-flags.ts';

const keywordsFile = 'dovecot-keywords';

/** Maildir++ with LF, as the custom of it is: `.Sub.Folder` in modified UTF-7. */
export class MaildirTarget implements LetterTarget {
  readonly #root: string;
  readonly #disk: Disk;
  readonly #names = new FileNames();

  constructor(root: string, disk: Disk = realDisk) {
    this.#root = root;
    this.#disk = disk;
  }

  async mailbox(levels: readonly string[]): Promise<TargetMailbox> {
    const name = levels.map((level) => `.${encodeUtf7Name(level)}`).join('');
    const folder =
      levels.length === 0 ? this.#root : join(this.#root, this.#names.name(levels.join('/'), name));
    for (const part of ['tmp', 'new', 'cur']) await makeFolder(this.#disk, join(folder, part));
    if (levels.length > 0) {
      // Courier tells folders from what else lies about by this.
      await (await open(join(folder, 'maildirfolder'), 'a', 0o600)).close();
      await this.#disk.syncFolder(folder);
    }
    return FilePerLetter.open(this.#disk, {
      folder,
      letters: join(folder, 'cur'),
      temporary: join(folder, 'tmp'),
      name: (unique, flags) => `${unique}:2,${flags}`,
      unique: (name) => splitName(name).unique,
      lf: true,
    });
  }
}

/** Folders of `.eml` files with CRLF, the very octets; flags are in the names, letters as a Maildir has them. */
export class EmlTarget implements LetterTarget {
  readonly #root: string;
  readonly #disk: Disk;
  readonly #names = new FileNames();

  constructor(root: string, disk: Disk = realDisk) {
    this.#root = root;
    this.#disk = disk;
  }

  async mailbox(levels: readonly string[]): Promise<TargetMailbox> {
    let folder = this.#root;
    const path: string[] = [];
    for (const level of levels) {
      path.push(level);
      // Names are of their own within their folder.
      folder = join(folder, this.#names.name(path.join('/'), encodeFileName(level)));
    }
    await makeFolder(this.#disk, folder);
    return FilePerLetter.open(this.#disk, {
      folder,
      letters: folder,
      temporary: folder,
      name: (unique, flags) => `${unique},${flags}.eml`,
      unique: (name) => name.split(',')[0] ?? '',
      lf: false,
    });
  }
}

interface Layout {
  readonly folder: string;
  readonly letters: string;
  readonly temporary: string;
  name(unique: string, flags: string): string;
  unique(name: string): string;
  readonly lf: boolean;
}

/** A letter that is written, and gets its name when the disk has its octets. */
interface Unnamed {
  readonly file: FileHandle;
  readonly path: string;
  readonly name: string;
}

/**
 * A file for each letter, written under another name first. Names are given in batches: the octets of all letters of a
 * batch go to the disk together, then the names, with one sync of the folder for all of them.
 */
class FilePerLetter implements TargetMailbox {
  readonly #disk: Disk;
  readonly #layout: Layout;
  readonly #keywords: KeywordLetters;
  /** File names by their lasting parts; read when a letter is not there under the name it should have. */
  #there: Map<string, string> | undefined;
  readonly #unnamed: Unnamed[] = [];
  #named = false;
  lostKeywords = 0;

  private constructor(disk: Disk, layout: Layout, keywords: KeywordLetters) {
    this.#disk = disk;
    this.#layout = layout;
    this.#keywords = keywords;
  }

  static async open(disk: Disk, layout: Layout): Promise<FilePerLetter> {
    const text = await readFile(join(layout.folder, keywordsFile), 'utf8').catch(() => '');
    return new FilePerLetter(disk, layout, new KeywordLetters(parseKeywords(text)));
  }

  async find(letter: ExportedLetter): Promise<'unchanged' | 'renamed' | undefined> {
    const { letters } = this.#layout;
    const wanted = await this.#name(letter);
    if (this.#there === undefined) {
      if (await exists(join(letters, wanted))) return 'unchanged';
      this.#there = await this.#list();
    }
    const name = this.#there.get(exportedName(letter));
    if (name === undefined) return undefined;
    if (name === wanted) return 'unchanged';
    await this.#disk.rename(join(letters, name), join(letters, wanted));
    this.#named = true;
    return 'renamed';
  }

  async write(letter: ExportedLetter, octets: AsyncIterable<Uint8Array>): Promise<void> {
    const { temporary, lf } = this.#layout;
    const name = await this.#name(letter);
    const path = join(temporary, `${exportedName(letter)}.tmp`);
    await rm(path, { force: true });
    const file = await open(path, 'wx', 0o600);
    this.#unnamed.push({ file, path, name });
    await writeAll(file, octets, lf ? new ToLf() : undefined);
    await file.utimes(letter.internalDate, letter.internalDate);
  }

  async settle(): Promise<void> {
    const batch = this.#unnamed.splice(0);
    await finishAll(
      batch.map(async ({ file }) => {
        try {
          await this.#disk.syncFile(file);
        } finally {
          await file.close();
        }
      }),
    );
    const { letters } = this.#layout;
    for (const { path, name } of batch) await this.#disk.rename(path, join(letters, name));
    if (batch.length === 0 && !this.#named) return;
    await this.#disk.syncFolder(letters);
    this.#named = false;
  }

  /** Not complete: the last letter may be half written, so those without a name get none. */
  async close(complete: boolean): Promise<void> {
    if (complete) return this.settle();
    const batch = this.#unnamed.splice(0);
    await finishAll(
      batch.map(async ({ file, path }) => {
        await file.close();
        await rm(path, { force: true });
      }),
    );
  }

  /** The name with the letters of its flags; a new keyword is in its file before a name needs it. */
  async #name(letter: ExportedLetter): Promise<string> {
    const { letters, lost } = this.#keywords.letters(letter.flags);
    this.lostKeywords += lost;
    if (this.#keywords.changed) {
      const path = join(this.#layout.folder, keywordsFile);
      const file = await open(`${path}.tmp`, 'w', 0o600);
      try {
        await file.writeFile(this.#keywords.text());
        await this.#disk.syncFile(file);
      } finally {
        await file.close();
      }
      await this.#disk.rename(`${path}.tmp`, path);
      await this.#disk.syncFolder(this.#layout.folder);
      this.#keywords.settled();
    }
    return this.#layout.name(exportedName(letter), letters);
  }

  async #list(): Promise<Map<string, string>> {
    const names = new Map<string, string>();
    for await (const { name } of await opendir(this.#layout.letters)) {
      const unique = this.#layout.unique(name);
      if (unique.endsWith('.zhashik')) names.set(unique, name);
    }
    return names;
  }
}

async function writeAll(
  file: FileHandle,
  octets: AsyncIterable<Uint8Array>,
  toLf: ToLf | undefined,
): Promise<void> {
  for await (const piece of octets) {
    const out = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    await file.writeFile(toLf?.write(out) ?? out);
  }
  if (toLf !== undefined) await file.writeFile(toLf.end());
}

/** Waits for all, and only then fails with the first failure: nothing goes on behind the caller's back. */
async function finishAll(work: readonly Promise<void>[]): Promise<void> {
  for (const one of await Promise.allSettled(work)) if (one.status === 'rejected') throw one.reason;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
