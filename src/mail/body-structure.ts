import { emptyEnvelope, renderEnvelope } from './envelope.ts';
import { imapString, nstring, type Form } from './imap-string.ts';
import type { Disposition, Parameter } from './parameters.ts';
import type { PartDescription } from './part-description.ts';

/** BODYSTRUCTURE, or without `extended` BODY, with its parentheses. RFC 9051 §7.5.2. */
export function renderBodyStructure(part: PartDescription, extended: boolean, form: Form): string {
  const pieces: string[] = [];
  new StructureWriter(pieces, extended, form).part(part);
  return pieces.join('');
}

// What stands for a part that is not there; in BODYSTRUCTURE its extension data follow.
const emptyText = '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0';

class StructureWriter {
  readonly #out: string[];
  readonly #extended: boolean;
  readonly #form: Form;

  constructor(out: string[], extended: boolean, form: Form) {
    this.#out = out;
    this.#extended = extended;
    this.#form = form;
  }

  part(part: PartDescription): void {
    if (part.kind === 'multipart') this.#multipart(part);
    else this.#single(part);
  }

  // body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
  #multipart(part: PartDescription): void {
    this.#out.push('(');
    // RFC 9051 wants one body at least; where a message has none, an empty text stands in, as in Dovecot.
    if (part.children.length === 0) this.#emptyText();
    for (const child of part.children) this.part(child);
    this.#out.push(' ', this.#string(part.subtype));
    if (this.#extended) {
      this.#out.push(' ', this.#parameters(part.parameters, false));
      this.#commonExtension(part);
    }
    this.#out.push(')');
  }

  // body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]
  #single(part: PartDescription): void {
    const { kind } = part;
    this.#out.push(
      `(${this.#string(part.type)} ${this.#string(part.subtype)} ` +
        `${this.#parameters(part.parameters, kind === 'text')} ` +
        `${nstring(part.id, this.#form)} ${nstring(part.description, this.#form)} ` +
        `${part.encoding === undefined ? '"7bit"' : this.#string(part.encoding)} ` +
        `${part.bodyEnd - part.bodyStart}`,
    );
    if (kind === 'text') this.#out.push(` ${part.lines}`);
    else if (kind === 'message') {
      const enclosed = part.children[0] as PartDescription;
      this.#out.push(' ', renderEnvelope(enclosed.envelope ?? {}, this.#form), ' ');
      this.part(enclosed);
      this.#out.push(` ${part.lines}`);
    } else if (kind === 'opaque-message') {
      // The grammar gives every message/rfc822 an envelope and a body; of this one nothing is known.
      this.#out.push(` ${emptyEnvelope} `);
      this.#emptyText();
      this.#out.push(` ${part.lines}`);
    }
    if (this.#extended) {
      this.#out.push(' ', nstring(part.md5, this.#form));
      this.#commonExtension(part);
    }
    this.#out.push(')');
  }

  #emptyText(): void {
    this.#out.push(emptyText, this.#extended ? ' NIL NIL NIL NIL)' : ')');
  }

  #commonExtension({ disposition, languages, location }: PartDescription): void {
    const list = languages.map((tag) => this.#string(tag)).join(' ');
    this.#out.push(
      ` ${disposition === undefined ? 'NIL' : this.#disposition(disposition)} ` +
        `${list === '' ? 'NIL' : `(${list})`} ${nstring(location, this.#form)}`,
    );
  }

  #disposition({ type, parameters }: Disposition): string {
    return `(${this.#string(type)} ${this.#parameters(parameters, false)})`;
  }

  #parameters(parameters: readonly Parameter[], isText: boolean): string {
    const pairs = parameters.map((parameter) => this.#parameter(parameter));
    // RFC 2045 §5.2: text without a charset is in US-ASCII.
    if (isText && !parameters.some(({ name }) => name.toLowerCase() === 'charset')) {
      pairs.push('"charset" "us-ascii"');
    }
    return pairs.length === 0 ? 'NIL' : `(${pairs.join(' ')})`;
  }

  #parameter({ name, value, extended }: Parameter): string {
    if (!extended) return `${this.#string(name)} ${this.#string(value)}`;
    // RFC 9051 §7.5.2 names a decoded value with an asterisk. In seven bits the value keeps the form of RFC 2231 §4,
    // which clients of IMAP4rev1 know.
    if (this.#form === 'utf8') return `${this.#string(`${name}*`)} ${this.#string(value)}`;
    return `${this.#string(`${name}*`)} "utf-8''${percentEncoded(value)}"`;
  }

  #string(text: string): string {
    return imapString(text, this.#form);
  }
}

/** attribute-char of RFC 2231 §7 as it is, all else as octets of UTF-8. */
function percentEncoded(value: string): string {
  let out = '';
  for (const octet of Buffer.from(value)) {
    const character = String.fromCharCode(octet);
    out += /[0-9A-Za-z!#$&+.^_`{|}~-]/.test(character)
      ? character
      : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
