import type { MessageIndex, Part } from './api.ts';
import { renderBodyStructure } from './body-structure.ts';
import { ByteCollector } from './byte-collector.ts';
import { asBuffer } from './charset.ts';
import { parseDate } from './date.ts';
import { DescriptionBudget } from './description-budget.ts';
import { renderEnvelope, type EnvelopeFields } from './envelope.ts';
import { maxBoundaryBytes, maxHeaderBytes, maxPartLevels, maxParts } from './limits.ts';
import { fileName, parameterValue, type Parameter } from './parameters.ts';
import type { PartDescription } from './part-description.ts';
import { readPartHeader, type PartHeader } from './part-header.ts';
import { previewHtmlBytes, previewOf, previewPlainBytes } from './preview.ts';
import { threading } from './threading.ts';

/** Version of the renderings; it grows whenever one of them changes for some message. */
export const indexVersion = 1;

/** A part while it is read. */
interface Node extends PartDescription {
  readonly parent: Node | undefined;
  readonly children: Node[];
  /** The message itself is on level 1. */
  readonly level: number;
  /** Line breaks of the message before the body. */
  breaksBeforeBody: number;
  /** What the sections of its parts begin with. */
  childPrefix: string;
}

interface Boundary {
  readonly node: Node;
  /** Without the leading `--`. */
  readonly text: Buffer;
}

/** The beginning of a text body, for the preview. */
interface Sample {
  readonly node: Node;
  readonly html: boolean;
  readonly maxBytes: number;
  readonly begun: ByteCollector;
}

/** Enough of a line to compare it with any boundary: `--`, the boundary, `--` and a CR. */
const linePrefixBytes = 2 + maxBoundaryBytes + 2 + 1;
/** Lines shorter than this are quicker scanned octet by octet. */
const shortLineBytes = 12;

const lf = 0x0a;
const cr = 0x0d;
const dash = 0x2d;

/**
 * Reads a message once, in chunks of any size, and answers with its index. The chunks stay the caller's; of bodies
 * nothing is kept but the beginning of a text for the preview, of headers what the limits allow. The answer does
 * not depend on where the chunks were cut, and nothing that a message may hold makes it fail.
 *
 * The structure is that of RFC 2046 §5.1. A message that breaks the rules is answered as Dovecot answers it, except
 * that the line break before a boundary always belongs to the boundary (§5.1.1), and that a Content-Type that
 * cannot be read means text/plain (RFC 2045 §5.2).
 */
export class MessageIndexer {
  #state: 'header' | 'body' | 'boundary-line' = 'header';
  /** Whether the next octet begins a line, or goes on in `#line`. */
  #atLineStart = true;
  /** The octets of a line whose meaning is not known yet: it may be a boundary or the end of a header. */
  readonly #line = Buffer.alloc(linePrefixBytes);
  #lineBytes = 0;
  /** Octets of the message before the chunk at hand. */
  #offset = 0;
  /** Where the header or the sample at hand goes on in the chunk at hand. */
  #from = 0;
  #endsWithCr = false;
  /** Line breaks so far, and where the last one before a line start began. */
  #breaks = 0;
  #lastBreak = 0;

  readonly #root = newNode(undefined, '', 0);
  #node = this.#root;
  #rootHeader: PartHeader | undefined;
  #parts = 1;
  /** The boundaries that may come, the innermost last. */
  readonly #boundaries: Boundary[] = [];
  #isCloseDelimiter = false;
  /** A limit is reached: no more parts are looked for. */
  #isClosed = false;
  #isInternational = false;

  /** What earlier chunks held of the header at hand. */
  readonly #headerBegun = new ByteCollector();
  /** Octets of the headers that are done. */
  #headerBytes = 0;
  readonly #budget = new DescriptionBudget();

  #sample: Sample | undefined;
  #preview = '';

