import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { silentLog } from '../../src/core/log.ts';
import type { AccountId } from '../../src/core/values.ts';
import type { CommandContext } from '../../src/imap/command.ts';
import { fetch } from '../../src/imap/commands/fetch.ts';
import { ConnectionLost } from '../../src/imap/connection.ts';
import { batchLimits } from '../../src/imap/fetch/batches.ts';
import { streamBytes } from '../../src/imap/fetch/octets.ts';
import { SessionState } from '../../src/imap/session-state.ts';
import { Decoder } from '../../src/imap/wire/decoder.ts';
import { Encoder, encoderLimits, type OctetSink } from '../../src/imap/wire/encoder.ts';
import type { Part } from '../../src/mail/api.ts';
import type { Account, MailStore } from '../../src/store/api.ts';
import { ModelMailbox } from './selected-client.ts';

/** A client that reads when it is told to. */
class SlowReader implements OctetSink {
  queuedBytes = 0;
  receivedBytes = 0;
  mostQueuedBytes = 0;
  lost = false;
  #wake: (() => void) | undefined;

  write(octets: Uint8Array): void {
    this.queuedBytes += octets.length;
    this.mostQueuedBytes = Math.max(this.mostQueuedBytes, this.queuedBytes);
  }
  drained(): Promise<void> {
    if (this.lost) return Promise.reject(new ConnectionLost());
    return new Promise((resolve, reject) => {
      this.#wake = () => {
        if (this.lost) reject(new ConnectionLost());
        else resolve();
      };
    });
  }
  read(): void {
    this.receivedBytes += this.queuedBytes;
    this.queuedBytes = 0;
    this.#wake?.();
  }
  hangUp(): void {
    this.lost = true;
    this.#wake?.();
  }
}

const inlineBodyBytes = 64 * 1024;

/** A store of messages that are all zeros, which counts what is read of them. */
function countingStore(sizeBytes: number): { store: MailStore; read: { bytes: number } } {
  const read = { bytes: 0 };
  const parts = {
    section: '',
    headerStart: 0,
    bodyStart: 0,
    bodyEnd: sizeBytes,
    type: 'text',
    children: [],
  } as unknown as Part;
  const header = Buffer.alloc(inlineBodyBytes, 'x');
  const octets = (length: number): Uint8Array => {
    read.bytes += length;
    return Buffer.alloc(length, 'x');
  };
  const store = {
    inlineBodyBytes,
    describe: (_: AccountId, emails: readonly unknown[]) =>
      Promise.resolve(emails.map(() => ({ parts, header }))),
    contents: (_: AccountId, emails: readonly unknown[]) =>
      Promise.resolve(emails.map(() => ({ sizeBytes, parts, bytes: octets(sizeBytes) }))),
    content: () =>
      Promise.resolve({
        sizeBytes,
        read: (offset: number, length: number) =>
          Promise.resolve(octets(Math.min(length, sizeBytes - offset))),
      }),
  };
  return { store: store as unknown as MailStore, read };
}

function begin(model: ModelMailbox, store: MailStore, reader: SlowReader, command: string) {
  const state = new SessionState();
  const selected = model.open(state);
  const out = new Encoder(reader);
  const ctx: CommandContext = {
    tag: 'a',
    out,
    state,
    selected,
    store,
    log: silentLog,
    clock: { now: () => 0 },
    account: { id: 1 as AccountId } as Account,
    connection: undefined as unknown as CommandContext['connection'],
  };
  const d = new Decoder(Buffer.from(command));
  const finished = { yes: false };
  const done = fetch.run(ctx, fetch.parse(d, 'msn', state), 'msn').finally(() => {
    finished.yes = true;
    out.send();
  });
  return { done, finished };
}

