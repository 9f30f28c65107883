import { clauses } from './clauses.ts';

/** A test that names a clause in its title. */
export interface Proof {
  readonly tag: string;
  readonly title: string;
  /** Where it is: `test/gateway/…`. */
  readonly file: string;
  readonly passed: boolean;
}

const introduction = `# Requirements and their proofs

Each clause of the Rules that the product has to satisfy, and the tests whose titles carry its tag. Made from a run of
the tests by \`npm run requirements\`; a test of the suite fails when a title is missing here.
`;

/** The page, from the proofs of a run. */
export function proofTable(proofs: readonly Proof[]): string {
  const sections = Object.entries(clauses).map(([tag, clause]) => {
    const own = proofs.filter((proof) => proof.tag === tag);
    const rows = own.map(
      ({ title, file, passed }) =>
        `| ${cell(title)} | \`${file}\` | ${passed ? 'passes' : '**FAILS**'} |`,
    );
    const table = ['| test | file | |', '| --- | --- | --- |', ...rows].join('\n');
    return `## ${tag}\n\n${clause}\n\n${own.length === 0 ? 'No test carries this tag yet.' : table}\n`;
  });
  return [introduction, ...sections].join('\n');
}

/** As a cell of a Markdown table has it. */
export function cell(title: string): string {
  return title.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}

/** The tags at the beginning of a title: \`R-4.1 …\`. */
export function tagsOf(title: string): readonly string[] {
  const tags = /^((?:R-\d+\.\d+[ ,]+)+)/.exec(title)?.[1] ?? '';
  return tags.match(/R-\d+\.\d+/g) ?? [];
}
