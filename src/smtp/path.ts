import { isIPv6 } from 'node:net';

/** A reverse-path or forward-path of the envelope. RFC 5321 §4.1.2. */
export interface Path {
  /** Without angle brackets and source route; '' is the null reverse-path. Quoted only where it must be. */
  readonly text: string;
  /** Without quotes and backslashes. */
  readonly localPart: string;
  /** Undefined for the null reverse-path and for `<postmaster>`. */
  readonly domain: string | undefined;
  /** False when it needs SMTPUTF8. RFC 6531 §3.3. */
  readonly ascii: boolean;
}

/** A path and where it ended in the text. */
export interface ParsedPath {
  readonly path: Path;
  readonly end: number;
}

/** More than the 64 of RFC 5321 §4.5.3.1.1, because bounce addresses of mailing lists are longer. */
export const maxLocalPartOctets = 256;
/** RFC 5321 §4.5.3.1.2. */
export const maxDomainOctets = 255;

export const nullPath: Path = { text: '', localPart: '', domain: undefined, ascii: true };

/**
 * Path = "<" [ A-d-l ":" ] Mailbox ">". The source route is read and thrown away, RFC 5321 appendix C. `<>` gives
 * `nullPath`, `<postmaster>` a path without a domain, RFC 5321 §4.1.1.3: the caller says where they may stand.
 * Undefined when the text at `start` is no path.
 */
export function parsePath(text: string, start: number): ParsedPath | undefined {
  if (text.charCodeAt(start) !== 0x3c) return undefined;
  let at = start + 1;
  if (text.charCodeAt(at) === 0x3e) return { path: nullPath, end: at + 1 };
  if (text.charCodeAt(at) === 0x40) {
    at = skipSourceRoute(text, at);
    if (at < 0) return undefined;
  }

  const localStart = at;
  let localPart: string;
  if (text.charCodeAt(at) === 0x22) {
    const quoted = quotedString(text, at);
    if (quoted === undefined) return undefined;
    localPart = quoted.value;
    at = quoted.end;
  } else {
    at = dotStringEnd(text, at);
    if (at < 0) return undefined;
    localPart = text.slice(localStart, at);
  }
  if (octets(localPart) > maxLocalPartOctets) return undefined;
  const written = quoteLocalPart(localPart);

  if (text.charCodeAt(at) === 0x3e) {
    if (localPart.toLowerCase() !== 'postmaster') return undefined;
    return { path: { text: written, localPart, domain: undefined, ascii: true }, end: at + 1 };
  }
  if (text.charCodeAt(at) !== 0x40) return undefined;
  const domainStart = at + 1;
  at = domainEnd(text, domainStart);
  if (at < 0 || text.charCodeAt(at) !== 0x3e) return undefined;
  const domain = text.slice(domainStart, at);
  const whole = `${written}@${domain}`;
  return { path: { text: whole, localPart, domain, ascii: isAscii(whole) }, end: at + 1 };
}

/** Domain / address-literal, as the argument of EHLO. RFC 5321 §4.1.1.1. */
export function isDomainOrLiteral(text: string): boolean {
  return text !== '' && domainEnd(text, 0) === text.length;
}

/** True when all characters are ASCII. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7e) return false;
  return true;
}

function octets(text: string): number {
  return Buffer.byteLength(text);
}

/** A-d-l = At-domain *( "," At-domain ), followed by ":". The place behind the colon, or -1. */
function skipSourceRoute(text: string, start: number): number {
  let at = start;
  for (;;) {
    if (text.charCodeAt(at) !== 0x40) return -1;
    at = domainEnd(text, at + 1);
    if (at < 0) return -1;
    const next = text.charCodeAt(at);
    at += 1;
    if (next === 0x3a) return at;
    if (next !== 0x2c) return -1;
  }
}

/** atext of RFC 5322 §3.2.3, with UTF-8 as RFC 6531 §3.3 adds it. */
const isAtomCharacter = characterTable(
  "!#$%&'*+-/=?^_`{|}~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
);
/** Let-dig and hyphen; and the underscore, which the grammar forbids and real hosts use. */
const isLabelCharacter = characterTable(
  '-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
);

function characterTable(characters: string): (code: number) => boolean {
  const table = new Uint8Array(128);
  for (let i = 0; i < characters.length; i++) table[characters.charCodeAt(i)] = 1;
  return (code) => (code < 128 ? table[code] === 1 : code >= 0xa0 && code !== 0xfffd);
}

/** Dot-string = Atom *("."  Atom). The place behind it, or -1. */
function dotStringEnd(text: string, start: number): number {
  let at = start;
  let atomStart = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isAtomCharacter(code)) continue;
    if (code !== 0x2e) break;
    if (at === atomStart) return -1;
    atomStart = at + 1;
  }
  return at === atomStart ? -1 : at;
}

/** Quoted-string = DQUOTE *( qtextSMTP / quoted-pairSMTP ) DQUOTE. */
function quotedString(text: string, start: number): { value: string; end: number } | undefined {
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    let code = text.charCodeAt(at);
    if (code === 0x22) return value === '' ? undefined : { value, end: at + 1 };
    if (code === 0x5c) {
      at += 1;
      code = at < text.length ? text.charCodeAt(at) : 0;
      if (code > 0x7e) return undefined;
    }
    if (code < 0x20 || (code > 0x7e && code < 0xa0) || code === 0xfffd) return undefined;
    value += text.charAt(at);
  }
  return undefined;
}

/** RFC 5321 §4.1.2: the quoted and the plain form are the same address, and the plain one should be used. */
function quoteLocalPart(localPart: string): string {
  if (dotStringEnd(localPart, 0) === localPart.length) return localPart;
  return `"${localPart.replace(/["\\]/g, '\\$&')}"`;
}

/** Domain = sub-domain *("." sub-domain), or an address literal. The place behind it, or -1. */
function domainEnd(text: string, start: number): number {
  if (text.charCodeAt(start) === 0x5b) return literalEnd(text, start);
  let at = start;
  let labelStart = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isLabelCharacter(code)) continue;
    if (code !== 0x2e) break;
    if (!isLabel(text, labelStart, at)) return -1;
    labelStart = at + 1;
  }
  if (!isLabel(text, labelStart, at)) return -1;
  return octets(text.slice(start, at)) > maxDomainOctets ? -1 : at;
}

function isLabel(text: string, start: number, end: number): boolean {
  if (end === start || octets(text.slice(start, end)) > 63) return false;
  return text.charCodeAt(start) !== 0x2d && text.charCodeAt(end - 1) !== 0x2d;
}

/** address-literal = "[" ( IPv4 / "IPv6:" IPv6 / Standardized-tag ":" 1*dcontent ) "]". RFC 5321 §4.1.3. */
function literalEnd(text: string, start: number): number {
  const close = text.indexOf(']', start);
  if (close < 0 || close - start > maxDomainOctets) return -1;
  const inside = text.slice(start + 1, close);
  const dotted = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(inside);
  if (dotted !== null) return dotted.slice(1).every((part) => Number(part) <= 255) ? close + 1 : -1;
  const colon = inside.indexOf(':');
  if (colon < 1) return -1;
  const tag = inside.slice(0, colon);
  const content = inside.slice(colon + 1);
  if (tag.toLowerCase() === 'ipv6') return isIPv6(content) ? close + 1 : -1;
  if (!/^[A-Za-z0-9-]*[A-Za-z0-9]$/.test(tag)) return -1;
  return /^[!-Z^-~]+$/.test(content) ? close + 1 : -1;
}
