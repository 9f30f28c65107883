import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import * as z from 'zod';
import { type Proof, proofTable, tagsOf } from './proof-table.ts';
import { page, taggedFiles } from './tagged-titles.ts';

/** Runs the tests whose titles carry a tag, and writes docs/requirements.md from what came of them. */
const test = z.object({ title: z.string(), fullTitle: z.string(), file: z.string() });
const report = z.object({ passes: z.array(test), failures: z.array(test) });

const folder = await mkdtemp(join(tmpdir(), 'zhashik-requirements-'));
const output = join(folder, 'report.json');
const files = await taggedFiles();
const child = spawn(
  'npx',
  [
    'mocha',
    '--reporter',
    'json',
    '--reporter-option',
    `output=${output}`,
    '-g',
    'R-[0-9]',
    ...files,
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
await once(child, 'exit');
const { passes, failures } = report.parse(JSON.parse(await readFile(output, 'utf8')));
await rm(folder, { recursive: true });
const proofs = [...passes, ...failures].flatMap(({ title, fullTitle, file }) => {
  const passed = passes.some((one) => one.fullTitle === fullTitle);
  // A tag on a group of tests stands for each of them.
  const start = fullTitle.search(/R-\d+\.\d+/);
  const tagged = tagsOf(title).length > 0 ? title : fullTitle.slice(start);
  return tagsOf(tagged).map((tag): Proof => ({
    tag,
    title: tagged.replace(/^(?:R-\d+\.\d+[ ,]+)+/, ''),
    file: relative(process.cwd(), file),
    passed,
  }));
});
await writeFile(
  page,
  proofTable(proofs.toSorted((a, b) => (a.file + a.title < b.file + b.title ? -1 : 1))),
);
process.stdout.write(`${proofs.length} proofs, ${failures.length} failures: ${page}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;
