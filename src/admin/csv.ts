import { MailError } from '../core/errors.ts';

/** One record and the line it begins on. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** A record longer than this is a quote that was never closed. */
const longestRecord = 64 * 1024;

/**
 * Reads RFC 4180 from pieces of text, record by record; LF alone ends a line too, and empty lines are skipped.
 * Throws `MailError` `invalid` that names the line.
 */
export async function* readCsv(
  chunks: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<CsvRecord, void, void> {
  const reader = new CsvReader();
  let first = true;
  for await (const chunk of chunks) {
    // What spreadsheets put in front of UTF-8.
    yield* reader.take(first && chunk.startsWith('\ufeff') ? chunk.slice(1) : chunk);
    first = false;
  }
  yield* reader.end();
}

class CsvReader {
  #line = 1;
  #startLine = 1;
  #fields: string[] = [];
  #field = '';
  #length = 0;
  /** `closed`: after the closing quote, where only a separator or another quote may follow. */
  #state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';

  *take(text: string): Generator<CsvRecord> {
    for (const char of text) {
      if (++this.#length > longestRecord) this.#fail('is too long; a quote may be missing');
      if (this.#state === 'quoted') {
        if (char === '"') this.#state = 'closed';
        else this.#field += char;
        if (char === '\n') this.#line += 1;
      } else if (char === '"') this.#quote();
      else if (char === ',') this.#endField();
      else if (char === '\n') yield* this.#endRecord();
      else if (this.#state === 'closed') {
        if (char !== '\r') this.#fail('has text after a closing quote');
      } else {
        this.#field += char;
        this.#state = 'plain';
      }
    }
  }

  *end(): Generator<CsvRecord> {
    if (this.#state === 'quoted') this.#fail('has a quote that is never closed');
    yield* this.#endRecord();
  }

  #quote(): void {
    if (this.#state === 'plain') this.#fail('has a quote inside a field that is not quoted');
    // A quote right after a closing one was an escaped quote.
    if (this.#state === 'closed') this.#field += '"';
    this.#state = 'quoted';
  }

  #endField(): void {
    this.#fields.push(this.#field);
    this.#field = '';
    this.#state = 'start';
  }

  *#endRecord(): Generator<CsvRecord> {
    if (this.#state === 'plain' && this.#field.endsWith('\r'))
      this.#field = this.#field.slice(0, -1);
    const empty = this.#fields.length === 0 && this.#field === '' && this.#state !== 'closed';
    this.#endField();
    const record = { line: this.#startLine, fields: this.#fields };
    this.#fields = [];
    this.#length = 0;
    this.#line += 1;
    this.#startLine = this.#line;
    if (!empty) yield record;
  }

  #fail(reason: string): never {
    throw new MailError('invalid', `Line ${this.#startLine} ${reason}`);
  }
}
