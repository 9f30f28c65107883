import { isUtf8 } from 'node:buffer';
import { parseAddressList, type Address } from './address.ts';
import type { DescriptionBudget } from './description-budget.ts';
import { isAscii } from './encoded-word.ts';
import type { EnvelopeFields } from './envelope.ts';
import { fieldEnd, findColon, rawHeaderText, sevenBitHeaderText, trimmedEnd } from './header.ts';
import {
  maxAddresses,
  maxHeaderFields,
  maxParameters,
  maxStructuredFieldBytes,
  maxTextFieldBytes,
} from './limits.ts';
import {
  parameterValue,
  parseContentType,
  parseDisposition,
  parseLanguages,
  parseTransferEncoding,
  type ContentType,
  type Disposition,
} from './parameters.ts';

/** What the header of one part says, as far as ENVELOPE, BODYSTRUCTURE and threading need it. */
export interface PartHeader {
  /** MIME-Version or Content-Type is there; without one of them the other Content fields of a message mean nothing. */
  isMime: boolean;
  /** Undefined when the field is missing or cannot be read. */
  contentType: ContentType | undefined;
  hasContentType: boolean;
  encoding: string | undefined;
  id: string | undefined;
  description: string | undefined;
  disposition: Disposition | undefined;
  md5: string | undefined;
  languages: readonly string[];
  location: string | undefined;
  envelope: EnvelopeFields;
  references: string | undefined;
  /** Some of it is not in US-ASCII. */
  isInternational: boolean;
}

/**
 * Reads the header block of a part, in one pass and without keeping a view of it. `isMessage`: the part is a
 * message and not merely a body part, so that its envelope is wanted. What it takes is taken from `budget`; fields behind
 * the end of that are as if they were not there.
 */
export function readPartHeader(
  block: Buffer,
  isMessage: boolean,
  budget: DescriptionBudget,
): PartHeader {
  const reader = new PartHeaderReader(block, isMessage, budget);
  let start = 0;
  for (let count = 0; start < block.length && count < maxHeaderFields; count++) {
    const first = block[start] as number;
    if (first === 0x0a) break;
    const end = fieldEnd(block, start);
    if (interesting[first] === 1) reader.field(start, end);
    start = end;
  }
  reader.finish();
  return reader.header;
}

/** First letters of the fields that are read, so that most others are skipped without a look at their name. */
const interesting = new Uint8Array(256);
for (const letter of 'bcdfimrstBCDFIMRST') interesting[letter.charCodeAt(0)] = 1;

const longestName = 'content-transfer-encoding'.length;

type Field =
  | 'date'
  | 'subject'
  | 'messageId'
  | 'inReplyTo'
  | 'references'
  | 'from'
  | 'sender'
  | 'replyTo'
  | 'to'
  | 'cc'
  | 'bcc'
  | 'mimeVersion'
  | 'type'
  | 'encoding'
  | 'id'
  | 'description'
  | 'disposition'
  | 'md5'
  | 'language'
  | 'location';

const contentFields = new Map<string, Field>([
  ['mime-version', 'mimeVersion'],
  ['content-type', 'type'],
  ['content-transfer-encoding', 'encoding'],
  ['content-id', 'id'],
  ['content-description', 'description'],
  ['content-disposition', 'disposition'],
  ['content-md5', 'md5'],
  ['content-language', 'language'],
  ['content-location', 'location'],
]);
const messageFields = new Map<string, Field>([
  ...contentFields,
  ['date', 'date'],
  ['subject', 'subject'],
  ['message-id', 'messageId'],
  ['in-reply-to', 'inReplyTo'],
  ['references', 'references'],
  ['from', 'from'],
  ['sender', 'sender'],
  ['reply-to', 'replyTo'],
  ['to', 'to'],
  ['cc', 'cc'],
  ['bcc', 'bcc'],
]);

