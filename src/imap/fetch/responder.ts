import { MailError } from '../../core/errors.ts';
import { toRanges, type UidRanges } from '../../core/uid-set.ts';
import { seenBit } from '../../core/values.ts';
import { FieldChoice, type FieldNames } from '../../mail/field-choice.ts';
import type { Description } from '../../store/api.ts';
import type { CommandContext } from '../command.ts';
import { ConnectionLost } from '../connection.ts';
import { TimeSlice } from '../time-slice.ts';
import { includesUid, intersect } from '../uid-ranges.ts';
import { type BatchMessage, type BatchNeeds, readBatches } from './batches.ts';
import { binarySize, UnknownEncoding, writeBinary } from './binary.ts';
import type { FetchItem, Section, SectionItem } from './items.ts';
import { type MessageOctets, writeSpan } from './octets.ts';
import { type PlainText, plainText } from './plain-text.ts';
import type { FetchPlan } from './plan.ts';
import { partialSpan, type Span, spanOf } from './section.ts';

/** Messages answered from memory between two looks at the client and the clock. */
const answeredAtOnce = 1000;

/** What went wrong with some of the messages while the others were answered. */
export interface FetchOutcome {
  /** Messages whose content is not kept any more, though the mailbox has them. */
  readonly lost: number;
  /** Messages that cannot be read now, and can perhaps later. */
  readonly unavailable: number;
  /** The same for messages that were expunged meanwhile. */
  readonly expunged: number;
  readonly unknownEncoding: boolean;
}

const noDescription: Description = {};

/** Pieces of a message in memory that are written between two looks at the client and the clock. */
const piecesAtOnce = 4;

function fewSections(items: readonly FetchItem[]): readonly SectionItem[] | undefined {
  const sections: SectionItem[] = [];
  for (const item of items) {
    if (item.kind === 'section') sections.push(item);
    else if (item.kind !== 'plain') return undefined;
  }
  return sections.length > piecesAtOnce ? undefined : sections;
}

function all(octets: Uint8Array): Span {
  return { start: 0, end: octets.length };
}

/** Writes the FETCH responses of one command, in order, as fast as the client reads and no faster. */
export class FetchResponder {
  readonly #ctx: CommandContext;
  readonly #plan: FetchPlan;
  readonly #texts: readonly PlainText[];
  /** The items about octets, when they are few and none needs decoding. */
  readonly #fewSections: readonly SectionItem[] | undefined;
  readonly #choices = new Map<FieldNames, FieldChoice>();
  /** Messages that this command marked as seen; their FLAGS are told unasked. */
  #marked: UidRanges = [];
  #lost = 0;
  #unavailable = 0;
  #expunged = 0;
  #unknownEncoding = false;

  constructor(ctx: CommandContext, plan: FetchPlan) {
    this.#ctx = ctx;
    this.#plan = plan;
    const { selected, state } = ctx;
    this.#fewSections = fewSections(plan.items);
    this.#texts = plan.items
      .filter((item) => item.kind === 'plain')
      .map((item) => plainText(item.label, selected, state.utf8));
  }

