import type { AccountId, EmailId } from '../../core/values.ts';
import type { Part } from '../../mail/api.ts';
import type { ReadContent } from '../api.ts';
import { describeBatch } from './limits.ts';
import { unpackParts } from '../common/part-pack.ts';
import type { ContentColumn, ContentTable } from './protocol.ts';
import { TableRows } from './table-rows.ts';
import type { Threads } from './threads.ts';

const columns = ['size', 'parts', 'octets'] as const satisfies readonly ContentColumn[];

/** Contents of many messages, in reads of bounded length that all readers share. */
export async function readContents(
  threads: Threads,
  account: AccountId,
  emails: readonly EmailId[],
): Promise<readonly (ReadContent | undefined)[]> {
  const batches: Promise<readonly (ReadContent | undefined)[]>[] = [];
  for (let i = 0; i < emails.length; i += describeBatch) {
    const some = emails.slice(i, i + describeBatch);
    batches.push(threads.read('columns', { a: account, emails: some, columns }).then(contents));
  }
  return (await Promise.all(batches)).flat();
}

function contents(table: ContentTable): (ReadContent | undefined)[] {
  const rows = new TableRows(table, columns.length);
  const count = table.spans.length / (columns.length + 1);
  return Array.from({ length: count }, () => {
    if (!rows.begin()) return undefined;
    const sizeBytes = rows.number() ?? 0;
    const parts = rows.octets() ?? Buffer.alloc(0);
    const bytes = rows.octets();
    // Half a letter is none.
    if (bytes !== undefined && bytes.length !== sizeBytes) return undefined;
    return new RowContent(sizeBytes, parts, bytes);
  });
}

/** Most who read a whole letter never ask for its parts. */
class RowContent implements ReadContent {
  readonly sizeBytes: number;
  readonly bytes: Uint8Array | undefined;
  readonly #packed: Buffer;
  #parts: Part | undefined;

  constructor(sizeBytes: number, packed: Buffer, bytes: Uint8Array | undefined) {
    this.sizeBytes = sizeBytes;
    this.#packed = packed;
    this.bytes = bytes;
  }

  get parts(): Part {
    this.#parts ??= unpackParts(this.#packed.toString());
    return this.#parts;
  }
}
