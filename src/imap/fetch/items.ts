import type { FieldNames } from '../../mail/field-choice.ts';
import type { Decoder } from '../wire/decoder.ts';
import { ParseError } from '../wire/parse-error.ts';

/** Items a FETCH answers from the session's picture alone, or from what was rendered at delivery. */
export type PlainItem =
  | 'FLAGS'
  | 'UID'
  | 'INTERNALDATE'
  | 'RFC822.SIZE'
  | 'MODSEQ'
  | 'EMAILID'
  | 'THREADID'
  | 'ENVELOPE'
  | 'BODY'
  | 'BODYSTRUCTURE';

/** Which octets of a message an item names. */
export interface Section {
  /** As `findPart` reads it: '' for the whole message, `1.2`, `TEXT`, `1.2.HEADER`, `1.MIME`. */
  readonly address: string;
  /** Of HEADER.FIELDS and HEADER.FIELDS.NOT: fields to show, or to leave out. */
  readonly fields?: FieldNames;
}

/** `<offset.length>`, counted in octets. */
export interface Partial {
  readonly offset: number;
  readonly length: number;
}

/** One item of a FETCH. `label` is how its data is named in the response. */
export type FetchItem =
  | { readonly kind: 'plain'; readonly label: PlainItem }
  | SectionItem
  | { readonly kind: 'binary-size'; readonly label: string; readonly section: Section };

/** BODY[…] and the items of revision 1 for the message, or BINARY[…], which is decoded. */
export interface SectionItem {
  readonly kind: 'section' | 'binary';
  readonly label: string;
  readonly section: Section;
  readonly partial: Partial | undefined;
  /** Reading it sets \Seen. */
  readonly marksSeen: boolean;
}

const plainItems: ReadonlySet<string> = new Set<PlainItem>([
  'FLAGS',
  'UID',
  'INTERNALDATE',
  'RFC822.SIZE',
  'MODSEQ',
  'EMAILID',
  'THREADID',
  'ENVELOPE',
  'BODY',
  'BODYSTRUCTURE',
]);

const fast: readonly PlainItem[] = ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'];
const macros: ReadonlyMap<string, readonly PlainItem[]> = new Map([
  ['FAST', fast],
  ['ALL', [...fast, 'ENVELOPE']],
  ['FULL', [...fast, 'ENVELOPE', 'BODY']],
]);

// The three items of revision 1 for the message itself: RFC 3501 §6.4.5.
const oldItems: ReadonlyMap<string, FetchItem> = new Map(
  (
    [
      ['RFC822', '', true],
      ['RFC822.HEADER', 'HEADER', false],
      ['RFC822.TEXT', 'TEXT', true],
    ] as const
  ).map(([label, address, marksSeen]) => [
    label,
    { kind: 'section', label, section: { address }, partial: undefined, marksSeen },
  ]),
);

// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")
/** The items, macros spelled out, each once. RFC 9051 §6.4.5, RFC 3501 §6.4.5, RFC 7162 §3.1.4.2, RFC 8474 §5. */
export function parseItems(d: Decoder): FetchItem[] {
  if (d.peek() === '(') return unique(d.nonEmptyList(() => parseItem(d)));
  for (const [macro, items] of macros) {
    if (d.tryWord(macro)) return items.map((label) => ({ kind: 'plain', label }));
  }
  return [parseItem(d)];
}

