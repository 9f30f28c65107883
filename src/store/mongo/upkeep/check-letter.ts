import { createHash } from 'node:crypto';
import { MessageIndexer } from '../../../mail/indexer.ts';
import type { Finding } from '../../api.ts';
import { letterOf } from '../../common/letter.ts';
import type { Letter } from '../../common/letter-row.ts';
import { renderingsOf } from '../../common/renderings.ts';
import type { Database } from '../database.ts';
import type { ChunkDocument, EmailDocument } from '../emails.ts';
import { chunkBytes } from '../limits.ts';

/** Reads a letter back and holds it against its document. */
export async function checkLetter(
  db: Database,
  document: EmailDocument,
): Promise<Pick<Finding, 'kind' | 'detail' | 'repairable'> | undefined> {
  const letter = await readBack(db, document);
  if (letter === undefined) {
    return { kind: 'octets', repairable: false, detail: 'the octets are not those received' };
  }
  if (isRenderedAs(document, letter)) return undefined;
  const detail = 'what was rendered of the letter is not what it renders to';
  return { kind: 'renderings', repairable: true, detail };
}

/** The letter from its octets, in bounded memory; undefined when those are not what was received. */
export async function readBack(db: Database, document: EmailDocument): Promise<Letter | undefined> {
  const indexer = new MessageIndexer();
  const hash = createHash('sha256');
  let size = 0;
  for await (const octets of octetsOf(db, document)) {
    size += octets.length;
    hash.update(octets);
    indexer.write(octets);
    // Somebody may be waiting for an answer of this process.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const digest = hash.digest();
  if (size !== document.size || !digest.equals(document.h)) return undefined;
  return letterOf(digest, indexer.finish(), undefined, undefined);
}

async function* octetsOf(
  db: Database,
  { _id: { a, e }, size, hd, b }: EmailDocument,
): AsyncGenerator<Buffer, void, void> {
  if (b !== null) {
    yield Buffer.concat([hd ?? Buffer.alloc(0), b]);
    return;
  }
  for (let n = 0; n * chunkBytes < size; n++) {
    const [piece] = await db.find<ChunkDocument>('bodies', { _id: { a, e, n }, a });
    if (piece === undefined) return;
    yield piece.b;
  }
}

function isRenderedAs(document: EmailDocument, letter: Letter): boolean {
  const { hd, hb } = document;
  const rendered = renderingsOf({
    version: document.ver,
    sent: document.sent,
    preview: document.pv,
    envelope: document.en,
    envelope8: document.en8,
    structure: document.st,
    structure8: document.st8,
    body: document.bd,
    body8: document.bd8,
    ref: document.ref,
    headerBytes: hb,
    parts: document.pt,
    threading: document.th,
  });
  return rendered === renderingsOf(letter) && (hd === null || hd.length === hb);
}
