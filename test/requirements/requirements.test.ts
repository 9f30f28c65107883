import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { clauses } from './clauses.ts';
import { cell, type Proof, proofTable, tagsOf } from './proof-table.ts';
import { page, taggedFiles, taggedTitles } from './tagged-titles.ts';

describe('requirements', () => {
  it('each title with a tag is on the page, and each tag is a clause', async () => {
    const text = await readFile(page, 'utf8');
    const missing: string[] = [];
    for (const file of await taggedFiles()) {
      for (const title of await taggedTitles(file)) {
        const words = cell(title.replace(/^(?:R-\d+\.\d+[ ,]+)+/, '').replaceAll("\\'", "'"));
        if (!text.includes(`| ${words} | \`${file}\` | passes |`))
          missing.push(`${file}: ${title}`);
        for (const tag of tagsOf(title)) expect(clauses).to.have.property(tag);
      }
    }
    expect(missing, '`npm run requirements` makes the page anew').to.deep.equal([]);
  });

  it('no test on the page fails', async () => {
    expect(await readFile(page, 'utf8')).not.to.include('**FAILS**');
  });

  it('the page shows what failed', () => {
    const proof: Proof = { tag: 'R-4.1', title: 'a | b', file: 'x.test.ts', passed: false };
    expect(proofTable([proof])).to.include('| a \\| b | `x.test.ts` | **FAILS** |');
  });

  it('a title may carry several tags', () => {
    expect(tagsOf('R-4.1 R-11.2 one login')).to.deep.equal(['R-4.1', 'R-11.2']);
    expect(tagsOf('one login, R-4.1')).to.deep.equal([]);
  });
});
