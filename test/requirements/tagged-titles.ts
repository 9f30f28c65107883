import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The page that says which test proves what. */
export const page = 'docs/requirements.md';

/** Test files in which some title begins with a tag. */
export async function taggedFiles(): Promise<readonly string[]> {
  const files = await readdir('test', { recursive: true });
  const tagged: string[] = [];
  for (const file of files.filter((name) => name.endsWith('.test.ts')).toSorted()) {
    const path = join('test', file);
    if (/[`'"]R-\d+\.\d+[ ,]/.test(await readFile(path, 'utf8'))) tagged.push(path);
  }
  return tagged;
}

/** Titles with tags that stand in a file as they are, without those that are put together as it runs. */
export async function taggedTitles(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8');
  const titles = text.matchAll(/\bit\(\s*(['"`])(R-\d+\.\d+[^\n]*?)\1,/g);
  return [...titles].map((match) => match[2] as string).filter((title) => !title.includes('${'));
}
