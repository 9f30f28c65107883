import { expect } from 'chai';
import fc from 'fast-check';
import { readCsv } from '../../src/admin/csv.ts';
import { readImportFile } from '../../src/admin/read-import-file.ts';
import { MailError } from '../../src/core/errors.ts';

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function failure(items: AsyncIterable<unknown>): Promise<string> {
  try {
    await all(items);
  } catch (error) {
    if (error instanceof MailError) return error.message;
    throw error;
  }
  return 'no failure';
}

describe('readCsv', () => {
  const cases: readonly (readonly [string, readonly (readonly string[])[]])[] = [
    [
      'a,b\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a,b\r\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['\ufeffa\n', [['a']]],
    [
      'a,\n,b\n',
      [
        ['a', ''],
        ['', 'b'],
      ],
    ],
    ['\n\na\n\n', [['a']]],
    ['"a,b","c""d"\r\n', [['a,b', 'c"d']]],
    ['"a\nb"\nc\n', [['a\nb'], ['c']]],
    ['""\n', [['']]],
    ['', []],
    ['a b , c', [['a b ', ' c']]],
  ];
  for (const [text, records] of cases) {
    it(`reads ${JSON.stringify(text)}`, async () => {
      const whole = await all(readCsv([text]));
      expect(whole.map(({ fields }) => fields)).to.deep.equal(records);
      expect(await all(readCsv(Array.from(text)))).to.deep.equal(whole);
    });
  }

  it('tells the line that a record begins on', async () => {
    const records = await all(readCsv(['a\n\n"b\nb"\nc']));
    expect(records.map(({ line }) => line)).to.deep.equal([1, 3, 5]);
  });

  const wrong: readonly (readonly [string, string])[] = [
    ['a\n"b', 'Line 2 has a quote that is never closed'],
    ['a"b\n', 'Line 1 has a quote inside a field that is not quoted'],
    ['"a"b\n', 'Line 1 has text after a closing quote'],
    [`"${'a'.repeat(70_000)}`, 'Line 1 is too long; a quote may be missing'],
  ];
  for (const [text, message] of wrong) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))}`, async () => {
      expect(await failure(readCsv([text]))).to.equal(message);
    });
  }

  it('reads back whatever was written, in any pieces', async () => {
    const seed = 4180;
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' ', 'ж') });
    const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 7 }), async (rows, size) => {
        const text = rows
          .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',') + '\r\n')
          .join('');
        const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
        const records = await all(readCsv(pieces));
        expect(records.map(({ fields }) => fields)).to.deep.equal(rows);
      }),
      { seed, numRuns: 300 },
    );
  });
});

describe('readImportFile', () => {
  it('finds its columns by name, in any order', async () => {
    const rows = await all(
      readImportFile(['quotaBytes,Address,password\n5,a@b.kz,secret\n,c@b.kz,\n']),
    );
    expect(rows[0]).to.deep.include({
      line: 2,
      address: 'a@b.kz',
      password: 'secret',
      quotaBytes: 5,
    });
    expect(rows[1]).to.deep.include({ line: 3, address: 'c@b.kz', password: undefined });
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['', /empty/],
    ['login,password\n', /no column "login"/],
    ['password\n', /no column address/],
    ['address,address\n', /named twice/],
    ['address,password\na@b.kz\n', /Line 2 has 1 fields, the first line 2/],
    ['address,quotaBytes\na@b.kz,1 GiB\n', /Line 2: quotaBytes is not a whole number/],
  ];
  for (const [text, message] of wrong) {
    it(`refuses ${JSON.stringify(text)}`, async () => {
      expect(await failure(readImportFile([text]))).to.match(message);
    });
  }
});
