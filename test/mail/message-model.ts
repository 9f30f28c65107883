import type { Random } from './indexing.ts';

/** What a generated message is made of, known beforehand: the answer the indexer has to give. */
export interface ModelPart {
  section: string;
  headerStart: number;
  bodyStart: number;
  bodyEnd: number;
  lines: number;
  type: string;
  subtype: string;
  encoding: string;
  /** Decoded text of a text part. */
  text: string | undefined;
  children: ModelPart[];
}

export interface Model {
  readonly bytes: Buffer;
  readonly root: ModelPart;
  readonly subject: string;
}

const words = [
  'сәлем',
  'Қазақстан',
  'minutes',
  'отчёт',
  'of',
  'the',
  'meeting',
  '10%',
  '=41',
  'a=b',
  'İ',
  'ß',
  '日本',
  '😀',
  '>',
  '-',
  '.',
];

/** A valid message with a random structure of at most about `maxParts` parts. */
export function generateMessage(random: Random, maxParts = 12): Model {
  return new Generator(random, maxParts).message();
}

class Generator {
  readonly #random: Random;
  readonly #eol: string;
  #partsLeft: number;
  #out: Buffer[] = [];
  #length = 0;
  #boundaries = 0;

  constructor(random: Random, maxParts: number) {
    this.#random = random;
    this.#eol = random.chance(0.2) ? '\n' : '\r\n';
    this.#partsLeft = maxParts;
  }

  message(): Model {
    const subject = this.#words(1 + this.#random.below(6));
    const root = this.#part('', '', true, false, subject);
    return { bytes: Buffer.concat(this.#out), root, subject };
  }

  /** `numbers`: what the sections of an enclosed message begin with; for others the section itself. */
  #part(
    section: string,
    numbers: string,
    isMessage: boolean,
    inDigest: boolean,
    subject: string,
  ): ModelPart {
    const random = this.#random;
    this.#partsLeft--;
    const kind =
      this.#partsLeft <= 0
        ? 'text'
        : random.pick(['text', 'text', 'other', 'multipart', 'multipart', 'message']);
    const part: ModelPart = {
      section,
      headerStart: this.#length,
      bodyStart: 0,
      bodyEnd: 0,
      lines: 0,
      type: kind === 'other' ? 'application' : kind,
      subtype: 'plain',
      encoding: '7bit',
      text: undefined,
      children: [],
    };
    if (isMessage) this.#messageHeader(subject);
    if (kind === 'text')
      this.#text(part, isMessage && numbers !== '' ? `${numbers}.1` : section, inDigest);
    else if (kind === 'other')
      this.#other(part, isMessage && numbers !== '' ? `${numbers}.1` : section);
    else if (kind === 'message') {
      part.section = isMessage && numbers !== '' ? `${numbers}.1` : section;
      part.subtype = random.pick(['rfc822', 'rfc822', 'global']);
      // RFC 2046 §5.1.5
      if (inDigest && part.subtype === 'rfc822' && random.chance(0.5))
        this.#write(`X-Other: x${this.#eol}`);
      else this.#write(`Content-Type: message/${part.subtype}${this.#eol}`);
      this.#write(this.#eol);
      part.bodyStart = this.#length;
      const outer = part.section === '' ? '1' : part.section;
      part.children.push(this.#part('', outer, true, false, this.#words(3)));
    } else {
      part.section = isMessage && numbers !== '' ? `${numbers}.TEXT` : section;
      this.#multipart(part, isMessage && numbers !== '' ? numbers : section);
    }
    part.bodyEnd = this.#length;
    part.lines = this.#breaksSince(part.bodyStart);
    return part;
  }

  #messageHeader(subject: string): void {
    const random = this.#random;
    this.#write(`From: "A B" <a@example.kz>${this.#eol}`);
    if (random.chance(0.5)) this.#write(`Subject: ${subject}${this.#eol}`);
    else this.#write(`Subject: ${encoded(subject, random)}${this.#eol}`);
    if (random.chance(0.3)) this.#write(`X-Folded: a${this.#eol}\t--b${this.#eol} c${this.#eol}`);
    this.#write(`MIME-Version: 1.0${this.#eol}`);
  }

  #text(part: ModelPart, section: string, inDigest: boolean): void {
    const random = this.#random;
    part.section = section;
    const lines = Array.from({ length: random.below(6) }, () => this.#words(random.below(8)));
    // The last line break before a boundary is not part of the text.
    const text =
      lines.map((line) => line + this.#eol).join('') + (random.chance(0.5) ? this.#words(2) : '');
    part.encoding = random.pick(['8bit', 'base64', 'quoted-printable']);
    const isDefault = part.encoding === '8bit' && !inDigest && random.chance(0.3);
    if (!isDefault) this.#write(`Content-Type: text/plain; charset="utf-8"${this.#eol}`);
    this.#write(`Content-Transfer-Encoding: ${part.encoding}${this.#eol}${this.#eol}`);
    part.bodyStart = this.#length;
    if (part.encoding === '8bit') this.#write(text);
    else if (part.encoding === 'base64') this.#write(base64(text, this.#eol));
    else this.#write(quotedPrintable(text, this.#eol));
    part.text = text;
  }

  #other(part: ModelPart, section: string): void {
    part.section = section;
    part.subtype = 'octet-stream';
    part.encoding = 'base64';
    this.#write(
      `Content-Type: application/octet-stream; name="x.bin"${this.#eol}Content-Transfer-Encoding: base64${this.#eol}${this.#eol}`,
    );
    part.bodyStart = this.#length;
    this.#write(base64('\0'.repeat(this.#random.below(300)), this.#eol));
  }

