import type { MessageIndex, Part } from '../../src/mail/api.ts';
import { maxPartLevels, maxParts } from '../../src/mail/limits.ts';
import { findPart } from '../../src/mail/section.ts';

/** Throws when the index of any message, however broken, breaks a promise. */
export function checkInvariants(bytes: Buffer, index: MessageIndex): void {
  const check = (condition: boolean, what: string): void => {
    if (!condition) throw new Error(what);
  };
  check(index.sizeBytes === bytes.length, 'size');
  check(index.root.headerStart === 0, 'the header begins the message');
  check(index.root.bodyEnd === bytes.length, 'the body ends the message');
  check(index.headerBytes === index.root.bodyStart, 'header size');
  check(Array.from(index.preview).length <= 256, 'length of the preview');
  check(!/[\r\n\0]/.test(index.preview), 'line breaks in the preview');
  check(index.threading.references.length <= 50, 'references');

  let parts = 0;
  const sections = new Set<string>();
  const visit = (part: Part, level: number): void => {
    check(++parts <= maxParts && level <= maxPartLevels, 'limits');
    check(part.headerStart <= part.bodyStart && part.bodyStart <= part.bodyEnd, 'order of offsets');
    const lines = countLineFeeds(bytes, part.bodyStart, part.bodyEnd);
    check(part.lines === lines, `lines of ${part.section}: ${part.lines}, not ${lines}`);
    check(!sections.has(part.section), `section ${part.section} twice`);
    sections.add(part.section);
    const range = findPart(index.root, part.section);
    check(
      range?.part === part && range.end === part.bodyEnd,
      `section ${part.section} finds another`,
    );
    let from = part.bodyStart;
    for (const child of part.children) {
      check(child.headerStart >= from && child.bodyEnd <= part.bodyEnd, 'nesting');
      from = child.bodyEnd;
      visit(child, level + 1);
    }
  };
  visit(index.root, 1);

  for (const text of [index.envelope, index.body, index.bodyStructure]) {
    check(/^[\x01-\x7f]*$/.test(text), 'the 7-bit form is ASCII without NUL');
    parseList(text);
  }
  for (const text of [index.envelopeUtf8, index.bodyUtf8, index.bodyStructureUtf8]) {
    if (text === undefined) continue;
    check(!text.includes('\0'), 'NUL in an IMAP string');
    parseList(text);
  }
  check(parseList(index.envelope).length === 10, 'fields of the ENVELOPE');
  checkBody(parseList(index.bodyStructure), true);
  checkBody(parseList(index.body), false);
}

function countLineFeeds(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a, start); at >= 0 && at < end; at = bytes.indexOf(0x0a, at + 1))
    count++;
  return count;
}

export type Value = string | number | null | readonly Value[];

/** Reads a parenthesized list of RFC 9051 §9 as strictly as a client may. */
export function parseList(rendered: string): readonly Value[] {
  const bytes = Buffer.from(rendered);
  let at = 0;
  const fail = (): never => {
    throw new Error(`not IMAP at ${at}: ${rendered.slice(0, 300)}`);
  };
  const value = (): Value => {
    const octet = bytes[at];
    if (octet === 0x28) return list();
    if (octet === 0x22) return quoted();
    if (octet === 0x7b) return literal();
    const atom =
      /^(?:NIL|[0-9]+)(?=[ )])/.exec(bytes.toString('latin1', at, at + 24))?.[0] ?? fail();
    at += atom.length;
    return atom === 'NIL' ? null : Number(atom);
  };
  const list = (): Value[] => {
    at++;
    const values = [value()];
    while (bytes[at] !== 0x29) {
      // Lists follow each other without a space: parts of a multipart, addresses.
      if (bytes[at] === 0x20) at++;
      else if (bytes[at] !== 0x28) fail();
      values.push(value());
    }
    at++;
    return values;
  };
  const quoted = (): string => {
    const octets: number[] = [];
    for (at++; bytes[at] !== 0x22; at++) {
      if (bytes[at] === 0x5c) {
        at++;
        if (bytes[at] !== 0x5c && bytes[at] !== 0x22) fail();
      }
      const octet = bytes[at];
      if (octet === undefined || octet === 0x0d || octet === 0x0a || octet === 0) fail();
      octets.push(octet as number);
    }
    at++;
    return Buffer.from(octets).toString();
  };
  const literal = (): string => {
    const size = /^\{([0-9]+)\}\r\n/.exec(bytes.toString('latin1', at, at + 24)) ?? fail();
    const start = at + size[0].length;
    at = start + Number(size[1]);
    if (at > bytes.length) fail();
    return bytes.toString('utf8', start, at);
  };
  const result = list();
  if (at !== bytes.length) fail();
  return result;
}

/** body of RFC 9051 §9. */
function checkBody(body: Value | undefined, extended: boolean): void {
  const fail = (what: string): never => {
    throw new Error(`${what}: ${JSON.stringify(body).slice(0, 300)}`);
  };
  if (!isList(body)) return fail('no list');
  let at = 0;
  const next = (ok: (value: Value | undefined) => boolean, what: string): Value => {
    const value = body[at++];
    return ok(value) ? (value as Value) : fail(what);
  };
  const nstring = (value: Value | undefined): boolean =>
    value === null || typeof value === 'string';
  const string = (value: Value | undefined): boolean => typeof value === 'string';
  const number = (value: Value | undefined): boolean => typeof value === 'number';
  const parameters = (value: Value | undefined): boolean =>
    value === null ||
    (isList(value) && value.length > 0 && value.length % 2 === 0 && value.every(string));
  const disposition = (value: Value | undefined): boolean =>
    value === null ||
    (isList(value) && value.length === 2 && string(value[0]) && parameters(value[1]));
  const language = (value: Value | undefined): boolean =>
    value === null || (isList(value) && value.length > 0 && value.every(string));

  if (isList(body[0])) {
    while (isList(body[at])) checkBody(body[at++], extended);
    next(string, 'subtype');
    if (extended) next(parameters, 'parameters');
  } else {
    const type = String(next(string, 'type')).toLowerCase();
    const subtype = String(next(string, 'subtype')).toLowerCase();
    next(parameters, 'parameters');
    next(nstring, 'id');
    next(nstring, 'description');
    next(string, 'encoding');
    next(number, 'octets');
    if (type === 'text') next(number, 'lines');
    if (type === 'message' && (subtype === 'rfc822' || subtype === 'global')) {
      next((value) => isList(value) && value.length === 10, 'envelope');
      checkBody(body[at++], extended);
      next(number, 'lines');
    }
    if (extended) next(nstring, 'md5');
  }
  if (extended) {
    next(disposition, 'disposition');
    next(language, 'language');
    next(nstring, 'location');
  }
  if (at !== body.length) fail('too many fields');
}

function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}
