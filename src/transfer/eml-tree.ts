import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { readEmlName } from './exported-name.ts';
import { decodeFileName } from './folder-name.ts';
import { readLetterFile } from './letter-file.ts';
import type { LetterSource, SourceItem, SourceMailbox } from './letter-source.ts';
import { flagsOfLetters } from './maildir-flags.ts';
import { readKeywords } from './maildir.ts';
import { countFiles, filesInOrder } from './ordered-names.ts';

const maxDepth = 40;

/**
 * A tree of `.eml` files whose folders are mailboxes. A letter is known by its folder, its name and its octets. Its
 * date is that of its header, since the time of a file is often that of a copy.
 */
export class EmlSource implements LetterSource {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async measure(): Promise<{ unit: 'letters'; total: number }> {
    let total = 0;
    for (const { path } of await foldersUnder(this.#root)) total += await countFiles([path], isEml);
    return { unit: 'letters', total };
  }

  async *mailboxes(): AsyncGenerator<SourceMailbox, void, void> {
    for (const { path, levels } of await foldersUnder(this.#root)) {
      yield { levels, specialUse: undefined, letters: () => letters(path) };
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function* letters(folder: string): AsyncGenerator<SourceItem, void, void> {
  const keywords = await readKeywords(folder);
  for await (const part of filesInOrder([folder], order)) {
    for (const { name } of part) {
      const path = join(folder, name);
      // An export of ours has date and flags in the name.
      const exported = readEmlName(name);
      let modifiedAt: number;
      try {
        modifiedAt = (await lstat(path)).mtimeMs;
      } catch (error) {
        yield { kind: 'bad', name: path, weight: 1, message: (error as Error).message };
        continue;
      }
      yield {
        kind: 'letter',
        name: path,
        flags: flagsOfLetters(exported?.letters ?? '', keywords),
        internalDate: exported?.internalDate,
        fallbackDate: modifiedAt,
        weight: 1,
        identify: (sha256) => `${exported?.unique ?? name}\0${sha256}`,
        read: () => readLetterFile(path),
      };
    }
  }
}

function isEml(name: string): boolean {
  return /\.eml$/i.test(name) && !name.startsWith('.');
}

/** By the number that a name begins with; names without one behind those, by their first octets. */
function order(name: string): number | undefined {
  if (!isEml(name)) return undefined;
  const number = /^\d{1,14}/.exec(name)?.[0];
  if (number !== undefined) return Number(number);
  const first = Buffer.alloc(6);
  first.write(name);
  return 1e15 + first.readUIntBE(0, 6);
}

async function foldersUnder(
  root: string,
): Promise<{ readonly path: string; readonly levels: readonly string[] }[]> {
  const found: { path: string; levels: readonly string[] }[] = [];
  const visit = async (path: string, levels: readonly string[]): Promise<void> => {
    const inner: string[] = [];
    let hasLetters = false;
    for await (const entry of await opendir(path)) {
      if (entry.isFile() && isEml(entry.name)) hasLetters = true;
      if (entry.isDirectory() && !entry.name.startsWith('.')) inner.push(entry.name);
    }
    if (hasLetters) found.push({ path, levels });
    if (levels.length === maxDepth) return;
    for (const name of inner.sort()) {
      await visit(join(path, name), [...levels, decodeFileName(name)]);
    }
  };
  await visit(root, []);
  return found;
}
