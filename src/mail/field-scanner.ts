/** What a step of the scanner found behind the token it read. */
export type Ahead = 'more' | 'end' | 'broken';

/**
 * Reads the lexical tokens of a structured field body: RFC 5322 §3.2 with its obsolete forms, and RFC 2045 §5.1.
 * The text is unfolded and in Unicode; RFC 6532 §3.2 makes every character above ASCII an atext. Each method
 * appends nothing on its own: what it read is in `token`. White space and comments behind a token are skipped.
 */
export class FieldScanner {
  readonly text: string;
  at = 0;
  /** What the last method read. */
  token = '';
  /** The last comment that was skipped, without its parentheses. */
  comment = '';
  readonly #end: number;

  constructor(text: string) {
    this.text = text;
    this.#end = text.length;
  }

  isDone(): boolean {
    return this.at >= this.#end;
  }

  /** The character code ahead, or -1 at the end. */
  peek(): number {
    return this.at < this.#end ? this.text.charCodeAt(this.at) : -1;
  }

  /** Skips CFWS; 'broken' when a comment does not end. */
  skip(): Ahead {
    while (this.at < this.#end) {
      const code = this.text.charCodeAt(this.at);
      if (code === space || code === tab || code === cr || code === lf) this.at++;
      else if (code !== openParenthesis) return 'more';
      else if (!this.#skipComment()) return 'broken';
    }
    return 'end';
  }

  // comment = "(" *([FWS] ccontent) [FWS] ")" ; ccontent = ctext / quoted-pair / comment
  #skipComment(): boolean {
    let depth = 0;
    let comment = '';
    let from = this.at + 1;
    for (; this.at < this.#end; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code === openParenthesis) depth++;
      else if (code === backslash) {
        comment += this.text.slice(from, this.at);
        from = ++this.at;
      } else if (code === closeParenthesis && --depth === 0) {
        this.comment = comment + this.text.slice(from, this.at++);
        return true;
      }
    }
    this.at = this.#end;
    return false;
  }

  /** atom = 1*atext; 'broken' when there is none. */
  atom(): Ahead {
    const from = this.at;
    while (this.at < this.#end && isAtext(this.text.charCodeAt(this.at))) this.at++;
    this.token = this.text.slice(from, this.at);
    return this.token === '' ? 'broken' : this.skip();
  }

  /** Any run of atext and dots, perhaps empty: the words of an obs-phrase. */
  atomOrDots(): Ahead {
    const from = this.at;
    while (this.at < this.#end) {
      const code = this.text.charCodeAt(this.at);
      if (!isAtext(code) && code !== dot) break;
      this.at++;
    }
    this.token = this.text.slice(from, this.at);
    return this.skip();
  }

  /** dot-atom, with CFWS around the dots as obs-domain allows. */
  dotAtom(): Ahead {
    let value = '';
    for (;;) {
      const ahead = this.atom();
      value += this.token;
      this.token = value;
      if (ahead !== 'more' || this.peek() !== dot) return ahead;
      this.at++;
      value += '.';
      if (this.skip() !== 'more') return 'broken';
    }
  }

  /** A local part in dots as they come, such as `..a..b.`: senders of some networks have such names. */
  looseDotAtom(): Ahead {
    let value = '';
    for (;;) {
      while (this.peek() === dot) {
        value += '.';
        this.at++;
        const ahead = this.skip();
        this.token = value;
        if (ahead !== 'more') return ahead;
      }
      if (this.peek() === atSign && value !== '') return 'more';
      const ahead = this.atom();
      value += this.token;
      this.token = value;
      if (ahead !== 'more' || this.peek() !== dot) return ahead;
    }
  }

  /** quoted-string; the scanner stands at its first quote. */
  quotedString(): Ahead {
    let value = '';
    let from = ++this.at;
    for (; this.at < this.#end; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code === quote) {
        this.token = value + this.text.slice(from, this.at++);
        return this.skip();
      }
      if (code === backslash) {
        value += this.text.slice(from, this.at);
        from = ++this.at;
      }
    }
    this.at = this.#end;
    this.token = value;
    return 'broken';
  }

  /** phrase = 1*word / obs-phrase, its words joined by one space. */
  phrase(): Ahead {
    if (this.isDone()) return 'end';
    if (this.peek() === dot) return 'broken';
    let value = '';
    for (;;) {
      const ahead = this.peek() === quote ? this.quotedString() : this.atomOrDots();
      value += this.token;
      this.token = value;
      if (ahead !== 'more') return ahead;
      const code = this.peek();
      if (code !== quote && code !== dot && !isAtext(code)) return 'more';
      value += ' ';
    }
  }

  /** domain = dot-atom / domain-literal / obs-domain; the scanner stands at the `@`. */
  domain(): Ahead {
    this.at++;
    this.token = '';
    if (this.skip() !== 'more') return 'broken';
    return this.peek() === openBracket ? this.#domainLiteral() : this.dotAtom();
  }

  // domain-literal = [CFWS] "[" *([FWS] dtext) [FWS] "]" [CFWS]; the brackets and backslashes are kept
  #domainLiteral(): Ahead {
    const from = this.at++;
    for (; this.at < this.#end; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code === openBracket) return 'broken';
      if (code === closeBracket) {
        this.token = this.text.slice(from, ++this.at);
        return this.skip();
      }
      if (code === backslash) this.at++;
    }
    this.at = this.#end;
    return 'broken';
  }

  /** token of RFC 2045 §5.1, perhaps empty. */
  mimeToken(): Ahead {
    const from = this.at;
    while (this.at < this.#end && isTokenChar(this.text.charCodeAt(this.at))) this.at++;
    this.token = this.text.slice(from, this.at);
    return this.skip();
  }

  /** Everything up to white space or one of the characters in `stops`. */
  until(stops: string): Ahead {
    const from = this.at;
    while (this.at < this.#end) {
      const code = this.text.charCodeAt(this.at);
      if (code <= space || stops.includes(this.text.charAt(this.at))) break;
      this.at++;
    }
    this.token = this.text.slice(from, this.at);
    return this.skip();
  }
}

export const tab = 0x09;
export const lf = 0x0a;
export const cr = 0x0d;
export const space = 0x20;
export const quote = 0x22;
export const openParenthesis = 0x28;
export const closeParenthesis = 0x29;
export const comma = 0x2c;
export const dot = 0x2e;
export const slash = 0x2f;
export const colon = 0x3a;
export const semicolon = 0x3b;
export const lessThan = 0x3c;
export const equals = 0x3d;
export const greaterThan = 0x3e;
export const atSign = 0x40;
export const openBracket = 0x5b;
export const backslash = 0x5c;
export const closeBracket = 0x5d;

const atextBit = 1;
const tokenBit = 2;
const classes = new Uint8Array(128);
for (let code = 0x21; code < 0x7f; code++) {
  const character = String.fromCharCode(code);
  // RFC 5322 §3.2.3: atext is what is left of printable ASCII without the specials.
  if (!'()<>[]:;@\\,."'.includes(character)) classes[code] = atextBit;
  // RFC 2045 §5.1: a token excludes the tspecials.
  if (!'()<>@,;:\\"/[]?='.includes(character)) classes[code] = (classes[code] ?? 0) | tokenBit;
}

export function isAtext(code: number): boolean {
  return code >= 0x80 || ((classes[code] ?? 0) & atextBit) !== 0;
}

export function isTokenChar(code: number): boolean {
  return code >= 0x80 || ((classes[code] ?? 0) & tokenBit) !== 0;
}
