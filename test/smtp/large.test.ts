import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createTransport } from 'nodemailer';
import type { ContentStore, ContentWriter } from '../../src/store/api.ts';
import { ScriptClient } from './script.ts';
import { openMailHouse, type MailHouse } from './support.ts';

const megabyte = 1024 * 1024;

describe('large messages', () => {
  let house: MailHouse;
  before(async () => {
    house = await openMailHouse();
  });
  after(() => house.close());

  /** Sends a message of so many octets behind its envelope, never faster than the socket takes it. */
  async function stream(client: ScriptClient, bytes: number, piece: Buffer): Promise<void> {
    for (let sent = 0; sent < bytes; sent += piece.length) {
      client.send(piece);
      if (client.socket.writableNeedDrain) await once(client.socket, 'drain');
    }
  }

  async function open(port: number, recipient: string): Promise<ScriptClient> {
    const client = await ScriptClient.connect(port);
    await client.reply();
    await client.ask('EHLO client.example.com');
    await client.ask('MAIL FROM:<a@b.example>');
    expect(await client.ask(`RCPT TO:<${recipient}>`)).to.match(/^250 /);
    expect(await client.ask('DATA')).to.match(/^354 /);
    return client;
  }

  it('goes through in pieces: 48 MB, and never more than a few hundred kilobytes of it at once', async () => {
    const account = await house.account('large');
    // Between the session and the store: how much is on its way at most, when the store is slow.
    let under = 0;
    let most = 0;
    let largest = 0;
    const slow: ContentStore = {
      inlineBodyBytes: house.store.inlineBodyBytes,
      receive(): ContentWriter {
        const writer = house.store.receive();
        return {
          async write(chunk) {
            under += chunk.length;
            most = Math.max(most, under);
            largest = Math.max(largest, chunk.length);
            await new Promise((resolve) => setImmediate(resolve));
            await writer.write(chunk);
            under -= chunk.length;
          },
          finish: () => writer.finish(),
          abort: () => writer.abort(),
        };
      },
    };
    const { port } = await house.listen({}, { content: slow });
    const client = await open(port, account.canonical);
    const piece = Buffer.from(`${'x'.repeat(998)}\r\n`.repeat(64));
    const pieces = Math.ceil((48 * megabyte) / piece.length);
    client.send('Subject: large\r\n\r\n');
    await stream(client, pieces * piece.length, piece);
    expect(await client.ask('.')).to.match(/^250 /);
    client.destroy();
    // One chunk at a time, and one chunk is what one read of a socket gives.
    expect(most).to.equal(largest);
    expect(largest).to.be.at.most(128 * 1024);

    const [letter = ''] = await house.inbox(account);
    const body = letter.slice(letter.indexOf('\r\n\r\n') + 4);
    const expected = createHash('sha256');
    for (let i = 0; i < pieces; i++) expected.update(piece);
    expect(createHash('sha256').update(body).digest('hex')).to.equal(expected.digest('hex'));
  });

  it('stops reading while the store cannot take more', async () => {
    const account = await house.account('stuck');
    let free = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      free = resolve;
    });
    const stuck: ContentStore = {
      inlineBodyBytes: house.store.inlineBodyBytes,
      receive(): ContentWriter {
        const writer = house.store.receive();
        return {
          write: async (chunk) => {
            await held;
            await writer.write(chunk);
          },
          finish: () => writer.finish(),
          abort: () => writer.abort(),
        };
      },
    };
    const { port } = await house.listen({}, { content: stuck });
    const client = await open(port, account.canonical);
    const total = 40 * megabyte;
    client.send(Buffer.from(`${'x'.repeat(998)}\r\n`.repeat(total / 1000)));
    let before = -1;
    while (before !== client.socket.writableLength) {
      before = client.socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(before, 'the rest waits at the client').to.be.greaterThan(total / 2);
    free();
    expect(await client.ask('.')).to.match(/^250 /);
    client.destroy();
  });

  it('from nodemailer, with an attachment, in STARTTLS', async () => {
    const account = await house.account('mailer');
    const { port } = await house.listen({ tls: 'starttls' });
    const transport = createTransport({
      host: '127.0.0.1',
      port,
      requireTLS: true,
      tls: { rejectUnauthorized: false },
    });
    const attachment = Buffer.alloc(megabyte, 'ә');
    const sent = await transport.sendMail({
      from: 'Ә <a@b.example>',
      to: account.address,
      subject: 'Сәлем',
      text: '.dot\n..dots\n',
      attachments: [{ filename: 'ә.bin', content: attachment }],
    });
    transport.close();
    expect(sent.response).to.match(/^250 2\.0\.0 Ok: accepted as /);
    const [letter = ''] = await house.inbox(account);
    expect(letter).to.contain('.dot\r\n..dots\r\n');
    expect(letter.replaceAll('\r\n', '')).to.contain(attachment.toString('base64').slice(0, 1000));
  });
});