class PartHeaderReader {
  readonly header: PartHeader = {
    isMime: false,
    contentType: undefined,
    hasContentType: false,
    encoding: undefined,
    id: undefined,
    description: undefined,
    disposition: undefined,
    md5: undefined,
    languages: [],
    location: undefined,
    envelope: {},
    references: undefined,
    isInternational: false,
  };
  readonly #block: Buffer;
  readonly #names: ReadonlyMap<string, Field>;
  readonly #budget: DescriptionBudget;
  /** Fields with octets that are no UTF-8: they wait until the charset of the message is known. */
  #late: [Field, Buffer][] = [];

  constructor(block: Buffer, isMessage: boolean, budget: DescriptionBudget) {
    this.#block = block;
    this.#budget = budget;
    this.#names = isMessage ? messageFields : contentFields;
  }

  field(start: number, end: number): void {
    const block = this.#block;
    const colonAt = findColon(block, start, end);
    if (colonAt < 0) return;
    const nameEnd = trimmedEnd(block, start, colonAt);
    if (nameEnd - start > longestName) return;
    const field = this.#names.get(block.toString('latin1', start, nameEnd).toLowerCase());
    const budget = this.#budget;
    if (field === undefined || budget.spent) return;
    const valueEnd = Math.min(end, colonAt + 1 + Math.min(limitOf(field), budget.bytes));
    budget.bytes -= valueEnd - (colonAt + 1);
    const text = sevenBitHeaderText(block, colonAt + 1, valueEnd);
    if (text !== undefined) this.#take(field, text);
    else {
      const value = block.subarray(colonAt + 1, valueEnd);
      // Content-Type itself has to be read now, to know the charset of the others.
      if (field === 'type' || isUtf8(value)) this.#take(field, rawHeaderText(value));
      else this.#late.push([field, value]);
    }
  }

  finish(): void {
    if (this.#late.length === 0) return;
    const { contentType } = this.header;
    const charset = contentType && parameterValue(contentType.parameters, 'charset');
    for (const [field, value] of this.#late) this.#take(field, rawHeaderText(value, charset));
    this.#late = [];
  }

  #take(field: Field, text: string): void {
    const { header } = this;
    header.isInternational ||= !isAscii(text);
    switch (field) {
      // The last one counts
      case 'date':
      case 'subject':
      case 'messageId':
      case 'inReplyTo':
        header.envelope[field] = text;
        break;
      // All are joined
      case 'from':
      case 'sender':
      case 'replyTo':
      case 'to':
      case 'cc':
      case 'bcc':
        this.#addAddresses((header.envelope[field] ??= []), text);
        break;
      case 'references':
        header.references = text;
        break;
      // The first one counts
      case 'mimeVersion':
        header.isMime = true;
        break;
      case 'type':
        if (!header.hasContentType) {
          header.contentType = parseContentType(text, this.#parametersLeft);
          this.#budget.parameters -= header.contentType?.parameters.length ?? 0;
        }
        header.hasContentType = true;
        header.isMime = true;
        break;
      case 'encoding':
        header.encoding ??= parseTransferEncoding(text);
        break;
      case 'disposition':
        if (header.disposition !== undefined) break;
        header.disposition = parseDisposition(text, this.#parametersLeft);
        this.#budget.parameters -= header.disposition?.parameters.length ?? 0;
        break;
      case 'language':
        if (header.languages.length > 0) break;
        header.languages = parseLanguages(text, this.#parametersLeft);
        this.#budget.parameters -= header.languages.length;
        break;
      case 'id':
      case 'description':
      case 'md5':
      case 'location':
        header[field] ??= text;
        break;
    }
  }

  get #parametersLeft(): number {
    return Math.min(maxParameters, this.#budget.parameters);
  }

  #addAddresses(before: Address[], text: string): void {
    const left = Math.min(maxAddresses - before.length, this.#budget.addresses);
    if (left <= 0) return;
    const found = parseAddressList(text, left);
    this.#budget.addresses -= found.length;
    for (const address of found) before.push(address);
  }
}

const structuredFields = new Set<Field>([
  'from',
  'sender',
  'replyTo',
  'to',
  'cc',
  'bcc',
  'type',
  'disposition',
]);

function limitOf(field: Field): number {
  return structuredFields.has(field) ? maxStructuredFieldBytes : maxTextFieldBytes;
}