  #multipart(part: ModelPart, numbers: string): void {
    const random = this.#random;
    // Some boundaries begin with others: b1, b1x, b1xx
    const boundary = `b${'x'.repeat(this.#boundaries++ % 4)}${random.below(2)}${this.#boundaries}`;
    part.subtype = random.pick(['mixed', 'alternative', 'digest']);
    this.#write(
      `Content-Type: multipart/${part.subtype};${this.#eol} boundary="${boundary}"${this.#eol}${this.#eol}`,
    );
    part.bodyStart = this.#length;
    if (random.chance(0.3)) this.#write(`preamble --${boundary}${this.#eol}`);
    const count = 1 + random.below(4);
    for (let i = 1; i <= count; i++) {
      this.#write(`--${boundary}${random.chance(0.2) ? ' \t' : ''}${this.#eol}`);
      const section = numbers === '' ? String(i) : `${numbers}.${i}`;
      part.children.push(this.#part(section, '', false, part.subtype === 'digest', ''));
      this.#write(this.#eol);
    }
    this.#write(`--${boundary}--`);
    if (random.chance(0.5)) this.#write(`${this.#eol}epilogue`);
  }

  #words(count: number): string {
    return Array.from({ length: count }, () => this.#random.pick(words))
      .join(' ')
      .replace(/^-+/, '');
  }

  #write(text: string): void {
    const bytes = Buffer.from(text);
    this.#out.push(bytes);
    this.#length += bytes.length;
  }

  #breaksSince(start: number): number {
    return Buffer.concat(this.#out)
      .subarray(start)
      .reduce((count, octet) => count + (octet === 0x0a ? 1 : 0), 0);
  }
}

function encoded(text: string, random: Random): string {
  const bytes = Buffer.from(text);
  const cut = random.below(bytes.length + 1);
  // Two words that may share a character
  return [bytes.subarray(0, cut), bytes.subarray(cut)]
    .map((piece) =>
      random.chance(0.5)
        ? `=?UTF-8?B?${piece.toString('base64')}?=`
        : `=?utf-8?q?${piece.toString('hex').replace(/../g, '=$&')}?=`,
    )
    .join(' ');
}

function base64(text: string, eol: string): string {
  return Buffer.from(text)
    .toString('base64')
    .replace(/.{1,76}/g, `$&${eol}`);
}

function quotedPrintable(text: string, eol: string): string {
  return text
    .split(eol)
    .map((line) => {
      const octets = [...Buffer.from(line)].map((octet, at, all) =>
        (octet > 0x20 && octet < 0x7f && octet !== 0x3d && octet !== 0x2d) ||
        (octet === 0x20 && at < all.length - 1)
          ? String.fromCharCode(octet)
          : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`,
      );
      let out = '';
      octets.forEach((octet, at) => {
        out += (at > 0 && at % 25 === 0 ? `=${eol}` : '') + octet;
      });
      return out;
    })
    .join(eol);
}
