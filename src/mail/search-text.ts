import type { Part } from './api.ts';
import { asBuffer, charsetDecoder } from './charset.ts';
import { decodeHeaderValue, readHeaderFields } from './header.ts';
import { HtmlText } from './html-text.ts';
import { maxHeaderBytes } from './limits.ts';
import { parameterValue, parseContentType } from './parameters.ts';
import { transferDecoder } from './transfer.ts';

/** Characters of a piece that are new, at most about this many. */
export const searchPieceChars = 64 * 1024;
/**
 * Characters that a piece repeats from the end of the one before, so that a search key of up to this length lies
 * whole in one piece. A longer key needs a larger `overlapChars`.
 */
export const searchOverlapChars = 4096;

const readBytes = 64 * 1024;

/**
 * The texts of a header for SEARCH: unfolded, RFC 2047 words decoded and joined, raw octets as UTF-8 or as the
 * charset of the message; not folded in case. With a name, the values of the fields of that name (`nameLower` in
 * small letters); without, every field as `Name: value`.
 */
export function headerTexts(block: Uint8Array, nameLower?: string): string[] {
  const fields = readHeaderFields(block);
  let charset: string | undefined;
  const fallback = (): string | undefined => {
    const type = fields.find((field) => field.nameLower === 'content-type');
    const value = type && decodeHeaderValue(block.subarray(type.valueStart, type.end));
    charset ??= parameterValue(parseContentType(value ?? '')?.parameters ?? [], 'charset') ?? '';
    return charset;
  };
  const texts: string[] = [];
  for (const field of fields) {
    if (nameLower !== undefined && field.nameLower !== nameLower) continue;
    const raw = block.subarray(field.valueStart, field.end);
    const value = decodeHeaderValue(raw, isSevenBit(raw) ? undefined : fallback());
    texts.push(nameLower === undefined ? `${field.name}: ${value}` : value);
  }
  return texts;
}

/**
 * The text of a message's body for SEARCH BODY and TEXT, decoded: of every text part, of HTML its text without
 * tags, of other `message/…` parts their lines, and of the headers of MIME parts and enclosed messages each field.
 * The header of the message itself is not in it. Memory stays bounded: a long part comes in pieces of about
 * `searchPieceChars`, each beginning with the last `overlapChars` characters of the one before. Pieces of
 * different parts do not overlap. `read` gives octets of the message; it may give fewer only at the end.
 */
export async function* partTexts(
  root: Part,
  read: (offset: number, length: number) => Promise<Uint8Array>,
  overlapChars: number = searchOverlapChars,
): AsyncGenerator<string> {
  if (root.headerStart < root.bodyStart && root.section !== '') {
    const length = Math.min(root.bodyStart - root.headerStart, maxHeaderBytes);
    yield* headerTexts(await read(root.headerStart, length));
  }
  for (const child of root.children) yield* partTexts(child, read, overlapChars);
  if (root.children.length > 0) return;
  if (root.type === 'text' || root.type === 'message') yield* bodyTexts(root, read, overlapChars);
  else yield* attachmentTexts(root, read);
}

/**
 * The place for the text inside PDF and office attachments: nothing of it is searched now. The scan of SEARCH and the
 * store's index of texts both come by here; whoever fills it raises the version of the index.
 */
const attachmentTexts: (
  part: Part,
  read: (offset: number, length: number) => Promise<Uint8Array>,
) => Iterable<string> = () => [];

async function* bodyTexts(
  part: Part,
  read: (offset: number, length: number) => Promise<Uint8Array>,
  overlapChars: number,
): AsyncGenerator<string> {
  const transfer = transferDecoder(part.encoding) ?? transferDecoder('binary');
  if (transfer === undefined) return;
  const decoder = charsetDecoder(part.parameters['charset']);
  const html = part.type === 'text' && part.subtype === 'html' ? new HtmlText() : undefined;
  let tail = '';
  let piece = '';
  for (let at = part.bodyStart; at < part.bodyEnd; at += readBytes) {
    const bytes = await read(at, Math.min(readBytes, part.bodyEnd - at));
    const text = decoder.push(transfer.push(asBuffer(bytes)));
    piece += html === undefined ? text : html.push(text);
    if (piece.length < searchPieceChars) continue;
    const whole = tail + piece;
    yield whole;
    tail = overlapChars > 0 ? whole.slice(-overlapChars) : '';
    piece = '';
  }
  const rest = decoder.push(transfer.end()) + decoder.end();
  piece += html === undefined ? rest : html.push(rest) + html.end();
  if (piece !== '') yield tail + piece;
}

function isSevenBit(bytes: Uint8Array): boolean {
  return bytes.every((octet) => octet < 0x80);
}
