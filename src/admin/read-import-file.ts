import { MailError } from '../core/errors.ts';
import { type CsvRecord, readCsv } from './csv.ts';
import type { ImportRow } from './import-accounts.ts';

const columns = ['address', 'password', 'hash', 'quotaBytes', 'quotaMessages'] as const;
type Column = (typeof columns)[number];

/**
 * The rows of an import file: CSV whose first line names its columns, `address` and any of `password`, `hash`,
 * `quotaBytes`, `quotaMessages`. An empty field is as if it was not there. Throws `MailError` `invalid`.
 */
export async function* readImportFile(
  chunks: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<ImportRow, void, void> {
  let header: readonly Column[] | undefined;
  for await (const record of readCsv(chunks)) {
    if (header === undefined) header = readHeader(record);
    else yield readRow(header, record);
  }
  if (header === undefined) throw new MailError('invalid', 'The file is empty');
}

function readHeader({ fields }: CsvRecord): readonly Column[] {
  const header = fields.map((name) => {
    const column = columns.find((known) => known.toLowerCase() === name.trim().toLowerCase());
    if (column !== undefined) return column;
    const known = columns.join(', ');
    throw new MailError('invalid', `Line 1: no column ${JSON.stringify(name)}; known are ${known}`);
  });
  if (!header.includes('address')) throw new MailError('invalid', 'Line 1: no column address');
  if (new Set(header).size < header.length) {
    throw new MailError('invalid', 'Line 1: a column is named twice');
  }
  return header;
}

function readRow(header: readonly Column[], { line, fields }: CsvRecord): ImportRow {
  if (fields.length !== header.length) {
    const counts = `${fields.length} fields, the first line ${header.length}`;
    throw new MailError('invalid', `Line ${line} has ${counts}`);
  }
  const value = (column: Column): string | undefined => {
    const text = fields[header.indexOf(column)];
    return text === '' ? undefined : text;
  };
  const count = (column: Column): number | undefined => {
    const text = value(column);
    if (text === undefined) return undefined;
    if (!/^\d{1,15}$/.test(text.trim())) {
      throw new MailError('invalid', `Line ${line}: ${column} is not a whole number`);
    }
    return Number(text);
  };
  return {
    line,
    address: value('address') ?? '',
    password: value('password'),
    hash: value('hash'),
    quotaBytes: count('quotaBytes'),
    quotaMessages: count('quotaMessages'),
  };
}
