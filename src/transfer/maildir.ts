import { lstat, opendir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeUtf7Name } from './folder-name.ts';
import { readLetterFile } from './letter-file.ts';
import {
  type KnownIdentities,
  type LetterSource,
  pageSize,
  type SourceItem,
  type SourceLetter,
  type SourceMailbox,
} from './letter-source.ts';
import { flagsOfLetters, parseKeywords, splitName } from './maildir-flags.ts';
import { countFiles, filesInOrder, type NamedFile } from './ordered-names.ts';

/** Deeper trees are not mail. */
const maxDepth = 40;
const largestKeywordsFile = 64 * 1024;

interface Folder {
  readonly path: string;
  readonly levels: readonly string[];
}

/**
 * A Maildir with its folders: Maildir++ (`.Sub.Folder`, as Dovecot and Courier write it) and nested ones (`Sub/Folder`)
 * alike. A letter is known by its folder, the lasting part of its file name and its size: flags may change, and the
 * whole tree may move.
 */
export class MaildirSource implements LetterSource {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async measure(): Promise<{ unit: 'letters'; total: number }> {
    let total = 0;
    for (const folder of await foldersUnder(this.#root)) {
      total += await countFiles(letterFolders(folder), isLetterName);
    }
    return { unit: 'letters', total };
  }

  async *mailboxes(): AsyncGenerator<SourceMailbox, void, void> {
    for (const folder of await foldersUnder(this.#root)) {
      yield {
        levels: folder.levels,
        specialUse: undefined,
        letters: (known) => letters(folder, known),
      };
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function* letters(
  folder: Folder,
  known: KnownIdentities,
): AsyncGenerator<SourceItem, void, void> {
  const keywords = await readKeywords(folder.path);
  for await (const part of filesInOrder(letterFolders(folder), deliveryTime)) {
    for (let i = 0; i < part.length; i += pageSize) {
      const page = await Promise.all(part.slice(i, i + pageSize).map(examine));
      const imported = await known(page.flatMap((one) => ('identity' in one ? one.identity : [])));
      let passed = 0;
      for (const one of page) {
        if ('kind' in one) yield one;
        else if (imported.has(one.identity)) passed++;
        else yield letter(one, keywords);
      }
      if (passed > 0) yield { kind: 'known', count: passed, weight: passed };
    }
  }
}

interface Examined {
  readonly file: NamedFile;
  readonly identity: string;
  readonly letters: string;
  readonly modifiedAt: number;
}

async function examine(file: NamedFile): Promise<Examined | (SourceItem & { kind: 'bad' })> {
  const { unique, letters } = splitName(file.name);
  try {
    const { size, mtimeMs } = await lstat(join(file.folder, file.name));
    return { file, identity: `${unique}\0${size}`, letters, modifiedAt: mtimeMs };
  } catch (error) {
    return { kind: 'bad', name: file.name, weight: 1, message: (error as Error).message };
  }
}

function letter(one: Examined, keywords: readonly (string | undefined)[]): SourceLetter {
  const path = join(one.file.folder, one.file.name);
  return {
    kind: 'letter',
    name: path,
    flags: flagsOfLetters(one.letters, keywords),
    internalDate: one.modifiedAt,
    weight: 1,
    identify: () => one.identity,
    read: () => readLetterFile(path),
  };
}

function letterFolders({ path }: Folder): string[] {
  return [join(path, 'cur'), join(path, 'new')];
}

function isLetterName(name: string): boolean {
  return !name.startsWith('.');
}

/** When a letter was delivered, by the custom of the format: seconds, and microseconds behind an `M`. */
function deliveryTime(name: string): number | undefined {
  if (!isLetterName(name)) return undefined;
  const seconds = Number(/^\d{1,11}(?=\.)/.exec(name)?.[0] ?? 0);
  const micros = Number(/^\d+\.[^,:]*?M(\d{1,6})/.exec(name)?.[1] ?? 0);
  return seconds + micros / 1e6;
}

export async function readKeywords(folder: string): Promise<readonly (string | undefined)[]> {
  try {
    const path = join(folder, 'dovecot-keywords');
    const facts = await lstat(path);
    if (!facts.isFile() || facts.size > largestKeywordsFile) return [];
    return parseKeywords(await readFile(path, 'utf8'));
  } catch {
    return [];
  }
}

/** Folders that have `cur` or `new`, the root first, then in order of name. */
async function foldersUnder(root: string): Promise<Folder[]> {
  const found: Folder[] = [];
  const visit = async (folder: Folder, depth: number): Promise<void> => {
    const inner: string[] = [];
    let isMaildir = false;
    for await (const entry of await opendir(folder.path)) {
      if (!entry.isDirectory()) continue;
      if (entry.name === 'cur' || entry.name === 'new') isMaildir = true;
      else if (entry.name !== 'tmp') inner.push(entry.name);
    }
    if (isMaildir) found.push(folder);
    if (depth === maxDepth) return;
    for (const name of inner.sort()) {
      const levels = [...folder.levels, ...levelsOf(name)];
      await visit({ path: join(folder.path, name), levels }, depth + 1);
    }
  };
  await visit({ path: root, levels: [] }, 0);
  return found;
}

/** `.Sub.Folder` is two levels, `Sub` one. */
function levelsOf(name: string): string[] {
  const parts = name.startsWith('.') ? name.slice(1).split('.') : [name];
  return parts.filter((part) => part !== '').map(decodeUtf7Name);
}
