import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import iconv from 'iconv-lite';

/** Turns the octets of one charset into text, chunk by chunk. Never fails: what has no meaning becomes U+FFFD. */
export interface CharsetDecoder {
  push(bytes: Uint8Array): string;
  /** What an unfinished character at the end comes to. */
  end(): string;
}

/**
 * A decoder for the charset a message names. Names are compared without case and punctuation, with the aliases
 * mail uses. Text without a charset, in US-ASCII or in an unknown one is taken for UTF-8 as long as it is valid,
 * and for windows-1252 from there on: senders that forget the charset use one of the two.
 */
export function charsetDecoder(charset: string | undefined): CharsetDecoder {
  const name = charset === undefined ? '' : canonicalName(charset);
  const own = ownDecoders.get(name);
  if (own !== undefined) return own();
  const codec = codecOf(name);
  return codec === undefined ? new GuessingDecoder() : new IconvDecoder(codec);
}

/** Decodes a whole text at once; `charsetDecoder` says how. */
export function decodeCharset(bytes: Uint8Array, charset: string | undefined): string {
  const decoder = charsetDecoder(charset);
  const text = decoder.push(bytes);
  return text + decoder.end();
}

/** Whether a client may name this charset in SEARCH and the like. */
export function isKnownCharset(charset: string): boolean {
  const name = canonicalName(charset);
  return name === 'usascii' || ownDecoders.has(name) || codecOf(name) !== undefined;
}

function codecOf(name: string): string | undefined {
  const codec = aliases.get(name) ?? name;
  // US-ASCII is a promise that few senders keep.
  if (codec === '' || codec.endsWith('ascii') || notCharsets.has(codec)) return undefined;
  return iconv.encodingExists(codec) ? codec : undefined;
}

/** Views any octets as a Buffer, without a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function canonicalName(charset: string): string {
  // No charset has a name as long as this, and the name comes from a stranger.
  return charset
    .slice(0, 64)
    .toLowerCase()
    .replace(/[^0-9a-z]/g, '');
}

const aliases = new Map<string, string>([
  // Kazakh: STRK1048-2002 is the standard, KZ-1048 its name at IANA; PT154 is the older one.
  ['kz1048', 'rk1048'],
  ['strk10482002', 'rk1048'],
  ['windowskz1048', 'rk1048'],
  ['ptcp154', 'pt154'],
  ['cp154', 'pt154'],
  ['csptcp154', 'pt154'],
  ['cyrillicasian', 'pt154'],
  ['xcp1251', 'windows1251'],
  ['ansicp1251', 'windows1251'],
  ['koi8', 'koi8r'],
  ['cskoi8r', 'koi8r'],
  ['xmaccyrillic', 'maccyrillic'],
  ['xmacroman', 'macroman'],
  // Senders say ISO-8859-1 and mean its superset, RFC 1345 and HTML agree on that.
  ['iso88591', 'windows1252'],
  ['latin1', 'windows1252'],
  ['l1', 'windows1252'],
  ['isoir100', 'windows1252'],
  ['xcp1252', 'windows1252'],
  ['ansix341968', 'ascii'],
  ['ansix341986', 'ascii'],
  ['iso646us', 'ascii'],
  ['isoir6', 'ascii'],
  ['iso88598i', 'iso88598'],
  ['iso88598e', 'iso88598'],
  ['iso88599', 'windows1254'],
  ['xsjis', 'shiftjis'],
  ['mskanji', 'shiftjis'],
  ['windows31j', 'shiftjis'],
  ['xeucjp', 'eucjp'],
  ['gb2312', 'gb18030'],
  ['xgbk', 'gb18030'],
  ['gbk', 'gb18030'],
  ['ksc56011987', 'cp949'],
  ['ksc5601', 'cp949'],
  ['ks', 'cp949'],
  ['euckr', 'cp949'],
  ['xwindows949', 'cp949'],
  ['xbig5', 'big5hkscs'],
  ['big5', 'big5hkscs'],
]);

/** Codecs of the library that are no charsets of mail. */
const notCharsets = new Set(['base64', 'hex', 'binary', 'internal', 'cesu8', 'utf7imap']);