/** Lets everything happen that can happen without the client. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
}

describe('FETCH for a slow reader', () => {
  it('keeps of 50 MB no more in memory than a few pieces', async () => {
    const sizeBytes = 50 * 1024 * 1024;
    const model = new ModelMailbox();
    model.add(1, 0, sizeBytes);
    const { store, read } = countingStore(sizeBytes);
    const reader = new SlowReader();
    const { done, finished } = begin(model, store, reader, ' 1 BODY.PEEK[]');
    // What waits in the connection, the piece on its way there, and one that is read ahead.
    const bound = encoderLimits.queuedBytes + encoderLimits.chunkBytes + 2 * streamBytes;
    let mostAhead = 0;
    while (!finished.yes) {
      await settle();
      mostAhead = Math.max(mostAhead, read.bytes - reader.receivedBytes);
      expect(mostAhead, 'bytes in memory').to.be.at.most(bound);
      reader.read();
    }
    expect((await done).status).to.equal('OK');
    reader.read();
    expect(read.bytes).to.equal(sizeBytes);
    expect(reader.receivedBytes).to.be.greaterThan(sizeBytes);
    expect(reader.mostQueuedBytes).to.be.at.most(bound);
    // The test sees something: more than one piece was ahead.
    expect(mostAhead).to.be.greaterThan(streamBytes);
  });

  it('reads of 50 MB of small messages two batches ahead and no more', async () => {
    const sizeBytes = 10_000;
    const messages = 5000;
    const model = new ModelMailbox();
    model.add(messages, 0, sizeBytes);
    const { store, read } = countingStore(sizeBytes);
    const reader = new SlowReader();
    const { done, finished } = begin(model, store, reader, ' 1:* BODY.PEEK[]');
    const bound =
      encoderLimits.queuedBytes +
      encoderLimits.chunkBytes +
      2 * (batchLimits.bodyBytes + inlineBodyBytes);
    while (!finished.yes) {
      await settle();
      expect(read.bytes - reader.receivedBytes, 'bytes in memory').to.be.at.most(bound);
      reader.read();
    }
    expect((await done).status).to.equal('OK');
    expect(read.bytes).to.equal(sizeBytes * messages);
  });

  for (const [what, item] of [
    ['a header', 'BODY.PEEK[HEADER]<n.99999>'],
    ['a small message', 'BODY.PEEK[]<n.99999>'],
  ] as const) {
    it(`waits between the pieces of ${what} that is asked for many times`, async () => {
      const model = new ModelMailbox();
      model.add(1, 0, inlineBodyBytes);
      const reader = new SlowReader();
      const items = Array.from({ length: 500 }, (_, n) => item.replace('n', String(n)));
      const { store } = countingStore(inlineBodyBytes);
      const { done, finished } = begin(model, store, reader, ` 1 (${items.join(' ')})`);
      const bound = encoderLimits.queuedBytes + encoderLimits.chunkBytes + 2 * inlineBodyBytes;
      while (!finished.yes) {
        await settle();
        expect(reader.queuedBytes).to.be.at.most(bound);
        reader.read();
      }
      expect((await done).status).to.equal('OK');
      reader.read();
      expect(reader.receivedBytes).to.be.greaterThan(490 * inlineBodyBytes);
    });
  }

  it('waits between FLAGS of many messages', async () => {
    const model = new ModelMailbox();
    for (let i = 0; i < 50; i++) model.add(1000);
    const reader = new SlowReader();
    const { done, finished } = begin(model, countingStore(1).store, reader, ' 1:* (FLAGS UID)');
    while (!finished.yes) {
      await settle();
      expect(reader.queuedBytes).to.be.at.most(2 * encoderLimits.queuedBytes);
      reader.read();
    }
    expect((await done).status).to.equal('OK');
  });

  it('stops reading when the client hangs up', async () => {
    const sizeBytes = 50 * 1024 * 1024;
    const model = new ModelMailbox();
    model.add(1, 0, sizeBytes);
    const { store, read } = countingStore(sizeBytes);
    const reader = new SlowReader();
    const { done } = begin(model, store, reader, ' 1 BODY.PEEK[]');
    await settle();
    reader.hangUp();
    const error: unknown = await done.catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ConnectionLost);
    expect(read.bytes).to.be.lessThan(sizeBytes / 10);
  });
});
