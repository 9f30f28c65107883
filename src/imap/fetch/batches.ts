import { MailError } from '../../core/errors.ts';
import type { AccountId, EmailId, Uid } from '../../core/values.ts';
import type { UidRanges } from '../../core/uid-set.ts';
import type { FieldNames } from '../../mail/field-choice.ts';
import type { Description, MailStore, ReadContent, Rendering } from '../../store/api.ts';
import type { MessageRows } from '../ghost-rows.ts';
import type { MessageWalk, SelectedMailbox } from '../selected.ts';
import { InlineOctets, type MessageOctets, storedOctets } from './octets.ts';

/** What is in memory of a FETCH or SEARCH: one batch that is used and one that is read meanwhile. */
export const batchLimits = {
  describedMessages: 256,
  readMessages: 256,
  /** Octets of one batch. Of a message no more counts than a header or its renderings can be. */
  batchBytes: 16 * 1024 * 1024,
  headerBytes: 10 * 1024 * 1024,
  /** Of one batch. Each failure is an entry of the log; with more of them it is the file that is told of, not messages. */
  unavailableMessages: 4,
  /** Octets of one batch of bodies. */
  bodyBytes: 1024 * 1024,
} as const;

/** A message and what was read of it. */
export class BatchMessage {
  readonly msn: number;
  readonly uid: Uid;
  readonly email: EmailId;
  readonly sizeBytes: number;
  /** The renderings asked for; undefined when none was, or when the message is no longer kept. */
  description: Description | undefined;
  /** The whole message, when bodies were asked for and it is small. */
  content: ReadContent | undefined;
  /** It is kept, but what it lies on cannot be read now. */
  unavailable = false;

  constructor(msn: number, rows: MessageRows, index: number) {
    this.msn = msn;
    this.uid = rows.uidAt(index);
    this.email = rows.emailAt(index);
    this.sizeBytes = rows.sizeAt(index);
  }

  /** The message's octets when they were read with the batch. */
  get inline(): InlineOctets | undefined {
    const { content } = this;
    return content?.bytes && new InlineOctets(content, content.bytes);
  }

  /** The message's octets, when bodies were asked for; undefined when it is no longer kept. */
  async open(store: MailStore, account: AccountId): Promise<MessageOctets | undefined> {
    const { inline, content, description } = this;
    if (inline !== undefined) return inline;
    const parts = content?.parts ?? description?.parts;
    if (parts === undefined) return undefined;
    const stored = await store.content(account, this.email);
    return stored === undefined ? undefined : storedOctets(parts, stored);
  }
}

export interface BatchNeeds {
  readonly renderings: readonly Rendering[];
  /** Of headers; undefined: whole headers. */
  readonly fields?: FieldNames | undefined;
  readonly bodies: boolean;
  /** Messages that cannot be read now are marked `unavailable`, and the others are read; else the batches end with that. */
  readonly markUnavailable?: boolean;
}

/** Reads messages in batches, the next one while the last is used, so that the readers never wait for the writer. */
export async function* readBatches(
  store: MailStore,
  selected: SelectedMailbox,
  ranges: UidRanges,
  needs: BatchNeeds,
): AsyncGenerator<readonly BatchMessage[]> {
  const walk = selected.walk(ranges);
  const read = (): Promise<readonly BatchMessage[]> => {
    const reading = load(store, selected.account, collect(walk, needs), needs);
    // When the user of the batches leaves early nobody waits for this one any more.
    reading.catch(() => undefined);
    return reading;
  };
  let reading = read();
  for (;;) {
    const batch = await reading;
    if (batch.length === 0) return;
    reading = read();
    yield batch;
  }
}

function collect(walk: MessageWalk, needs: BatchNeeds): BatchMessage[] {
  const messages: BatchMessage[] = [];
  let bytes = 0;
  const { readMessages, describedMessages, bodyBytes, batchBytes, headerBytes } = batchLimits;
  const most = needs.bodies ? readMessages : describedMessages;
  walk.next(most, (msn, rows, index) => {
    messages.push(new BatchMessage(msn, rows, index));
    // A large body is streamed later on: the batch holds none of it.
    bytes += Math.min(rows.sizeAt(index), needs.bodies ? bodyBytes : headerBytes);
    return bytes >= (needs.bodies ? bodyBytes : batchBytes) ? true : undefined;
  });
  return messages;
}

async function load(
  store: MailStore,
  account: AccountId,
  messages: readonly BatchMessage[],
  needs: BatchNeeds,
): Promise<readonly BatchMessage[]> {
  if (messages.length === 0) return messages;
  try {
    await loadTogether(store, account, messages, needs);
  } catch (error) {
    if (needs.markUnavailable !== true || !isUnavailable(error)) throw error;
    // Letters to many lie in files of other accounts. One that is damaged makes the whole read fail: then each is asked for.
    let failed = 0;
    for (const message of messages) {
      await loadAlone(store, account, message, needs);
      if (message.unavailable && ++failed > batchLimits.unavailableMessages) throw error;
    }
  }
  return messages;
}

async function loadAlone(
  store: MailStore,
  account: AccountId,
  message: BatchMessage,
  needs: BatchNeeds,
): Promise<void> {
  try {
    await loadTogether(store, account, [message], needs);
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    message.description = undefined;
    message.content = undefined;
    message.unavailable = true;
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof MailError && error.failure === 'unavailable';
}

async function loadTogether(
  store: MailStore,
  account: AccountId,
  messages: readonly BatchMessage[],
  needs: BatchNeeds,
): Promise<void> {
  const large = messages.some((message) => message.sizeBytes > store.inlineBodyBytes);
  const renderings: readonly Rendering[] =
    needs.bodies && large ? [...needs.renderings, 'parts'] : needs.renderings;
  await Promise.all([
    renderings.length === 0
      ? undefined
      : describe(store, account, messages, renderings, needs.fields),
    needs.bodies ? readSmall(store, account, messages) : undefined,
  ]);
}

async function describe(
  store: MailStore,
  account: AccountId,
  messages: readonly BatchMessage[],
  renderings: readonly Rendering[],
  fields: FieldNames | undefined,
): Promise<void> {
  const emails = messages.map((message) => message.email);
  const descriptions = await store.describe(account, emails, renderings, fields);
  for (const [i, message] of messages.entries()) message.description = descriptions[i];
}

async function readSmall(
  store: MailStore,
  account: AccountId,
  messages: readonly BatchMessage[],
): Promise<void> {
  const small = messages.filter((message) => message.sizeBytes <= store.inlineBodyBytes);
  if (small.length === 0) return;
  const emails = small.map((message) => message.email);
  const contents = await store.contents(account, emails);
  for (const [i, message] of small.entries()) message.content = contents[i];
}
