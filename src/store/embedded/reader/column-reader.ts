import { FieldChoice, type FieldNames, pickedRoom } from '../../../mail/field-choice.ts';
import type { Connection, Statement } from '../database.ts';
import { absent, type ContentColumn } from '../protocol.ts';

/** How a column is read, and its length in octets; both NULL where there is nothing. */
interface ColumnSql {
  readonly value: string;
  readonly length: string;
}

const special: Partial<Record<ContentColumn, ColumnSql>> = {
  header_file: plain(`iif(header IS NULL, lower(hex(digest)) || ':' || header_bytes, NULL)`),
  octets: {
    value: `iif(file = 0, ifnull(header, '') || ifnull(bytes, ''), NULL)`,
    length: `iif(file = 0, ifnull(octet_length(header), 0) + ifnull(octet_length(bytes), 0), NULL)`,
  },
};

/** A header with room behind it for what choosing its fields may add, and a line break there. See `FieldChoice.pick`. */
const roomyHeader: ColumnSql = {
  value: `header || x'0d0a'`,
  length: `octet_length(header) + ${pickedRoom}`,
};

export interface ColumnRows {
  readonly octets: Buffer;
  /** Of each row that was found: its place in the question, where it begins in `octets`, and the lengths of its columns. */
  readonly rows: Uint32Array;
}

/**
 * Reads columns of many contents of a shard by one statement that gives one value: SQLite puts the octets together. A
 * statement for each row, with objects for its columns, takes four times as long.
 */
export class ColumnReader {
  readonly #db: Connection;
  readonly #statements = new Map<string, Statement>();

  constructor(db: Connection) {
    this.#db = db;
  }

  /** Of those contents that the account has. `fields`: what to give of a header, which is the last column then. */
  read(
    a: number,
    contents: readonly number[],
    columns: readonly ContentColumn[],
    fields: FieldNames | undefined,
  ): ColumnRows {
    const statement = this.#statement(columns, fields !== undefined);
    const [octets, lengths] = statement.get(JSON.stringify(contents), a) as [
      Buffer | null,
      string | null,
    ];
    if (octets === null || lengths === null) {
      return { octets: Buffer.alloc(0), rows: new Uint32Array() };
    }
    const rows = readRows(lengths, columns.length);
    const end = placeRows(rows, columns.length + 2);
    // What is told of octets is true or not told: NUL and 8-bit octets went through SQLite's text functions.
    if (end !== octets.length) throw new Error('octets and lengths of columns do not agree');
    if (fields !== undefined) pickFields({ octets, rows }, columns.length + 2, fields);
    return { octets, rows };
  }

  #statement(columns: readonly ContentColumn[], pick: boolean): Statement {
    const key = `${columns.join()} ${pick}`;
    let statement = this.#statements.get(key);
    if (statement === undefined) {
      statement = this.#db.prepare(sqlFor(columns, pick)).raw();
      this.#statements.set(key, statement);
    }
    return statement;
  }
}

function plain(value: string): ColumnSql {
  return { value, length: `octet_length(${value})` };
}

/** CROSS JOIN keeps SQLite to this order: the question, the right to it, the content. */
function sqlFor(columns: readonly ContentColumn[], pick: boolean): string {
  const all = columns.map((column) =>
    column === 'header' && pick ? roomyHeader : (special[column] ?? plain(column)),
  );
  const values = all.map(({ value }) => `ifnull(${value}, '')`);
  const lengths = all.map(({ length }) => ` || ',' || ifnull(${length}, ${absent})`);
  return `
    SELECT CAST(group_concat(${values.join(' || ') || `''`}, '') AS BLOB),
      group_concat(question.key${lengths.join('')})
    FROM json_each(?) AS question
      CROSS JOIN link ON link.c = question.value AND link.a = ?
      CROSS JOIN content ON content.c = link.c
      ${columns.includes('octets') ? 'LEFT JOIN body ON body.c = content.c' : ''}`;
}

/** Reads `number,length,length…` of all rows, and leaves a place for where each begins. */
function readRows(text: string, columns: number): Uint32Array {
  const numbers: number[] = [];
  let value = 0;
  let column = 0;
  for (let i = 0; i <= text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      continue;
    }
    numbers.push(value);
    if (column === 0) numbers.push(0);
    column = column === columns ? 0 : column + 1;
    value = 0;
  }
  return Uint32Array.from(numbers);
}

/** Sets where each row begins; answers where the last one ends. */
function placeRows(rows: Uint32Array, width: number): number {
  let at = 0;
  for (let row = 0; row < rows.length; row += width) {
    rows[row + 1] = at;
    for (let i = row + 2; i < row + width; i++) {
      const length = rows[i] as number;
      if (length !== absent) at += length;
    }
  }
  return at;
}

/** Makes the header, the last column of each row, what is wanted of it. */
function pickFields({ octets, rows }: ColumnRows, width: number, fields: FieldNames): void {
  const choice = new FieldChoice(fields);
  for (let row = 0; row < rows.length; row += width) {
    const last = row + width - 1;
    if (rows[last] === absent) continue;
    let start = rows[row + 1] as number;
    for (let i = row + 2; i < last; i++) {
      if (rows[i] !== absent) start += rows[i] as number;
    }
    const end = start + (rows[last] as number) - pickedRoom;
    rows[last] = choice.pick(octets, start, end) - start;
  }
}
