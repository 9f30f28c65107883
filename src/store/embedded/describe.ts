import type { AccountId, EmailId, ThreadId } from '../../core/values.ts';
import type { Description, Rendering } from '../api.ts';
import type { BodyFiles } from './body-files.ts';
import { describeBatch } from './limits.ts';
import { unpackParts } from './part-pack.ts';
import type { DescribeColumns } from './protocol.ts';
import type { Threads } from './threads.ts';

const columnsFor = {
  envelope: ['envelope', 'envelope8'],
  bodyStructure: ['structure', 'structure8'],
  body: ['body', 'body8'],
  header: ['header', 'header_file'],
  parts: ['parts'],
  preview: ['preview'],
  sentAt: ['sent'],
  thread: [],
} as const satisfies Record<Rendering, DescribeColumns>;

/** Renderings of many messages, in reads of bounded length that all readers share. */
export async function describeEmails(
  threads: Threads,
  files: BodyFiles,
  account: AccountId,
  emails: readonly EmailId[],
  want: readonly Rendering[],
): Promise<readonly (Description | undefined)[]> {
  const wanted = [...new Set(want)];
  const columns: DescribeColumns = wanted.flatMap((rendering) => columnsFor[rendering]);
  const thread = wanted.includes('thread');
  const batches: Promise<readonly (Description | undefined)[]>[] = [];
  for (let i = 0; i < emails.length; i += describeBatch) {
    const some = emails.slice(i, i + describeBatch);
    batches.push(
      threads
        .read('describe', { a: account, emails: some, columns, thread })
        .then((rows) =>
          Promise.all(rows.map(async (row) => row && descriptionFrom(files, wanted, row))),
        ),
    );
  }
  return (await Promise.all(batches)).flat();
}

function descriptionFrom(
  files: BodyFiles,
  wanted: readonly Rendering[],
  row: readonly unknown[],
): Description | Promise<Description> {
  const description: { -readonly [K in keyof Description]: Description[K] } = {};
  let fromFile: string | null = null;
  let i = 0;
  const text = (): string => row[i++] as string;
  const maybe = (): string | undefined => (row[i++] as string | null) ?? undefined;
  for (const rendering of wanted) {
    switch (rendering) {
      case 'envelope':
        description.envelope = text();
        description.envelopeUtf8 = maybe();
        break;
      case 'bodyStructure':
        description.bodyStructure = text();
        description.bodyStructureUtf8 = maybe();
        break;
      case 'body':
        description.body = text();
        description.bodyUtf8 = maybe();
        break;
      case 'header': {
        const header = row[i++] as Uint8Array | null;
        fromFile = row[i++] as string | null;
        description.header = header ?? new Uint8Array();
        break;
      }
      case 'parts':
        description.parts = unpackParts(text());
        break;
      case 'preview':
        description.preview = text();
        break;
      case 'sentAt':
        description.sentAt = (row[i++] as number | null) ?? undefined;
        break;
      case 'thread':
        description.thread = row.at(-1) as ThreadId;
        break;
    }
  }
  return fromFile === null ? description : withHeader(files, description, fromFile);
}

/** A header block too large for a row: `digest:octets` says where it is. */
async function withHeader(
  files: BodyFiles,
  description: Description,
  place: string,
): Promise<Description> {
  const [digest = '', octets = '0'] = place.split(':');
  return { ...description, header: await files.read(digest, 0, Number(octets)) };
}
