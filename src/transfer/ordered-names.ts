import { opendir } from 'node:fs/promises';

export interface NamedFile {
  readonly folder: string;
  readonly name: string;
}

/** Names held at once; a larger folder is walked again for each such part of it. */
const partSize = 16_384;

/**
 * The regular files of some folders in order of `key`, then of name, in memory that does not grow with them but for
 * eight octets each: the keys are sorted, the names are held for one part at a time. `key` answers undefined for what
 * is to be passed over. Links are passed over too: a tree of a stranger must not name files that are not in it.
 */
export async function* filesInOrder(
  folders: readonly string[],
  key: (name: string) => number | undefined,
  limit = partSize,
): AsyncGenerator<readonly NamedFile[], void, void> {
  const keys = await sortedKeys(folders, key);
  for (let at = 0; at < keys.length;) {
    // Equal keys stay together, so that a part is all there is between two keys.
    let end = Math.min(keys.length, at + limit);
    while (end < keys.length && keys[end] === keys[end - 1]) end++;
    const low = keys[at] as number;
    const high = keys[end - 1] as number;
    const part: (NamedFile & { readonly key: number })[] = [];
    for await (const file of files(folders)) {
      const k = key(file.name);
      if (k !== undefined && k >= low && k <= high) part.push({ ...file, key: k });
    }
    part.sort((a, b) => a.key - b.key || (a.name < b.name ? -1 : 1));
    yield part;
    at = end;
  }
}

/** How many files there are. */
export async function countFiles(
  folders: readonly string[],
  wanted: (name: string) => boolean,
): Promise<number> {
  let count = 0;
  for await (const { name } of files(folders)) if (wanted(name)) count++;
  return count;
}

async function sortedKeys(
  folders: readonly string[],
  key: (name: string) => number | undefined,
): Promise<Float64Array> {
  let keys = new Float64Array(1024);
  let count = 0;
  for await (const { name } of files(folders)) {
    const k = key(name);
    if (k === undefined) continue;
    if (count === keys.length) {
      const larger = new Float64Array(2 * keys.length);
      larger.set(keys);
      keys = larger;
    }
    keys[count++] = k;
  }
  return keys.subarray(0, count).sort();
}

async function* files(folders: readonly string[]): AsyncGenerator<NamedFile, void, void> {
  for (const folder of folders) {
    let entries;
    try {
      entries = await opendir(folder, { bufferSize: 1024 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw error;
    }
    for await (const entry of entries) if (entry.isFile()) yield { folder, name: entry.name };
  }
}
