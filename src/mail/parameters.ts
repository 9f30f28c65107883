import { decodeCharset } from './charset.ts';
import { decodeWords } from './encoded-word.ts';
import { equals, FieldScanner, quote, semicolon, slash, type Ahead } from './field-scanner.ts';
import { maxParameters } from './limits.ts';

/** A parameter of a MIME field, its RFC 2231 continuations joined and decoded. */
export interface Parameter {
  /** As sent, without the marks of RFC 2231. */
  readonly name: string;
  readonly value: string;
  /**
   * The value came in the extended form of RFC 2231 §4 and holds more than US-ASCII. RFC 9051 §7.5.2 wants such a
   * one answered under the name with an asterisk.
   */
  readonly extended: boolean;
}

/** Content-Type, RFC 2045 §5.1; type and subtype as sent. */
export interface ContentType {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: readonly Parameter[];
}

/** Content-Disposition, RFC 2183 §2; the type as sent. */
export interface Disposition {
  readonly type: string;
  readonly parameters: readonly Parameter[];
}

/**
 * Undefined when the value is no `type/subtype` followed by nothing or a semicolon: RFC 2045 §5.2 lets such a part
 * be text/plain in US-ASCII. At most `limit` parameters are taken, here and below.
 */
export function parseContentType(
  text: string,
  limit: number = maxParameters,
): ContentType | undefined {
  const scan = new FieldScanner(text);
  if (scan.skip() !== 'more' || scan.mimeToken() !== 'more') return undefined;
  const type = scan.token;
  if (type === '' || scan.peek() !== slash) return undefined;
  scan.at++;
  if (scan.skip() !== 'more') return undefined;
  const ahead = scan.mimeToken();
  const subtype = scan.token;
  if (ahead === 'broken' || subtype === '') return undefined;
  if (!scan.isDone() && scan.peek() !== semicolon) return undefined;
  return { type, subtype, parameters: parseParameters(scan, limit) };
}

/** Undefined when a comment in it does not end; the type may be empty. */
export function parseDisposition(
  text: string,
  limit: number = maxParameters,
): Disposition | undefined {
  const scan = new FieldScanner(text);
  scan.skip();
  if (scan.mimeToken() === 'broken') return undefined;
  const type = scan.token;
  return { type, parameters: parseParameters(scan, limit) };
}

/** Content-Transfer-Encoding as sent; undefined when it is no single token. RFC 2045 §6.1. */
export function parseTransferEncoding(text: string): string | undefined {
  const scan = new FieldScanner(text);
  scan.skip();
  if (scan.mimeToken() !== 'end' || scan.token === '') return undefined;
  return scan.token;
}

/** Content-Language, RFC 3282 §2: the tags up to the first that is none. */
export function parseLanguages(text: string, limit: number = maxParameters): string[] {
  const scan = new FieldScanner(text);
  const tags: string[] = [];
  scan.skip();
  while (tags.length < limit && scan.atom() !== 'broken') {
    tags.push(scan.token);
    if (scan.peek() !== 0x2c) break;
    scan.at++;
    scan.skip();
  }
  return tags;
}

/** The value of the parameter, found in any case. */
export function parameterValue(parameters: readonly Parameter[], name: string): string | undefined {
  let found: string | undefined;
  for (const parameter of parameters) {
    if (parameter.name.toLowerCase() !== name) continue;
    if (parameter.extended) return parameter.value;
    found ??= parameter.value;
  }
  return found;
}

/** The file name a part proposes: in practice often an RFC 2047 word where RFC 2231 wants another form. */
export function fileName(
  disposition: Disposition | undefined,
  parameters: readonly Parameter[],
): string | undefined {
  const value =
    (disposition && parameterValue(disposition.parameters, 'filename')) ??
    parameterValue(parameters, 'name');
  return value === undefined ? undefined : decodeWords(value);
}

interface Segment {
  readonly name: string;
  readonly index: number;
  readonly encoded: boolean;
  readonly value: string;
}