const ownDecoders = new Map<string, () => CharsetDecoder>([
  ['utf8', () => new Utf8Decoder()],
  ['xutf8', () => new Utf8Decoder()],
  ['unicode11utf8', () => new Utf8Decoder()],
  ['utf7', () => new Utf7Decoder()],
  ['unicode11utf7', () => new Utf7Decoder()],
  ['csunicode11utf7', () => new Utf7Decoder()],
  ['iso2022jp', () => new WebDecoder('iso-2022-jp')],
  ['csiso2022jp', () => new WebDecoder('iso-2022-jp')],
  ['iso2022jp1', () => new WebDecoder('iso-2022-jp')],
  ['iso2022jpms', () => new WebDecoder('iso-2022-jp')],
  ['cp50220', () => new WebDecoder('iso-2022-jp')],
  ['iso2022kr', () => new ShiftedDecoder('iso-2022-kr')],
  ['csiso2022kr', () => new ShiftedDecoder('iso-2022-kr')],
  ['hzgb2312', () => new ShiftedDecoder('hz-gb-2312')],
  ['hz', () => new ShiftedDecoder('hz-gb-2312')],
]);

class WebDecoder implements CharsetDecoder {
  readonly #decoder: TextDecoder;

  constructor(label: string) {
    this.#decoder = new TextDecoder(label);
  }

  push(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes, { stream: true });
  }

  end(): string {
    return this.#decoder.decode();
  }
}

class IconvDecoder implements CharsetDecoder {
  readonly #decoder: { write(bytes: Buffer): string; end(): string | undefined };

  constructor(codec: string) {
    this.#decoder = iconv.getDecoder(codec);
  }

  push(bytes: Uint8Array): string {
    return this.#decoder.write(asBuffer(bytes));
  }

  end(): string {
    return this.#decoder.end() ?? '';
  }
}

class Utf8Decoder implements CharsetDecoder {
  /** The first octets of a character whose rest is in the next chunk. */
  #held: Buffer = nothing;
  #isStart = true;

  push(bytes: Uint8Array): string {
    const chunk = this.#held.length === 0 ? asBuffer(bytes) : Buffer.concat([this.#held, bytes]);
    const whole = chunk.length - unfinishedUtf8(chunk);
    this.#held = whole === chunk.length ? nothing : Buffer.from(chunk.subarray(whole));
    if (whole === 0) return '';
    const text = chunk.toString('utf8', 0, whole);
    const skipped = this.#isStart && text.startsWith(byteOrderMark) ? 1 : 0;
    this.#isStart = false;
    return skipped === 0 ? text : text.slice(skipped);
  }

  end(): string {
    const rest = this.#held.toString('utf8');
    this.#held = nothing;
    return rest;
  }
}

/** UTF-8 up to the first octet that cannot be, windows-1252 from the chunk with it on. */
class GuessingDecoder implements CharsetDecoder {
  #fallback: CharsetDecoder | undefined;
  #held: Buffer = nothing;

  push(bytes: Uint8Array): string {
    if (this.#fallback !== undefined) return this.#fallback.push(bytes);
    const chunk = this.#held.length === 0 ? asBuffer(bytes) : Buffer.concat([this.#held, bytes]);
    const whole = chunk.length - unfinishedUtf8(chunk);
    const head = chunk.subarray(0, whole);
    if (isUtf8(head)) {
      this.#held = whole === chunk.length ? nothing : Buffer.from(chunk.subarray(whole));
      return head.toString('utf8');
    }
    this.#held = nothing;
    this.#fallback = new IconvDecoder('windows1252');
    return this.#fallback.push(chunk);
  }

  end(): string {
    if (this.#fallback !== undefined) return this.#fallback.end();
    const rest = this.#held;
    this.#held = nothing;
    return rest.length === 0 ? '' : iconv.decode(rest, 'windows1252');
  }
}

const nothing = Buffer.alloc(0);
const byteOrderMark = '\ufeff';

/** How many octets at the end begin a UTF-8 character that they do not finish. */
function unfinishedUtf8(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const octet = bytes[bytes.length - back] ?? 0;
    if ((octet & 0xc0) === 0x80) continue;
    const wants = octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : octet >= 0xc0 ? 2 : 1;
    return wants > back ? back : 0;
  }
  return 0;
}

/**
 * RFC 2152: `+` begins a run of UTF-16 in base64 without padding, which ends with `-` or at any other character.
 * The library's decoder loses characters that two chunks share.
 */
class Utf7Decoder implements CharsetDecoder {
  #isEncoded = false;
  #isEmptyRun = false;
  #bits = 0;
  #bitCount = 0;

