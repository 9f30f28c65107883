import { expect } from 'chai';
import type { DeliveryAgent } from '../../src/delivery/api.ts';
import type { Account } from '../../src/store/api.ts';
import { ScriptClient } from './script.ts';
import { openMailHouse, type MailHouse } from './support.ts';

describe('the same letter again', () => {
  let house: MailHouse;
  let account: Account;
  let port: number;
  let count = 0;

  before(async () => {
    house = await openMailHouse();
    ({ port } = await house.listen());
  });
  beforeEach(async () => {
    account = await house.account(`same${++count}`);
  });
  after(() => house.close());

  const text = 'Subject: the same\r\n\r\nto the last octet\r\n';

  async function begin(more = ''): Promise<ScriptClient> {
    const client = await ScriptClient.connect(port);
    await client.reply();
    await client.ask('EHLO client.example.com');
    await envelope(client, more);
    return client;
  }

  async function envelope(client: ScriptClient, more = ''): Promise<void> {
    expect(await client.ask(`MAIL FROM:<a@b.example>${more}`)).to.match(/^250 /);
    expect(await client.ask(`RCPT TO:<${account.canonical}>`)).to.match(/^250 /);
    expect(await client.ask('DATA')).to.match(/^354 /);
  }

  /** Waits until so many letters are there. */
  async function letters(): Promise<number> {
    return (await house.inbox(account)).length;
  }

  it('is a retry when the client closed without another word', async () => {
    const first = await begin();
    expect(await first.ask(`${text}.`)).to.match(/^250 /);
    // As far as the server can know, the 250 was lost.
    first.destroy();
    const second = await begin();
    expect(await second.ask(`${text}.`)).to.match(/^250 /);
    second.destroy();
    expect(await letters()).to.equal(1);
  });

  it('is a retry when all that came behind the data was sent before the reply', async () => {
    const first = await begin();
    first.send(`${text}.\r\nQUIT\r\n`);
    expect(await first.reply()).to.match(/^250 /);
    const second = await begin();
    expect(await second.ask(`${text}.`)).to.match(/^250 /);
    second.destroy();
    expect(await letters()).to.equal(1);
  });

  it('is a new letter when the client had seen the 250', async () => {
    for (const goodbye of ['QUIT', 'NOOP', 'RSET']) {
      const client = await begin();
      expect(await client.ask(`${text}.`)).to.match(/^250 /);
      await client.ask(goodbye);
      client.destroy();
    }
    expect(await letters()).to.equal(3);
  });

  it('is a new letter on the same connection', async () => {
    const client = await begin();
    expect(await client.ask(`${text}.`)).to.match(/^250 /);
    await envelope(client);
    expect(await client.ask(`${text}.`)).to.match(/^250 /);
    client.destroy();
    expect(await letters()).to.equal(2);
  });

  it('is two letters on one connection even if the replies were not read in between', async () => {
    const client = await ScriptClient.connect(port);
    await client.reply();
    await client.ask('EHLO client.example.com');
    const one = `MAIL FROM:<a@b.example>\r\nRCPT TO:<${account.canonical}>\r\nBDAT ${text.length} LAST\r\n${text}`;
    client.send(one + one);
    for (let i = 0; i < 6; i++) expect(await client.reply()).to.match(/^250 /);
    client.destroy();
    expect(await letters()).to.equal(2);
  });

  it('is a new letter with another ENVID, sender or text', async () => {
    for (const [more, body] of [
      ['', text],
      [' ENVID=1', text],
      [' ENVID=2', text],
      ['', `${text}x\r\n`],
    ] as const) {
      const client = await begin(more);
      expect(await client.ask(`${body}.`)).to.match(/^250 /);
      client.destroy();
    }
    expect(await letters()).to.equal(4);
  });

  it('is a retry of the second of two', async () => {
    const first = await begin();
    await first.ask(`${text}.`);
    await first.ask('QUIT');
    for (let i = 0; i < 3; i++) {
      const again = await begin();
      expect(await again.ask(`${text}.`)).to.match(/^250 /);
      again.destroy();
    }
    expect(await letters()).to.equal(2);
  });

  it('is a retry when the connection broke while it was stored', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let delivered = (): void => undefined;
    const done = new Promise<void>((resolve) => {
      delivered = resolve;
    });
    const slow: DeliveryAgent = {
      route: (path, size) => house.agent.route(path, size),
      async deliver(message) {
        await held;
        const result = await house.agent.deliver(message);
        delivered();
        return result;
      },
    };
    const listener = await house.listen({}, { delivery: slow });
    const normal = port;
    port = listener.port;
    const first = await begin();
    first.send(`${text}.\r\n`);
    first.destroy();
    release();
    await done;
    port = normal;
    expect(await letters(), 'it is ours, whether the client knows or not').to.equal(1);
    const second = await begin();
    expect(await second.ask(`${text}.`)).to.match(/^250 /);
    second.destroy();
    expect(await letters()).to.equal(1);
  });
});