// *(";" parameter) ; parameter = attribute "=" value ; value = token / quoted-string
function parseParameters(scan: FieldScanner, limit: number): Parameter[] {
  if (scan.isDone()) return [];
  const found = new Map<string, Parameter>();
  const segments = new Map<string, Segment[]>();
  for (let count = 0; count < limit && toSemicolon(scan); count++) {
    const name = parseAttribute(scan);
    if (name === undefined) continue;
    const value = parseValue(scan, name);
    if (value === undefined) continue;
    const star = name.indexOf('*');
    if (star < 0) {
      add(found, { name, value, extended: false });
      continue;
    }
    // RFC 2231 §7: attribute ["*" section] ["*"]
    const marks = /^\*(?:(0|[1-9][0-9]{0,5})(\*?))?$/.exec(name.slice(star));
    const base = name.slice(0, star);
    if (marks === null || base === '') {
      add(found, { name, value, extended: false });
    } else if (marks[1] === undefined) {
      add(found, extendedParameter(base, [{ name: base, index: 0, encoded: true, value }]));
    } else {
      const segment = { name: base, index: Number(marks[1]), encoded: marks[2] === '*', value };
      const list = segments.get(base.toLowerCase());
      if (list === undefined) segments.set(base.toLowerCase(), [segment]);
      else list.push(segment);
    }
  }
  for (const list of segments.values()) addSegments(found, list);
  return [...found.values()];
}

/** Goes behind the next semicolon; what is before it is garbage behind a value. False at the end. */
function toSemicolon(scan: FieldScanner): boolean {
  if (scan.isDone()) return false;
  const at = scan.peek() === semicolon ? scan.at : scan.text.indexOf(';', scan.at);
  if (at < 0) return false;
  scan.at = at + 1;
  return scan.skip() === 'more';
}

function parseAttribute(scan: FieldScanner): string | undefined {
  if (scan.mimeToken() !== 'more' || scan.token === '' || scan.peek() !== equals) return undefined;
  const name = scan.token;
  scan.at++;
  return name;
}

/** Undefined when a string or a comment in it does not end. */
function parseValue(scan: FieldScanner, name: string): string | undefined {
  scan.token = '';
  const ahead = scan.skip();
  if (ahead !== 'more') return ahead === 'end' ? '' : undefined;
  return readValue(scan, name) === 'broken' ? undefined : scan.token;
}

function readValue(scan: FieldScanner, name: string): Ahead {
  if (scan.peek() === quote) return scan.quotedString();
  // name==?utf-8?B?...?= : an RFC 2047 word that lacks its quotes
  if (scan.peek() === equals) return scan.until(';');
  // `----=_Part_1` must be quoted, but is often not, and a part of it would not tell boundaries apart.
  if (name.toLowerCase() === 'boundary') return scan.until(';"(');
  return scan.mimeToken();
}

/** The first of a name wins, except that an extended value is better than the plain one sent for old readers. */
function add(found: Map<string, Parameter>, parameter: Parameter): void {
  const lower = parameter.name.toLowerCase();
  const key = parameter.extended ? `${lower}*` : lower;
  if (!found.has(key)) found.set(key, parameter);
}

function addSegments(found: Map<string, Parameter>, segments: Segment[]): void {
  segments.sort((a, b) => a.index - b.index);
  const whole = segments.every((segment, position) => segment.index === position);
  const first = segments[0] as Segment;
  if (whole) {
    if (!found.has(first.name.toLowerCase()) || segments.some((segment) => segment.encoded)) {
      add(found, extendedParameter(first.name, segments));
    }
    return;
  }
  // With a section missing nothing can be joined; each stands for itself.
  for (const segment of segments) {
    const { value } = segment.encoded
      ? extendedParameter(segment.name, [segment])
      : { value: segment.value };
    add(found, { name: `${segment.name}*${segment.index}`, value, extended: false });
  }
}

// RFC 2231 §4: charset'language'percent-encoded octets; the charset stands in the first section alone.
function extendedParameter(name: string, segments: readonly Segment[]): Parameter {
  if (!segments.some((segment) => segment.encoded)) {
    return { name, value: segments.map((segment) => segment.value).join(''), extended: false };
  }
  let charset = '';
  const octets: Buffer[] = [];
  segments.forEach(({ encoded, value }, position) => {
    let text = value;
    if (position === 0 && encoded) {
      const parts = /^([^']*)'[^']*'/.exec(value);
      if (parts !== null) {
        charset = parts[1] ?? '';
        text = value.slice(parts[0].length);
      }
    }
    octets.push(encoded ? percentDecoded(text) : Buffer.from(text));
  });
  const value = decodeCharset(Buffer.concat(octets), charset).replaceAll('\0', '\ufffd');
  return { name, value, extended: /[^\x00-\x7f]/.test(value) };
}

function percentDecoded(text: string): Buffer {
  const bytes = Buffer.from(text);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    let octet = bytes[i] ?? 0;
    if (octet === 0x25) {
      const digits = bytes.toString('latin1', i + 1, i + 3);
      if (/^[0-9a-fA-F]{2}$/.test(digits)) {
        octet = Number.parseInt(digits, 16);
        i += 2;
      }
    }
    bytes[length++] = octet;
  }
  return bytes.subarray(0, length);
}
