import { decodeCharset } from './charset.ts';

// encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?=" ; RFC 2047 §2, RFC 2231 §5.
// No class takes a "?", so that a scan of n characters stays a matter of n steps. Spaces in the encoded text are
// forbidden and met often.
const word = /=\?([^?\s]{1,64})\?([bq])\?([^?]*)\?=/gi;

/**
 * Decodes the RFC 2047 words of an unfolded text; the white space between two of them goes, and neighbours of one
 * charset are decoded together, since many senders split a character between them. What is no encoded word stays.
 */
export function decodeWords(text: string): string {
  if (!text.includes('=?')) return text;
  let out = '';
  let plainFrom = 0;
  let charset = '';
  let octets: Buffer[] = [];
  const flush = (): void => {
    if (octets.length === 0) return;
    out += decodeCharset(
      octets.length === 1 ? (octets[0] as Buffer) : Buffer.concat(octets),
      charset,
    );
    octets = [];
  };
  for (const match of text.matchAll(word)) {
    const [whole, label = '', encoding = '', encoded = ''] = match;
    const between = text.slice(plainFrom, match.index);
    const name = label.split('*', 1)[0]?.toLowerCase() ?? '';
    const neighbours = octets.length > 0 && isBlank(between);
    if (!neighbours) {
      flush();
      out += between;
    } else if (name !== charset) {
      flush();
    }
    charset = name;
    octets.push(encoding === 'b' || encoding === 'B' ? decodeB(encoded) : decodeQ(encoded));
    plainFrom = match.index + whole.length;
  }
  flush();
  return out + text.slice(plainFrom);
}

function decodeB(encoded: string): Buffer {
  return Buffer.from(encoded, 'base64');
}

// RFC 2047 §4.2: "_" is a space, "=" and two hexadecimal digits are an octet.
function decodeQ(encoded: string): Buffer {
  const source = Buffer.from(encoded, 'utf8');
  let length = 0;
  for (let i = 0; i < source.length; i++) {
    let octet = source[i] ?? 0;
    if (octet === 0x5f) octet = 0x20;
    else if (octet === 0x3d) {
      const value = Number.parseInt(source.toString('latin1', i + 1, i + 3), 16);
      if (isHex(source[i + 1]) && isHex(source[i + 2])) {
        octet = value;
        i += 2;
      }
    }
    source[length++] = octet;
  }
  return source.subarray(0, length);
}

function isHex(octet: number | undefined): boolean {
  if (octet === undefined) return false;
  const lower = octet | 0x20;
  return (octet >= 0x30 && octet <= 0x39) || (lower >= 0x61 && lower <= 0x66);
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

/** An encoded word has at most 75 characters, RFC 2047 §2; `=?utf-8?B?` and `?=` leave 63, that is 45 octets. */
const octetsPerWord = 45;

/**
 * Writes a text in US-ASCII: each run of words that hold other characters becomes RFC 2047 words in UTF-8. Words
 * that are encoded already stay as they are, so that decoding the result gives the same as decoding the text.
 */
export function encodeWords(text: string): string {
  if (isAscii(text)) return text;
  const out: string[] = [];
  // Words and the white space between them, in turn.
  const tokens = text.split(/([ \t]+)/);
  let run = '';
  const flush = (): void => {
    // A word that is encoded in part is decoded first, so as not to encode it twice.
    if (run !== '') out.push(encodeRun(decodeWords(run)));
    run = '';
  };
  for (let i = 0; i < tokens.length; i += 2) {
    const token = tokens[i] ?? '';
    const gap = i === 0 ? '' : (tokens[i - 1] ?? '');
    const plain = isAscii(token);
    if (!plain && run !== '') {
      run += gap + token;
    } else if (!plain) {
      // The gap between two encoded words is not shown, so behind one it has to be inside the next.
      const hidden = gap !== '' && (tokens[i - 2] ?? '').endsWith('?=');
      out.push(gap);
      run = (hidden ? gap : '') + token;
    } else {
      if (run !== '' && token.startsWith('=?')) run += gap;
      flush();
      out.push(gap, token);
    }
  }
  flush();
  return out.join('');
}

function encodeRun(run: string): string {
  const words: string[] = [];
  let piece = '';
  let octets = 0;
  for (const character of run) {
    const size = Buffer.byteLength(character);
    if (octets + size > octetsPerWord) {
      words.push(encodeWord(piece));
      piece = '';
      octets = 0;
    }
    piece += character;
    octets += size;
  }
  words.push(encodeWord(piece));
  return words.join(' ');
}

function encodeWord(piece: string): string {
  return `=?utf-8?B?${Buffer.from(piece).toString('base64')}?=`;
}

/** Whether every character is in US-ASCII. */
export function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
}