  push(bytes: Uint8Array): string {
    let text = '';
    for (const octet of bytes) {
      const value = this.#isEncoded ? base64Digits.indexOf(String.fromCharCode(octet)) : -1;
      if (value >= 0) text += this.#unit(value);
      else if (!this.#isEncoded && octet === 0x2b) {
        this.#isEncoded = true;
        this.#isEmptyRun = true;
        this.#bits = this.#bitCount = 0;
      } else if (this.#isEncoded && octet === 0x2d) {
        this.#isEncoded = false;
        if (this.#isEmptyRun) text += '+';
      } else {
        this.#isEncoded = false;
        text += octet < 0x80 ? String.fromCharCode(octet) : '\ufffd';
      }
    }
    return text;
  }

  end(): string {
    return '';
  }

  #unit(value: number): string {
    this.#isEmptyRun = false;
    this.#bits = ((this.#bits << 6) | value) & 0x3fffff;
    this.#bitCount += 6;
    if (this.#bitCount < 16) return '';
    this.#bitCount -= 16;
    return String.fromCharCode((this.#bits >> this.#bitCount) & 0xffff);
  }
}

const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * The seven-bit forms of EUC-KR and GB 2312: octets between two shifts are EUC octets without their high bit.
 * ISO-2022-KR (RFC 1557) shifts with SO and SI behind an announcer; HZ (RFC 1843) with `~{` and `~}`.
 */
class ShiftedDecoder implements CharsetDecoder {
  readonly #isHz: boolean;
  readonly #inner: IconvDecoder;
  #isShifted = false;
  /** Inside a shift: the second octet of a character comes next. */
  #isSecond = false;
  /** Octets of an escape sequence still to come. */
  #escapeLeft = 0;

  constructor(form: 'iso-2022-kr' | 'hz-gb-2312') {
    this.#isHz = form === 'hz-gb-2312';
    this.#inner = new IconvDecoder(this.#isHz ? 'gb18030' : 'cp949');
  }

  push(bytes: Uint8Array): string {
    const out = Buffer.allocUnsafe(bytes.length);
    let length = 0;
    for (const octet of bytes) {
      if (this.#escapeLeft > 0) {
        this.#escapeLeft--;
        if (this.#isHz && octet === 0x7e) out[length++] = octet;
        else if (this.#isHz) this.#shift(octet === 0x7b);
      } else if (this.#isHz && octet === 0x7e && !this.#isSecond) {
        this.#escapeLeft = 1;
      } else if (!this.#isHz && octet === 0x1b) {
        // The announcer is ESC $ ) C; it says nothing that the charset's name did not.
        this.#escapeLeft = 3;
      } else if (!this.#isHz && (octet === 0x0e || octet === 0x0f)) {
        this.#shift(octet === 0x0e);
      } else if (this.#isShifted && octet > 0x20 && octet < 0x7f) {
        out[length++] = octet | 0x80;
        this.#isSecond = !this.#isSecond;
      } else {
        // Both forms begin each line unshifted.
        if (octet === 0x0a) this.#shift(false);
        out[length++] = octet;
      }
    }
    return this.#inner.push(out.subarray(0, length));
  }

  end(): string {
    return this.#inner.end();
  }

  #shift(isShifted: boolean): void {
    this.#isShifted = isShifted;
    this.#isSecond = false;
  }
}
