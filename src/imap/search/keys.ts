import { decodeCharset } from '../../mail/charset.ts';
import { flagBits, type SystemFlag } from '../../core/values.ts';
import type { CalendarDate, Decoder } from '../wire/decoder.ts';
import type { MessageSet } from '../wire/message-set.ts';
import { ParseError } from '../wire/parse-error.ts';

/** Search keys of one command; each costs time for every message. */
export const maxSearchKeys = 1000;

/** A search key, RFC 9051 §6.4.4; those that are short forms are spelled out. */
export type SearchKey =
  | { readonly kind: 'all' | 'none' }
  | { readonly kind: 'and' | 'or'; readonly keys: readonly SearchKey[] }
  | { readonly kind: 'not'; readonly key: SearchKey }
  | { readonly kind: 'flag'; readonly bit: number }
  | { readonly kind: 'keyword'; readonly name: string }
  | { readonly kind: 'sequence' | 'uid'; readonly set: MessageSet }
  | { readonly kind: 'larger' | 'smaller'; readonly sizeBytes: number }
  | {
      readonly kind: 'internal-date' | 'sent-date';
      readonly compare: DateComparison;
      readonly date: CalendarDate;
    }
  | { readonly kind: 'modseq'; readonly atLeast: number }
  | { readonly kind: 'email' | 'thread'; readonly objectId: string }
  /** `name` in lower case; an empty text finds every message with the field. */
  | { readonly kind: 'header'; readonly name: string; readonly text: string }
  | { readonly kind: 'body' | 'text'; readonly text: string };

export type DateComparison = 'before' | 'on' | 'since';

interface Reading {
  readonly d: Decoder;
  readonly charset: string;
  /** Keys read so far. */
  count: number;
}

// search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)
/** The keys, all of which a message must match. `charset` is that of their strings. */
export function parseKeys(d: Decoder, charset: string): SearchKey {
  const reading: Reading = { d, charset, count: 0 };
  const keys = [parseKey(reading)];
  while (d.tryConsume(' ')) keys.push(parseKey(reading));
  return all(keys);
}

function parseKey(reading: Reading): SearchKey {
  const { d } = reading;
  if (++reading.count > maxSearchKeys) throw new ParseError('Too many search keys');
  const next = d.peek();
  if (next === '(') return all(d.nonEmptyList(() => parseKey(reading)));
  if (next === '*' || next === '$' || (next >= '0' && next <= '9')) {
    return { kind: 'sequence', set: d.messageSet() };
  }

  const word = d.word();
  const flag = flagKeys.get(word);
  if (flag !== undefined) return flag;
  const field = addressed.get(word);
  if (field !== undefined) return { kind: 'header', name: field, text: text(reading) };
  const date = dated.get(word);
  if (date !== undefined) {
    d.space();
    return { ...date, date: d.date() };
  }
  switch (word) {
    case 'NOT':
      d.space();
      return { kind: 'not', key: d.nested(() => parseKey(reading)) };
    case 'OR': {
      d.space();
      const first = d.nested(() => parseKey(reading));
      d.space();
      return { kind: 'or', keys: [first, d.nested(() => parseKey(reading))] };
    }
    case 'KEYWORD':
      d.space();
      return { kind: 'keyword', name: d.atom() };
    case 'UNKEYWORD':
      d.space();
      return { kind: 'not', key: { kind: 'keyword', name: d.atom() } };
    case 'UID':
      d.space();
      return { kind: 'uid', set: d.messageSet() };
    case 'LARGER':
    case 'SMALLER':
      d.space();
      return { kind: word === 'LARGER' ? 'larger' : 'smaller', sizeBytes: d.number64() };
    case 'HEADER': {
      d.space();
      const name = d.astring().toLowerCase();
      return { kind: 'header', name, text: text(reading) };
    }
    case 'BODY':
    case 'TEXT':
      return { kind: word === 'BODY' ? 'body' : 'text', text: text(reading) };
    case 'MODSEQ':
      return parseModSeq(d);
    case 'EMAILID':
    case 'THREADID':
      d.space();
      return { kind: word === 'EMAILID' ? 'email' : 'thread', objectId: d.atom() };
    default:
      throw new ParseError('No such search key');
  }
}

// search-modsequence = "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer
function parseModSeq(d: Decoder): SearchKey {
  d.space();
  if (d.peek() === '"') {
    // RFC 7162 §3.1.5: with one mod-sequence for all metadata of a message, the entry is ignored.
    d.string();
    d.space();
    d.keyword('priv', 'shared', 'all');
    d.space();
  }
  return { kind: 'modseq', atLeast: d.number64() };
}

function text({ d, charset }: Reading): string {
  d.space();
  return decodeCharset(d.astringBytes(), charset);
}

function all(keys: readonly SearchKey[]): SearchKey {
  return keys.length === 1 ? (keys[0] as SearchKey) : { kind: 'and', keys };
}

function flag(name: SystemFlag): SearchKey {
  return { kind: 'flag', bit: flagBits[name] };
}
function not(key: SearchKey): SearchKey {
  return { kind: 'not', key };
}

// RECENT, NEW and OLD are of revision 1. No message is \Recent here: RFC 9051 Appendix E took it out, and telling one
// session alone would cost a write at each SELECT.
const flagKeys: ReadonlyMap<string, SearchKey> = new Map<string, SearchKey>([
  ['ALL', { kind: 'all' }],
  ['ANSWERED', flag('\\Answered')],
  ['DELETED', flag('\\Deleted')],
  ['DRAFT', flag('\\Draft')],
  ['FLAGGED', flag('\\Flagged')],
  ['SEEN', flag('\\Seen')],
  ['UNANSWERED', not(flag('\\Answered'))],
  ['UNDELETED', not(flag('\\Deleted'))],
  ['UNDRAFT', not(flag('\\Draft'))],
  ['UNFLAGGED', not(flag('\\Flagged'))],
  ['UNSEEN', not(flag('\\Seen'))],
  ['NEW', { kind: 'none' }],
  ['OLD', { kind: 'all' }],
  ['RECENT', { kind: 'none' }],
]);

const addressed: ReadonlyMap<string, string> = new Map([
  ['BCC', 'bcc'],
  ['CC', 'cc'],
  ['FROM', 'from'],
  ['SUBJECT', 'subject'],
  ['TO', 'to'],
]);

type Dated = Omit<Extract<SearchKey, { readonly compare: DateComparison }>, 'date'>;
const dated: ReadonlyMap<string, Dated> = new Map<string, Dated>([
  ['BEFORE', { kind: 'internal-date', compare: 'before' }],
  ['ON', { kind: 'internal-date', compare: 'on' }],
  ['SINCE', { kind: 'internal-date', compare: 'since' }],
  ['SENTBEFORE', { kind: 'sent-date', compare: 'before' }],
  ['SENTON', { kind: 'sent-date', compare: 'on' }],
  ['SENTSINCE', { kind: 'sent-date', compare: 'since' }],
]);
