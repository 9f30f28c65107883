import type { AccountId, EmailId, ThreadId } from '../../core/values.ts';
import { FieldChoice, type FieldNames } from '../../mail/field-choice.ts';
import type { Description, Rendering } from '../api.ts';
import type { BodyFiles } from './body-files.ts';
import { describeBatch } from './limits.ts';
import { unpackParts } from '../common/part-pack.ts';
import type { ContentColumn, ContentTable } from './protocol.ts';
import { TableRows } from './table-rows.ts';
import type { Threads } from './threads.ts';

const columnsFor = {
  envelope: ['envelope', 'envelope8'],
  bodyStructure: ['structure', 'structure8'],
  body: ['body', 'body8'],
  parts: ['parts'],
  preview: ['preview'],
  sentAt: ['sent'],
  thread: [],
  header: ['header_file', 'header'],
} as const satisfies Record<Rendering, readonly ContentColumn[]>;

/** Renderings of many messages, in reads of bounded length that all readers share. */
export async function describeEmails(
  threads: Threads,
  files: BodyFiles,
  account: AccountId,
  emails: readonly EmailId[],
  want: readonly Rendering[],
  fields: FieldNames | undefined,
): Promise<readonly (Description | undefined)[]> {
  // A reader that chooses fields of a header has it as the last column.
  const wanted = (Object.keys(columnsFor) as Rendering[]).filter((each) => want.includes(each));
  const columns = wanted.flatMap((rendering): readonly ContentColumn[] => columnsFor[rendering]);
  const question = { a: account, columns, fields, thread: wanted.includes('thread') };
  const batches: Promise<readonly (Description | undefined)[]>[] = [];
  for (let i = 0; i < emails.length; i += describeBatch) {
    const some = emails.slice(i, i + describeBatch);
    batches.push(
      threads
        .read('columns', { ...question, emails: some })
        .then((table) => descriptions(files, wanted, columns.length, table, fields)),
    );
  }
  return (await Promise.all(batches)).flat();
}

type Building = { -readonly [K in keyof Description]: Description[K] };

async function descriptions(
  files: BodyFiles,
  wanted: readonly Rendering[],
  columns: number,
  table: ContentTable,
  fields: FieldNames | undefined,
): Promise<readonly (Description | undefined)[]> {
  const rows = new TableRows(table, columns);
  const count = table.spans.length / (columns + 1);
  const described: (Building | undefined)[] = [];
  const fromFiles: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    if (!rows.begin()) {
      described.push(undefined);
      continue;
    }
    const description: Building = {};
    described.push(description);
    for (const rendering of wanted) {
      if (rendering === 'thread') description.thread = table.threads?.[i] as ThreadId;
      else if (rendering !== 'header') read(rendering, rows, description);
      else {
        const place = rows.text();
        description.header = rows.octets() ?? new Uint8Array();
        if (place !== undefined) fromFiles.push(readHeader(files, place, fields, description));
      }
    }
  }
  if (fromFiles.length > 0) await Promise.all(fromFiles);
  return described;
}

function read(
  rendering: Exclude<Rendering, 'thread' | 'header'>,
  rows: TableRows,
  into: Building,
): void {
  switch (rendering) {
    case 'envelope':
      into.envelope = rows.text() ?? 'NIL';
      into.envelopeUtf8 = rows.text();
      break;
    case 'bodyStructure':
      into.bodyStructure = rows.text() ?? 'NIL';
      into.bodyStructureUtf8 = rows.text();
      break;
    case 'body':
      into.body = rows.text() ?? 'NIL';
      into.bodyUtf8 = rows.text();
      break;
    case 'parts':
      into.parts = unpackParts(rows.text() ?? '');
      break;
    case 'preview':
      into.preview = rows.text() ?? '';
      break;
    case 'sentAt':
      into.sentAt = rows.number();
      break;
  }
}

/** A header block too large for a row: `digest:octets` says where it is. */
async function readHeader(
  files: BodyFiles,
  place: string,
  fields: FieldNames | undefined,
  into: Building,
): Promise<void> {
  const [digest = '', octets = '0'] = place.split(':');
  const header = await files.read(digest, 0, Number(octets));
  into.header = fields === undefined ? header : new FieldChoice(fields).of(header);
}