  /** Of one message that cannot be read the others know nothing. */
  get #needs(): BatchNeeds {
    const { renderings, fields, bodies } = this.#plan;
    return { renderings, fields, bodies, markUnavailable: true };
  }

  async answer(ranges: UidRanges): Promise<FetchOutcome> {
    const plan = this.#plan;
    if (plan.marksSeen) this.#marked = await this.#markSeen(ranges);
    if (plan.bodies || plan.items.some((item) => item.kind !== 'plain')) {
      await this.#answerWithOctets(ranges);
    } else if (plan.renderings.length > 0) await this.#answerWithRenderings(ranges);
    else await this.#answerFromView(ranges);
    return {
      lost: this.#lost,
      unavailable: this.#unavailable,
      expunged: this.#expunged,
      unknownEncoding: this.#unknownEncoding,
    };
  }

  /** Sets \Seen on all messages in one commit, before they are read, so that the responses can tell of it. */
  async #markSeen(ranges: UidRanges): Promise<UidRanges> {
    const { selected, store, log } = this.#ctx;
    if (selected.readOnly) return [];
    const unseen: number[] = [];
    selected.walk(ranges).next(Infinity, (_, rows, index) => {
      const seen = (rows.flagsAt(index) & seenBit) !== 0;
      if (!seen && rows === selected.view) unseen.push(rows.uidAt(index));
      return undefined;
    });
    if (unseen.length === 0) return [];
    const marked = toRanges(unseen);
    const change = { mode: 'add', flags: { system: seenBit, keywords: [] } } as const;
    try {
      await store.storeFlags(selected.account, selected.mailbox.id, marked, change);
      return marked;
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      // Mail can be read while the disk is full; it is only not marked.
      log.warn('seen-not-stored', { failure: error.failure, err: error });
      return [];
    }
  }

  async #answerFromView(ranges: UidRanges): Promise<void> {
    const { selected, out } = this.#ctx;
    const walk = selected.walk(ranges);
    const slice = new TimeSlice();
    const texts = this.#texts;
    let more = true;
    while (more) {
      let text = '';
      let first = 0;
      let last = 0;
      more = walk.next(answeredAtOnce, (msn, rows, index) => {
        last = rows.uidAt(index);
        if (first === 0) first = last;
        text += `* ${msn} FETCH (`;
        for (let i = 0; i < texts.length; i++) {
          if (i > 0) text += ' ';
          text += (texts[i] as PlainText)(rows, index, noDescription);
        }
        text += ')\r\n';
        return undefined;
      });
      if (text === '') return;
      if (this.#plan.tellsFlags) this.#flagsTold(ranges, first, last);
      selected.announceKeywords(out);
      out.text(text);
      await out.flush();
      if (slice.over) await slice.rest();
    }
  }

  async #answerWithRenderings(ranges: UidRanges): Promise<void> {
    const { selected, out, store } = this.#ctx;
    const slice = new TimeSlice();
    for await (const batch of readBatches(store, selected, ranges, this.#needs)) {
      let text = '';
      for (const message of batch) {
        if (message.description === undefined) this.#missing(message);
        else text += `* ${message.msn} FETCH (${this.#plainItems(message)})\r\n`;
      }
      if (this.#plan.tellsFlags) {
        this.#flagsTold(ranges, batch[0]?.uid ?? 0, batch.at(-1)?.uid ?? 0);
      }
      selected.announceKeywords(out);
      out.text(text);
      await out.flush();
      if (slice.over) await slice.rest();
    }
  }

  async #answerWithOctets(ranges: UidRanges): Promise<void> {
    const { selected, store } = this.#ctx;
    const slice = new TimeSlice();
    for await (const batch of readBatches(store, selected, ranges, this.#needs)) {
      for (const message of batch) {
        if (this.#answerAtOnce(message)) {
          if (this.#ctx.out.flush() !== undefined || slice.over) await this.#breathe(slice);
        } else if (this.#plan.bodies) await this.#answerWithBody(message, slice);
        else await this.#answerWithHeader(message, slice);
      }
    }
  }

  /** After each item, not each message: one command may ask for one header two thousand times. */
  async #breathe(slice: TimeSlice): Promise<void> {
    const full = this.#ctx.out.flush();
    if (full !== undefined) await full;
    if (slice.over) await slice.rest();
  }

  /** The usual case, without a promise of its own: a few pieces of a message that is in memory. False: it is another. */
  #answerAtOnce(message: BatchMessage): boolean {
    const sections = this.#fewSections;
    const { description, inline } = message;
    if (sections === undefined) return false;
    if (this.#plan.renderings.length > 0 && description === undefined) return false;
    const whole = this.#plan.bodies ? inline?.whole : description?.header;
    if (whole === undefined) return false;
    let separator = this.#begin(message);
    try {
      for (const item of sections) {
        const span = inline === undefined ? all(whole) : spanOf(inline, item.section);
        this.#writeInline(separator, item, whole, span);
        separator = ' ';
      }
    } catch (error) {
      this.#cutOff(message, error);
    }
    this.#ctx.out.text(')\r\n');
    return true;
  }

  async #answerWithHeader(message: BatchMessage, slice: TimeSlice): Promise<void> {
    const block = message.description?.header;
    if (block === undefined) {
      this.#missing(message);
      return;
    }
    let separator = this.#begin(message);
    for (const item of this.#plan.items) {
      if (item.kind !== 'section') continue;
      this.#writeInline(separator, item, block, all(block));
      separator = ' ';
      await this.#breathe(slice);
    }
    this.#ctx.out.text(')\r\n');
  }

  async #answerWithBody(message: BatchMessage, slice: TimeSlice): Promise<void> {
    const { out, selected, store } = this.#ctx;
    const octets = await message.open(store, selected.account);
    const undescribed = this.#plan.renderings.length > 0 && message.description === undefined;
    if (octets === undefined || undescribed) {
      this.#missing(message);
      return;
    }
    let separator = this.#begin(message);
    try {
      for (const item of this.#plan.items) {
        // Of an item that cannot be answered nothing is written, so the space comes with what is.
        if (await this.#writeItem(separator, item, octets)) separator = ' ';
        await this.#breathe(slice);
      }
    } catch (error) {
      this.#cutOff(message, error);
    }
    // The grammar has no response without an item.
    if (separator === '') out.text(`UID ${message.uid}`);
    out.text(')\r\n');
  }

  /** Half a response is out, perhaps in the middle of a literal: whatever we said now would be taken for mail. */
  #cutOff(message: BatchMessage, error: unknown): never {
    if (error instanceof ConnectionLost) throw error;
    const { selected, log } = this.#ctx;
    const { mailbox } = selected;
    log.error('message-unreadable', { mailbox: mailbox.id, uid: message.uid, err: error });
    throw new ConnectionLost('A message could not be read');
  }

  /** Writes the beginning of a response up to its plain items; answers what separates the next item from them. */
  #begin(message: BatchMessage): string {
    const { out, selected } = this.#ctx;
    selected.announceKeywords(out);
    const plain = this.#plainItems(message);
    out.text(`* ${message.msn} FETCH (${plain}`);
    if (this.#plan.tellsFlags || includesUid(this.#marked, message.uid)) {
      selected.flagsShown([message.uid, message.uid]);
    }
    return plain === '' ? '' : ' ';
  }

  /** Writes what the item asks for of octets in memory; NIL without a span. */
  #writeInline(
    separator: string,
    item: SectionItem,
    octets: Uint8Array,
    span: Span | undefined,
  ): void {
    const { out } = this.#ctx;
    if (span === undefined) {
      out.text(`${separator}${item.label} NIL`);
      return;
    }
    const value = this.#fieldsOf(octets.subarray(span.start, span.end), item.section);
    const { start, end } = partialSpan(value.length, item.partial);
    const asked = end - start === value.length ? value : value.subarray(start, end);
    out.text(`${separator}${item.label} {${asked.length}}\r\n`).bytes(asked);
  }

  /** HEADER, HEADER.FIELDS or HEADER.FIELDS.NOT of a header block. RFC 9051 §6.4.5.1. */
  #fieldsOf(block: Uint8Array, { fields }: Section): Uint8Array {
    // What the store chose is chosen.
    if (fields === undefined || fields === this.#plan.fields) return block;
    let choice = this.#choices.get(fields);
    if (choice === undefined) {
      choice = new FieldChoice(fields);
      this.#choices.set(fields, choice);
    }
    return choice.of(block);
  }

  /** False when there was nothing that could be written. */
  async #writeItem(separator: string, item: FetchItem, octets: MessageOctets): Promise<boolean> {
    const { out } = this.#ctx;
    switch (item.kind) {
      case 'plain':
        return false; // written by `#begin`
      case 'section': {
        const span = spanOf(octets, item.section);
        if (octets.whole !== undefined) {
          this.#writeInline(separator, item, octets.whole, span);
        } else if (span === undefined) out.text(`${separator}${item.label} NIL`);
        else if (item.section.fields !== undefined) {
          const header = await octets.read(span);
          this.#writeInline(separator, item, header, all(header));
        } else {
          const { start, end } = partialSpan(span.end - span.start, item.partial);
          out.text(`${separator}${item.label} `).literalHeader(end - start);
          await writeSpan(out, octets, { start: span.start + start, end: span.start + end });
        }
        return true;
      }
      case 'binary':
        return this.#knownEncoding(() =>
          writeBinary(out, `${separator}${item.label}`, octets, item.section, item.partial),
        );
      case 'binary-size':
        return this.#knownEncoding(async () => {
          const size = await binarySize(octets, item.section);
          out.text(`${separator}${item.label} ${size ?? 'NIL'}`);
        });
    }
  }

  async #knownEncoding(write: () => Promise<void>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      if (!(error instanceof UnknownEncoding)) throw error;
      this.#unknownEncoding = true;
      return false;
    }
  }

  /** The plain items as they are now, and FLAGS when this command changed them. RFC 9051 §6.4.5, RFC 7162 §3.2.4. */
  #plainItems(message: BatchMessage): string {
    const { selected, state } = this.#ctx;
    const place = selected.locate(message.uid);
    if (place === undefined) return '';
    const { rows, index } = place;
    const described = message.description ?? noDescription;
    let text = '';
    for (let i = 0; i < this.#texts.length; i++) {
      if (i > 0) text += ' ';
      text += (this.#texts[i] as PlainText)(rows, index, described);
    }
    if (!this.#plan.tellsFlags && includesUid(this.#marked, message.uid)) {
      const unasked = state.condstore
        ? (['UID', 'FLAGS', 'MODSEQ'] as const)
        : (['FLAGS'] as const);
      for (const item of unasked) {
        if (this.#plan.items.some(({ label }) => label === item)) continue;
        if (text !== '') text += ' ';
        text += plainText(item, selected, state.utf8)(rows, index, described);
      }
    }
    return text;
  }

  #flagsTold(ranges: UidRanges, first: number, last: number): void {
    const { selected } = this.#ctx;
    if (selected.pendingFlags.length > 0) selected.flagsShown(intersect(ranges, [first, last]));
  }

  #missing(message: BatchMessage): void {
    const { selected, log } = this.#ctx;
    if (selected.isGhost(message.uid)) {
      this.#expunged++;
      return;
    }
    if (message.unavailable) {
      this.#unavailable++;
      log.error('content-unavailable', { mailbox: selected.mailbox.id, uid: message.uid });
      return;
    }
    this.#lost++;
    log.error('content-missing', { mailbox: selected.mailbox.id, uid: message.uid });
  }
}