  /** Takes the next octets. */
  write(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const bytes = asBuffer(chunk);
    this.#from = 0;
    for (let at = 0; at < bytes.length;) {
      if (this.#state === 'header') at = this.#scanHeader(bytes, at);
      else if (this.#state === 'body') at = this.#scanBody(bytes, at);
      else at = this.#scanBoundaryLine(bytes, at);
    }
    if (this.#state === 'header') this.#keepHeader(bytes, bytes.length);
    else if (this.#state === 'body') this.#keepSample(bytes, bytes.length);
    this.#endsWithCr = bytes[bytes.length - 1] === cr;
    this.#offset += bytes.length;
  }

  /** Ends the message. Nothing may be called after it. */
  finish(): MessageIndex {
    this.#from = 0;
    // A last line without its line break may be a boundary.
    if (this.#atLineStart) this.#endProbe(nothing, this.#line, 0, this.#lineBytes, true);
    while (this.#state === 'header') this.#endHeader(nothing, this.#offset, false);
    this.#endSample(this.#offset);
    for (let node: Node | undefined = this.#node; node !== undefined; node = node.parent) {
      closeNode(node, this.#offset, this.#breaks);
    }
    return this.#describe();
  }

  // ------------------------------------------------------------ scanning

  #scanHeader(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length) {
      if (this.#atLineStart) {
        const first = this.#lineBytes > 0 ? this.#line[0] : bytes[at];
        if (first === lf) return this.#endHeaderByEmptyLine(bytes, at);
        if (first === cr) {
          // Only CRLF is an empty line; the LF may be in the next chunk.
          if (this.#lineBytes === 0) this.#line[this.#lineBytes++] = bytes[at++] as number;
          if (at === bytes.length) return at;
          this.#lineBytes = 0;
          if (bytes[at] === lf) return this.#endHeaderByEmptyLine(bytes, at);
        } else if (first === dash && this.#mayBeBoundary(this.#offset + at - this.#lineBytes)) {
          at = this.#probe(bytes, at);
          if (!this.#isInLineOf('header')) return at;
        }
        this.#atLineStart = false;
      }
      const end = bytes.indexOf(lf, at);
      if (end < 0) return bytes.length;
      this.#breaks++;
      this.#startLine(bytes, end);
      at = end + 1;
    }
    return at;
  }

  #endHeaderByEmptyLine(bytes: Buffer, lineFeedAt: number): number {
    this.#breaks++;
    this.#startLine(bytes, lineFeedAt);
    this.#endHeader(bytes, this.#offset + lineFeedAt + 1, true);
    return lineFeedAt + 1;
  }

  #scanBody(bytes: Buffer, from: number): number {
    const length = bytes.length;
    if (!this.#mayBeBoundary(0)) {
      this.#breaks += countLineFeeds(bytes, from);
      return length;
    }
    let at = from;
    if (this.#atLineStart) {
      if (this.#lineBytes > 0 || bytes[at] === dash) {
        at = this.#probe(bytes, at);
        if (!this.#isInLineOf('body')) return at;
      }
      this.#atLineStart = false;
    }
    // The loop that the speed for large attachments comes from: nothing but line breaks and what follows them.
    for (;;) {
      const end = nextLineFeed(bytes, at);
      if (end < 0) return length;
      this.#breaks++;
      at = end + 1;
      if (at < length && (bytes[at] !== dash || (at + 1 < length && bytes[at + 1] !== dash))) {
        continue;
      }
      this.#startLine(bytes, end);
      return at;
    }
  }

  #scanBoundaryLine(bytes: Buffer, from: number): number {
    const end = bytes.indexOf(lf, from);
    if (end < 0) return bytes.length;
    this.#breaks++;
    this.#startLine(bytes, end);
    if (this.#isCloseDelimiter) this.#state = 'body';
    else this.#startPart(this.#offset + end + 1);
    this.#from = end + 1;
    return end + 1;
  }

  /** The octet behind the line feed at `lineFeedAt` begins a line. */
  #startLine(bytes: Buffer, lineFeedAt: number): void {
    const afterCr = lineFeedAt > 0 ? bytes[lineFeedAt - 1] === cr : this.#endsWithCr;
    this.#lastBreak = this.#offset + lineFeedAt - (afterCr ? 1 : 0);
    this.#atLineStart = true;
    this.#lineBytes = 0;
  }

  // ------------------------------------------------------------ boundaries

  /** Whether a line that begins at `lineStart` is compared with boundaries at all. */
  #mayBeBoundary(lineStart: number): boolean {
    if (this.#boundaries.length === 0 || this.#isClosed) return false;
    return (
      this.#state !== 'header' ||
      this.#headerBytes + (lineStart - this.#node.headerStart) <= maxHeaderBytes
    );
  }

  /**
   * Collects a line that begins with a dash until it is known whether it is a boundary. Answers with where to go
   * on; `#atLineStart` stays true when more octets are needed, and `#state` changes when it is one.
   */
  #probe(bytes: Buffer, from: number): number {
    // Mostly all that matters of the line is in this chunk, and need not be copied.
    if (this.#lineBytes === 0 && from + linePrefixBytes <= bytes.length) {
      let end = from;
      while (end < from + linePrefixBytes && bytes[end] !== lf) end++;
      this.#endProbe(bytes, bytes, from, end, end < from + linePrefixBytes);
      return end;
    }
    for (let at = from; at < bytes.length; at++) {
      const octet = bytes[at] as number;
      const isWholeLine = octet === lf;
      if (!isWholeLine) this.#line[this.#lineBytes++] = octet;
      if (isWholeLine || this.#lineBytes === linePrefixBytes) {
        this.#endProbe(bytes, this.#line, 0, this.#lineBytes, isWholeLine);
        return isWholeLine ? at : at + 1;
      }
    }
    return bytes.length;
  }

  /** Whether `#probe` found the line to be text of the header or body. */
  #isInLineOf(state: 'header' | 'body'): boolean {
    return !this.#atLineStart && this.#state === state;
  }

  /** Decides on the line, or its beginning, that is in `line` from `start` to `end`. */
  #endProbe(chunk: Buffer, line: Buffer, start: number, end: number, isWholeLine: boolean): void {
    this.#atLineStart = false;
    this.#lineBytes = 0;
    if (end < start + 2 || line[start] !== dash || line[start + 1] !== dash) return;
    const found = findBoundary(this.#boundaries, line, start + 2, end, isWholeLine);
    if (found < 0) return;
    const behind = start + 2 + (this.#boundaries[found] as Boundary).text.length;
    const isClose = behind + 2 <= end && line[behind] === dash && line[behind + 1] === dash;
    this.#endPart(chunk, found, isClose);
  }

  /** The line at hand is the boundary of `#boundaries[index]`: all parts inside its multipart end before it. */
  #endPart(bytes: Buffer, index: number, isClose: boolean): void {
    const { node: multipart } = this.#boundaries[index] as Boundary;
    while (this.#state === 'header') {
      this.#endHeader(bytes, Math.max(this.#node.headerStart, this.#lastBreak), false);
    }
    this.#keepSample(bytes, this.#lastBreak - this.#offset);
    this.#endSample(this.#lastBreak);
    // The line break before the boundary belongs to it, unless it is the empty line that ended a header.
    let end = this.#lastBreak;
    let breaks = this.#breaks - 1;
    for (let node = this.#node; node !== multipart; node = node.parent as Node) {
      if (node.bodyStart > end) {
        end = node.bodyStart;
        breaks = this.#breaks;
      }
      closeNode(node, end, breaks);
    }
    this.#node = multipart;
    this.#isCloseDelimiter = isClose;
    this.#boundaries.length = isClose ? index : index + 1;
    this.#state = 'boundary-line';
  }

  #startPart(start: number): void {
    const parent = this.#node;
    const section = `${parent.childPrefix}${parent.children.length + 1}`;
    this.#node = newNode(parent, section, start);
    this.#startHeader();
  }

  #startHeader(): void {
    this.#state = 'header';
    this.#atLineStart = true;
    this.#lineBytes = 0;
    if (++this.#parts >= maxParts) this.#isClosed = true;
  }

  // ------------------------------------------------------------ headers

  /** Keeps the part of the header at hand that ends at `to` in this chunk, as far as the limit allows. */
  #keepHeader(bytes: Buffer, to: number): void {
    const room = Math.max(0, maxHeaderBytes - this.#headerBytes);
    this.#headerBegun.append(bytes.subarray(this.#from, to), room);
  }

  /** The header at hand, which ends at `end` of the message. */
  #takeHeader(bytes: Buffer, end: number): Buffer {
    const length = end - this.#node.headerStart;
    const kept = Math.max(0, Math.min(length, maxHeaderBytes - this.#headerBytes));
    let block: Buffer;
    if (this.#headerBegun.length === 0) {
      block = bytes.subarray(this.#from, this.#from + kept);
    } else {
      this.#keepHeader(bytes, Math.max(this.#from, end - this.#offset));
      block = this.#headerBegun.take().subarray(0, kept);
    }
    this.#headerBytes += length;
    if (this.#headerBytes > maxHeaderBytes) this.#isClosed = true;
    return block;
  }

  #endHeader(bytes: Buffer, end: number, byEmptyLine: boolean): void {
    const node = this.#node;
    const isBodyPart = node.parent?.kind === 'multipart';
    const header = readPartHeader(this.#takeHeader(bytes, end), !isBodyPart, this.#budget);
    if (this.#budget.spent) this.#isClosed = true;
    this.#from = Math.max(0, end - this.#offset);
    node.bodyStart = end;
    node.breaksBeforeBody = this.#breaks;
    if (node === this.#root) this.#rootHeader = header;
    if (!isBodyPart) node.envelope = header.envelope;
    describeContent(node, header);
    const parametersAreInternational = [
      ...node.parameters,
      ...(node.disposition?.parameters ?? []),
    ].some(({ extended }) => extended);
    this.#isInternational ||= header.isInternational || parametersAreInternational;

    this.#state = 'body';
    this.#atLineStart = true;
    const mayHaveParts = !this.#isClosed && node.level < maxPartLevels;
    if (node.kind === 'multipart') {
      if (!mayHaveParts) makeOpaque(node);
      else if (byEmptyLine) this.#addBoundary(node);
    } else if (node.kind === 'message' && !mayHaveParts) {
      makeOpaque(node);
    }
    numberEnclosed(node);
    if (node.kind === 'message') {
      this.#node = newNode(node, '', end);
      this.#startHeader();
    } else if (node.kind === 'text') {
      this.#startSample(node);
    }
  }

  #addBoundary(node: Node): void {
    const value = parameterValue(node.parameters, 'boundary');
    if (value === undefined) return;
    // RFC 2046 §5.1.1: a boundary does not end with white space; transports may remove it from the lines.
    const text = Buffer.from(value.trimEnd()).subarray(0, maxBoundaryBytes);
    this.#boundaries.push({ node, text });
  }

  // ------------------------------------------------------------ preview

  #startSample(node: Node): void {
    if (this.#preview !== '' || this.#sample !== undefined) return;
    const subtype = node.subtype.toLowerCase();
    if (subtype !== 'plain' && subtype !== 'html') return;
    if (node.disposition?.type.toLowerCase() === 'attachment') return;
    const html = subtype === 'html';
    const maxBytes = html ? previewHtmlBytes : previewPlainBytes;
    this.#sample = { node, html, maxBytes, begun: new ByteCollector() };
  }

  #keepSample(bytes: Buffer, to: number): void {
    const sample = this.#sample;
    if (sample === undefined || to <= this.#from) return;
    sample.begun.append(bytes.subarray(this.#from, to), sample.maxBytes);
  }

  #endSample(bodyEnd: number): void {
    const sample = this.#sample;
    if (sample === undefined) return;
    this.#sample = undefined;
    const { node, html, begun } = sample;
    this.#preview = previewOf(
      begun.take().subarray(0, Math.max(0, bodyEnd - node.bodyStart)),
      node.encoding ?? '7bit',
      parameterValue(node.parameters, 'charset'),
      html,
    );
  }

  // ------------------------------------------------------------ the answer

  #describe(): MessageIndex {
    const root = this.#root;
    const fields: EnvelopeFields = root.envelope ?? {};
    const envelope = renderEnvelope(fields, '7bit');
    const body = renderBodyStructure(root, false, '7bit');
    const bodyStructure = renderBodyStructure(root, true, '7bit');
    const inUtf8 = this.#isInternational;
    return {
      version: indexVersion,
      headerBytes: root.bodyStart,
      sizeBytes: this.#offset,
      envelope,
      envelopeUtf8: inUtf8 ? unlessEqual(renderEnvelope(fields, 'utf8'), envelope) : undefined,
      bodyStructure,
      body,
      bodyStructureUtf8: inUtf8
        ? unlessEqual(renderBodyStructure(root, true, 'utf8'), bodyStructure)
        : undefined,
      bodyUtf8: inUtf8 ? unlessEqual(renderBodyStructure(root, false, 'utf8'), body) : undefined,
      root: toPart(root),
      preview: this.#preview,
      sentAt: fields.date === undefined ? undefined : parseDate(fields.date),
      threading: threading(
        fields.messageId,
        this.#rootHeader?.references,
        fields.inReplyTo,
        fields.subject,
      ),
    };
  }
}

const nothing = Buffer.alloc(0);
const noParameters: readonly Parameter[] = [];
const noLanguages: readonly string[] = [];

function newNode(parent: Node | undefined, section: string, headerStart: number): Node {
  const node: Node = {
    parent,
    section,
    headerStart,
    bodyStart: headerStart,
    bodyEnd: headerStart,
    lines: 0,
    kind: 'text',
    type: 'text',
    subtype: 'plain',
    parameters: noParameters,
    id: undefined,
    description: undefined,
    encoding: undefined,
    md5: undefined,
    disposition: undefined,
    languages: noLanguages,
    location: undefined,
    envelope: undefined,
    children: [],
    level: parent === undefined ? 1 : parent.level + 1,
    breaksBeforeBody: 0,
    childPrefix: section === '' ? '' : `${section}.`,
  };
  parent?.children.push(node);
  return node;
}

/** The body ends at `end`, before which the message has `breaks` line breaks. */
function closeNode(node: Node, end: number, breaks: number): void {
  node.bodyEnd = end;
  node.lines = Math.max(0, breaks - node.breaksBeforeBody);
}

function describeContent(node: Node, header: PartHeader): void {
  const isBodyPart = node.parent?.kind === 'multipart';
  // RFC 2045 §4 makes a message MIME by its version; many senders give the type alone, which is as clear.
  if (isBodyPart || header.isMime) {
    node.encoding = header.encoding;
    node.id = header.id;
    node.description = header.description;
    node.disposition = header.disposition;
    node.md5 = header.md5;
    node.languages = header.languages;
    node.location = header.location;
  }
  const { contentType } = header;
  if (contentType !== undefined) {
    node.type = contentType.type;
    node.subtype = contentType.subtype;
    node.parameters = contentType.parameters;
  } else if (!header.hasContentType && isBodyPart && isDigest(node.parent)) {
    // RFC 2046 §5.1.5
    node.type = 'message';
    node.subtype = 'rfc822';
  }
  node.kind = kindOf(node);
}

function kindOf(node: Node): Node['kind'] {
  const type = node.type.toLowerCase();
  if (type === 'text' || type === 'multipart') return type;
  if (type !== 'message') return 'other';
  const subtype = node.subtype.toLowerCase();
  if (subtype !== 'rfc822' && subtype !== 'global') return 'other';
  const encoding = node.encoding?.toLowerCase();
  return encoding === 'base64' || encoding === 'quoted-printable' ? 'opaque-message' : 'message';
}

function isDigest(node: Node | undefined): boolean {
  return node?.subtype.toLowerCase() === 'digest';
}

/** A part that may not have parts of its own any more. */
function makeOpaque(node: Node): void {
  node.kind = 'other';
  node.type = 'application';
  node.subtype = 'octet-stream';
}

/**
 * RFC 9051 §6.4.5.1: the parts of an enclosed message are numbered below the message/rfc822 part; without a multipart
 * its body is part 1. The multipart body itself can only be named as TEXT.
 */
function numberEnclosed(node: Node): void {
  const { parent } = node;
  if (parent?.kind !== 'message') return;
  const outer = parent.section === '' ? '1' : parent.section;
  node.section = node.kind === 'multipart' ? `${outer}.TEXT` : `${outer}.1`;
  node.childPrefix = `${outer}.`;
}

/** The index of the boundary that the line (from behind its `--` to `end`) begins with, or -1. */
function findBoundary(
  boundaries: readonly Boundary[],
  line: Buffer,
  start: number,
  end: number,
  isWholeLine: boolean,
): number {
  let length = end - start;
  if (isWholeLine && length > 0 && line[end - 1] === cr) length--;
  const last = start + length - 1;
  const endsWithDashes = length > 2 && line[last] === dash && line[last - 1] === dash;
  let best = -1;
  let bestLength = -1;
  // RFC 2046 §5.1.2: a boundary of an outer multipart ends the inner ones, too. §5.1.1: a line is a boundary when it
  // begins with one, so of two that fit the longer is meant; the innermost of two equal ones.
  for (let index = boundaries.length - 1; index >= 0; index--) {
    const { text } = boundaries[index] as Boundary;
    if (text.length <= bestLength || text.length > length) continue;
    if (!startsWith(line, start, text)) continue;
    best = index;
    bestLength = text.length;
    if (!isWholeLine) continue;
    // The whole line is this boundary, so that none can fit better.
    if (length === text.length || (endsWithDashes && length === text.length + 2)) break;
  }
  return best;
}

function startsWith(line: Buffer, start: number, text: Buffer): boolean {
  for (let at = 0; at < text.length; at++) if (line[start + at] !== text[at]) return false;
  return true;
}

function nextLineFeed(bytes: Buffer, from: number): number {
  const near = Math.min(bytes.length, from + shortLineBytes);
  for (let at = from; at < near; at++) if (bytes[at] === lf) return at;
  return near === bytes.length ? -1 : bytes.indexOf(lf, near);
}

function countLineFeeds(bytes: Buffer, from: number): number {
  let count = 0;
  for (let at = nextLineFeed(bytes, from); at >= 0; at = nextLineFeed(bytes, at + 1)) count++;
  return count;
}

function unlessEqual(text: string, other: string): string | undefined {
  return text === other ? undefined : text;
}

function toPart(node: Node): Part {
  const parameters: Record<string, string> = {};
  for (const { name, value, extended } of node.parameters) {
    const key = name.toLowerCase();
    if (extended || !Object.hasOwn(parameters, key)) parameters[key] = value;
  }
  return {
    section: node.section,
    headerStart: node.headerStart,
    bodyStart: node.bodyStart,
    bodyEnd: node.bodyEnd,
    lines: node.lines,
    type: node.type.toLowerCase(),
    subtype: node.subtype.toLowerCase(),
    parameters,
    encoding: node.encoding?.toLowerCase() ?? '7bit',
    disposition: node.disposition?.type.toLowerCase(),
    filename: fileName(node.disposition, node.parameters),
    children: node.children.map(toPart),
  };
}
