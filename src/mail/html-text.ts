/**
 * The text of an HTML document, chunk by chunk, in time linear in its length: tags, comments, scripts and styles
 * go, character references become characters, and elements that begin a line leave a line break. It is for search
 * and preview; nothing is checked, and broken HTML gives some text.
 */
export class HtmlText {
  #state: 'text' | 'markup' | 'tag' | 'quoted' | 'comment' | 'hidden' | 'reference' = 'text';
  /** The name of the tag at hand, or the reference, or the end of the comment: at most `maxHeldChars`. */
  #held = '';
  #quote = '';
  /** The element whose content is not shown, such as `style`. */
  #hidden = '';

  push(html: string): string {
    const out: string[] = [];
    let at = 0;
    while (at < html.length) at = this.#step(html, at, out);
    return out.join('');
  }

  /** What was held back: a reference without its end. */
  end(): string {
    const held = this.#state === 'reference' ? `&${this.#held}` : '';
    this.#state = 'text';
    this.#held = '';
    return held;
  }

  #step(html: string, at: number, out: string[]): number {
    switch (this.#state) {
      case 'text':
        return this.#text(html, at, out);
      case 'reference':
        return this.#reference(html, at, out);
      case 'markup':
        return this.#markup(html, at, out);
      case 'tag':
        return this.#tag(html, at);
      case 'quoted':
        return this.#quoted(html, at);
      case 'comment':
        return this.#comment(html, at);
      case 'hidden':
        return this.#hiddenText(html, at);
    }
  }

  #text(html: string, at: number, out: string[]): number {
    textEnd.lastIndex = at;
    const found = textEnd.exec(html);
    const end = found === null ? html.length : found.index;
    if (end > at) out.push(html.slice(at, end));
    if (found === null) return end;
    this.#held = '';
    this.#state = found[0] === '<' ? 'markup' : 'reference';
    return end + 1;
  }

  #reference(html: string, at: number, out: string[]): number {
    for (let i = at; i < html.length; i++) {
      const character = html.charAt(i);
      if (/[0-9a-zA-Z#]/.test(character) && this.#held.length < maxHeldChars) {
        this.#held += character;
        continue;
      }
      this.#state = 'text';
      const meaning = referenced(this.#held);
      out.push(meaning ?? `&${this.#held}`);
      return character === ';' && meaning !== undefined ? i + 1 : i;
    }
    return html.length;
  }

  // Behind "<": a name, "/" and a name, "!--" or anything else up to ">".
  #markup(html: string, at: number, out: string[]): number {
    for (let i = at; i < html.length; i++) {
      const character = html.charAt(i);
      if (/[0-9a-zA-Z/!?-]/.test(character) && this.#held.length < maxHeldChars) {
        this.#held += character;
        if (this.#held === '!--') {
          this.#state = 'comment';
          this.#held = '';
          return i + 1;
        }
        continue;
      }
      if (this.#held === '') {
        // "a < b": no markup at all
        out.push('<');
        this.#state = 'text';
        return i;
      }
      const name = this.#held.toLowerCase().replace(/\/$/, '');
      if (lineElements.has(name.startsWith('/') ? name.slice(1) : name)) out.push('\n');
      else if (cellElements.has(name)) out.push(' ');
      this.#hidden = hiddenElements.has(name) ? name : '';
      this.#state = 'tag';
      this.#held = '';
      return i;
    }
    return html.length;
  }

  // The attributes. A quote counts only where a value begins: an apostrophe elsewhere in a broken tag does not hide
  // the rest of the document.
  #tag(html: string, at: number): number {
    if (this.#held !== '=') {
      tagStep.lastIndex = at;
      const found = tagStep.exec(html);
      if (found === null) return html.length;
      this.#held = found[0] === '=' ? '=' : '';
      if (found[0] === '>') this.#state = this.#hidden === '' ? 'text' : 'hidden';
      return found.index + 1;
    }
    const character = html.charAt(at);
    if (/\s/.test(character)) return at + 1;
    this.#held = '';
    if (character !== '"' && character !== "'") return at;
    this.#quote = character;
    this.#state = 'quoted';
    return at + 1;
  }

  #quoted(html: string, at: number): number {
    const end = html.indexOf(this.#quote, at);
    if (end < 0) return html.length;
    this.#state = 'tag';
    return end + 1;
  }

  #comment(html: string, at: number): number {
    // Two dashes may be at the end of the last chunk.
    for (let i = at; i < html.length; i++) {
      const character = html.charAt(i);
      if (character === '-') {
        if (this.#held.length < 2) this.#held += '-';
      } else if (character === '>' && this.#held === '--') {
        this.#held = '';
        this.#state = 'text';
        return i + 1;
      } else {
        this.#held = '';
        const dash = html.indexOf('-', i);
        if (dash < 0) return html.length;
        i = dash - 1;
      }
    }
    return html.length;
  }

  #hiddenText(html: string, at: number): number {
    const end = `</${this.#hidden}`;
    for (let i = at; i < html.length; i++) {
      const character = html.charAt(i).toLowerCase();
      if (character === end.charAt(this.#held.length)) {
        this.#held += character;
        if (this.#held.length === end.length) {
          this.#held = '';
          this.#hidden = '';
          this.#state = 'tag';
          return i + 1;
        }
      } else {
        this.#held = character === '<' ? '<' : '';
        if (this.#held === '') {
          const next = html.indexOf('<', i);
          if (next < 0) return html.length;
          i = next - 1;
        }
      }
    }
    return html.length;
  }
}