// fetch-att = "ENVELOPE" / "FLAGS" / … / "BODY" section ["<" number64 "." nz-number64 ">"] / "BINARY" [".PEEK"] …
function parseItem(d: Decoder): FetchItem {
  // An atom ends before "]" or a space, so that it takes in `BODY.PEEK[1.2.MIME`.
  const word = d.word();
  const bracket = word.indexOf('[');
  if (bracket < 0) {
    if (plainItems.has(word)) return { kind: 'plain', label: word as PlainItem };
    const old = oldItems.get(word);
    if (old !== undefined) return old;
    throw new ParseError('No such FETCH item');
  }
  const name = word.slice(0, bracket);
  const spec = word.slice(bracket + 1);
  switch (name) {
    case 'BODY':
    case 'BODY.PEEK': {
      const { section, text } = parseSection(d, spec);
      const partial = parsePartial(d);
      const label = `BODY[${text}]${partialLabel(partial)}`;
      return { kind: 'section', label, section, partial, marksSeen: name === 'BODY' };
    }
    case 'BINARY':
    case 'BINARY.PEEK': {
      const section = parseBinarySection(d, spec);
      const partial = parsePartial(d);
      const label = `BINARY[${spec}]${partialLabel(partial)}`;
      return { kind: 'binary', label, section, partial, marksSeen: name === 'BINARY' };
    }
    case 'BINARY.SIZE': {
      const section = parseBinarySection(d, spec);
      return { kind: 'binary-size', label: `BINARY.SIZE[${spec}]`, section };
    }
    default:
      throw new ParseError('No such FETCH item');
  }
}

// section = "[" [section-spec] "]"
// section-spec = section-msgtext / (section-part ["." section-text])
// section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
// section-text = section-msgtext / "MIME"
function parseSection(d: Decoder, spec: string): { section: Section; text: string } {
  const match = sectionSpec.exec(spec);
  if (match === null || (match[1] === undefined && match[2] === 'MIME')) throw noSuchSection();
  const [, part, name] = match;
  if (name?.startsWith('HEADER.FIELDS') !== true) {
    d.expect(']');
    return { section: { address: spec }, text: spec };
  }
  d.space();
  const names = d.nonEmptyList(() => headerName(d));
  d.expect(']');
  const address = part === undefined ? 'HEADER' : `${part}.HEADER`;
  return {
    section: { address, fields: { mode: name === 'HEADER.FIELDS' ? 'only' : 'without', names } },
    text: `${spec} (${names.map(astring).join(' ')})`,
  };
}

const part = '[1-9][0-9]*(?:\\.[1-9][0-9]*)*';
const sectionText = 'HEADER(?:\\.FIELDS(?:\\.NOT)?)?|TEXT|MIME';
const sectionSpec = new RegExp(`^(?:(${part})(?:\\.(?=.)|$))?(${sectionText})?$`);
const sectionPart = new RegExp(`^(?:${part})?$`);

// section-binary = "[" [section-part] "]"
function parseBinarySection(d: Decoder, spec: string): Section {
  if (!sectionPart.test(spec)) throw noSuchSection();
  d.expect(']');
  return { address: spec };
}

// partial = "<" number64 "." nz-number64 ">"
function parsePartial(d: Decoder): Partial | undefined {
  if (!d.tryConsume('<')) return undefined;
  const offset = d.number64();
  d.expect('.');
  const length = d.number64();
  if (length === 0) throw new ParseError('A partial FETCH asks for at least one octet');
  d.expect('>');
  return { offset, length };
}

// header-fld-name = astring; a name that could not be written back in the response is none of a header.
function headerName(d: Decoder): string {
  const name = d.astring();
  if (!/^[\x20-\x7e]+$/.test(name)) throw new ParseError('No such header field name');
  return name;
}

function astring(text: string): string {
  return /^[A-Za-z0-9_.-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function partialLabel(partial: Partial | undefined): string {
  return partial === undefined ? '' : `<${partial.offset}>`;
}

function noSuchSection(): ParseError {
  return new ParseError('No such section');
}

/**
 * The first of each kind; what marks \Seen wins over what does not. Pieces that begin at one place and differ in length
 * have one label, and are each answered.
 */
function unique(items: readonly FetchItem[]): FetchItem[] {
  const byKind = new Map<string, FetchItem>();
  for (const item of items) {
    const length = 'partial' in item ? item.partial?.length : undefined;
    const kind = `${item.label} ${length}`;
    const before = byKind.get(kind);
    if (before === undefined || ('marksSeen' in item && item.marksSeen)) byKind.set(kind, item);
  }
  return [...byKind.values()];
}
