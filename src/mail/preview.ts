import { charsetDecoder } from './charset.ts';
import { HtmlText } from './html-text.ts';
import { transferDecoder } from './transfer.ts';

/** RFC 8970 §3.1: a preview has at most 256 characters, and 200 are recommended. */
export const previewChars = 200;
/** Octets of a part, as they are encoded, that a preview is made of. HTML needs more: styles come first. */
export const previewPlainBytes = 8 * 1024;
export const previewHtmlBytes = 64 * 1024;

/** Octets decoded in one step; most previews are full after the first. */
const stepBytes = 512;

/**
 * The first words of a text part, its white space collapsed. Quoted lines (`>`) are left out unless there is
 * nothing else. `bytes` is the beginning of the part's body; '' when it holds no text.
 */
export function previewOf(
  bytes: Buffer,
  encoding: string,
  charset: string | undefined,
  html: boolean,
): string {
  const transfer = transferDecoder(encoding);
  if (transfer === undefined) return '';
  const decoder = charsetDecoder(charset);
  const markup = html ? new HtmlText() : undefined;
  const collector = new Collector();
  for (let at = 0; at < bytes.length && !collector.isFull; at += stepBytes) {
    const text = decoder.push(transfer.push(bytes.subarray(at, at + stepBytes)));
    collector.add(markup === undefined ? text : markup.push(text));
  }
  return collector.result();
}

class Collector {
  /** There is no room for more. */
  isFull = false;
  readonly #own = new Line();
  readonly #quoted = new Line();
  /** The line that is written to now. */
  #line = this.#own;
  #isLineStart = true;
  #hasGap = false;
  #joiner = '';

  add(text: string): void {
    for (let at = 0; at < text.length && !this.isFull;) {
      const end = wordEnd(text, at);
      if (end > at) {
        this.#write(text.slice(at, end), end - at);
        at = end;
      } else {
        const character = String.fromCodePoint(text.codePointAt(at) as number);
        this.#other(character);
        at += character.length;
      }
    }
  }

  result(): string {
    return this.#own.text === '' ? this.#quoted.text : this.#own.text;
  }

  /** White space, controls, and whatever is not in US-ASCII. */
  #other(character: string): void {
    if (character === '\n') {
      this.#isLineStart = true;
      this.#hasGap = true;
    } else if (character === '\u200c' || character === '\u200d') {
      // A joiner belongs to the characters around it; alone it is padding.
      this.#joiner = this.#hasGap ? '' : character;
    } else if (!invisible.test(character)) {
      this.#write(character, 1);
    } else if (blank.test(character)) {
      this.#hasGap = true;
    }
  }

  #write(word: string, chars: number): void {
    if (this.#isLineStart) this.#line = word.startsWith('>') ? this.#quoted : this.#own;
    // The mark of a quotation is not part of it.
    const skipped = this.#isLineStart && this.#line === this.#quoted ? 1 : 0;
    this.#isLineStart = false;
    if (chars === skipped) return;
    const line = this.#line;
    const between = line.text === '' ? '' : this.#hasGap ? ' ' : this.#joiner;
    this.#hasGap = false;
    this.#joiner = '';
    // A gap and one character is the least that makes sense to add.
    const room = previewChars - line.chars - between.length;
    if (room < 1) {
      this.isFull ||= line === this.#own;
      return;
    }
    const shown = chars === 1 ? word : word.slice(skipped, skipped + room);
    line.text += between + shown;
    line.chars += between.length + (chars === 1 ? 1 : shown.length);
    this.isFull = this.#own.chars >= previewChars;
  }
}

/** Text with the number of its characters, which is not its length. */
class Line {
  text = '';
  chars = 0;
}

/** The end of the visible characters of US-ASCII that begin at `from`. */
function wordEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f) break;
    at++;
  }
  return at;
}

/** White space, controls, and what newsletters hide their padding with: soft hyphens, byte order marks and such. */
const invisible =
  /[\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0]/;
const blank = /[\s\u2800\u3164]/;