/** The text of a whole document. */
export function htmlToText(html: string): string {
  const reader = new HtmlText();
  return reader.push(html) + reader.end();
}

/** Longer names and references are none we know. */
const maxHeldChars = 32;

const textEnd = /[<&]/g;
const tagStep = /[>=]/g;

const lineElements = new Set(
  'p div br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table tr blockquote pre section article header footer form center'.split(
    ' ',
  ),
);
const cellElements = new Set(['td', 'th', 'option', 'img']);
const hiddenElements = new Set(['style', 'script', 'title', 'noscript', 'template']);

/** The text of a character reference without `&` and `;`, or undefined. */
function referenced(name: string): string | undefined {
  if (!name.startsWith('#')) return references.get(name);
  const hexadecimal = /^#[xX]([0-9a-fA-F]{1,6})$/.exec(name);
  const decimal = /^#([0-9]{1,7})$/.exec(name);
  const code = hexadecimal
    ? Number.parseInt(hexadecimal[1] ?? '', 16)
    : decimal
      ? Number(decimal[1])
      : -1;
  if (code < 0) return undefined;
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return '\ufffd';
  return String.fromCodePoint(code);
}

/** HTML 4 names of Latin 1, from U+00A0 on. */
const latin1Names =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute ' +
  'micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig ' +
  'Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash ' +
  'Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ' +
  'ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc ' +
  'uuml yacute thorn yuml';

const references = new Map<string, string>([
  ['amp', '&'],
  ['AMP', '&'],
  ['lt', '<'],
  ['LT', '<'],
  ['gt', '>'],
  ['GT', '>'],
  ['quot', '"'],
  ['QUOT', '"'],
  ['apos', "'"],
  ['ensp', '\u2002'],
  ['emsp', '\u2003'],
  ['thinsp', '\u2009'],
  ['zwnj', '\u200c'],
  ['zwj', '\u200d'],
  ['lrm', '\u200e'],
  ['rlm', '\u200f'],
  ['ndash', '–'],
  ['mdash', '—'],
  ['lsquo', '‘'],
  ['rsquo', '’'],
  ['sbquo', '‚'],
  ['ldquo', '“'],
  ['rdquo', '”'],
  ['bdquo', '„'],
  ['bull', '•'],
  ['hellip', '…'],
  ['lsaquo', '‹'],
  ['rsaquo', '›'],
  ['euro', '€'],
  ['trade', '™'],
  ['numero', '№'],
  ['minus', '−'],
  ['larr', '←'],
  ['rarr', '→'],
  ...latin1Names
    .split(' ')
    .map((name, i): [string, string] => [name, String.fromCharCode(0xa0 + i)]),
]);
