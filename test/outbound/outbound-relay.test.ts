import { expect } from 'chai';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerAddress, type SMTPServerOptions } from 'smtp-server';
import { silentLog } from '../../src/core/log.ts';
import { OutboundRelay } from '../../src/outbound/outbound-relay.ts';
import {
  SmtpRelayHost,
  type RelayHost,
  type RelayHostOptions,
} from '../../src/outbound/relay-host.ts';
import type { Account } from '../../src/store/api.ts';
import { testCertificate } from '../smtp/certificate.ts';
import { ScriptClient } from '../smtp/script.ts';
import { openMailHouse, testAuthenticator, type MailHouse } from '../smtp/support.ts';

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
  readonly dsn: unknown;
}

/** The relay host: npm smtp-server, which refuses `refused@` and defers `later@`. */
class TestRelay {
  readonly received: Received[] = [];
  readonly recipients: SMTPServerAddress[] = [];
  deferring = false;
  #server: SMTPServer;

  constructor(options: SMTPServerOptions = {}) {
    this.#server = new SMTPServer({
      ...testCertificate(),
      authOptional: options.onAuth === undefined,
      disableReverseLookup: true,
      hideDSN: false,
      onRcptTo: (address, _, callback) => {
        this.recipients.push(address);
        const error = (code: number, text: string): Error =>
          Object.assign(new Error(text), { responseCode: code });
        if (address.address.startsWith('refused')) callback(error(550, '5.1.1 No such user'));
        else if (address.address.startsWith('later') || this.deferring)
          callback(error(451, '4.7.1 Later'));
        else callback();
      },
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const from = session.envelope.mailFrom;
          this.received.push({
            from: from === false ? '' : from.address,
            to: session.envelope.rcptTo.map(({ address }) => address),
            text: Buffer.concat(chunks).toString(),
            dsn: session.envelope.dsn,
          });
          callback();
        });
      },
      ...options,
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return (this.#server.server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }
}

describe('the outbound relay', () => {
  let house: MailHouse;
  let account: Account;
  let submission: number;
  let host: TestRelay;
  let relay: OutboundRelay;
  let now = Date.UTC(2026, 0, 1);
  const clock = { now: () => now };

  async function start(
    options: Partial<RelayHostOptions> = {},
    serverOptions: SMTPServerOptions = {},
  ): Promise<void> {
    host = new TestRelay(serverOptions);
    const port = await host.listen();
    relay = outbound({
      relayHost: 'relay.example',
      relay: new SmtpRelayHost({
        host: '127.0.0.1',
        port,
        tls: 'none',
        hostname: 'mx.example.kz',
        ...options,
      }),
    });
    relay.start();
  }

  function outbound(way: { relayHost?: string; relay?: RelayHost }): OutboundRelay {
    const { relayHost, ...host } = way;
    return new OutboundRelay(
      { hostname: 'mx.example.kz', ...(relayHost !== undefined && { relayHost }) },
      {
        outbox: house.store.outbox,
        content: house.store,
        delivery: house.agent,
        ...host,
        clock,
        log: silentLog,
      },
    );
  }

  before(async () => {
    house = await openMailHouse({ clock });
    account = await house.account('aigerim');
    const authenticator = await testAuthenticator([account]);
    const options = {
      profile: 'submission',
      cleartextLoginNetworks: ['127.0.0.1'],
      relays: true,
    } as const;
    submission = (await house.listen(options, { authenticator })).port;
  });
  after(() => house.close());
  afterEach(async () => {
    await relay.stop();
    await host.close();
  });

  async function submit(to: readonly string[], text: string, mail = ''): Promise<void> {
    const client = await ScriptClient.connect(submission);
    await client.reply();
    await client.ask('EHLO laptop.home');
    const plain = Buffer.from('\0aigerim@example.kz\0secret').toString('base64');
    await client.ask(`AUTH PLAIN ${plain}`);
    expect(await client.ask(`MAIL FROM:<aigerim@example.kz>${mail}`)).to.match(/^250 /);
    for (const one of to) expect(await client.ask(`RCPT TO:${one}`)).to.match(/^250 /);
    await client.ask('DATA');
    expect(await client.ask(`${text}\r\n.`)).to.match(/^250 /);
    await client.ask('QUIT');
  }

  /** Until nothing is being sent; `wake` because the hint of the store may be under way still. */
  async function settled(): Promise<void> {
    relay.wake();
    await relay.idle();
  }

  it('sends a letter as it was accepted, but for Return-Path, and DSN parameters with it', async () => {
    await start();
    await submit(
      ['<a@elsewhere.example> NOTIFY=FAILURE ORCPT=rfc822;a+2Bx@y', '<b@elsewhere.example>'],
      'Subject: out\r\n\r\n..dot\r\n.x',
      ' RET=HDRS ENVID=a+2Bb',
    );
    await settled();
    expect(host.received).to.have.length(2);
    const [first] = host.received;
    expect(first?.from).to.equal('aigerim@example.kz');
    expect(host.received.flatMap(({ to }) => to)).to.have.members([
      'a@elsewhere.example',
      'b@elsewhere.example',
    ]);
    expect(first?.text).to.match(/^Received: from submission\.invalid\r\n/);
    expect(first?.text).to.match(/\r\n\r\n\.dot\r\nx\r\n$/);
    expect(await house.store.outbox.count()).to.equal(0);
    const dsn = host.recipients.find(({ address }) => address.startsWith('a@'))?.dsn;
    // It undoes xtext: what we got was sent on as it was.
    expect(dsn).to.deep.equal({ notify: ['FAILURE'], orcpt: 'rfc822;a+x@y' });
    expect(first?.dsn).to.deep.equal({ ret: 'HDRS', envid: 'a+b' });
  });

  it('streams a large letter', async () => {
    await start();
    const line = `${'x'.repeat(998)}\r\n`;
    await submit(['<a@elsewhere.example>'], `Subject: large\r\n\r\n${line.repeat(3000)}`);
    await settled();
    const text = host.received[0]?.text ?? '';
    expect(text.slice(text.indexOf('\r\n\r\n') + 4)).to.equal(`${line.repeat(3000)}\r\n`);
  });

  it('tells the sender what was refused for good, and sends the rest', async () => {
    await start();
    const before = (await house.inbox(account)).length;
    await submit(
      ['<refused@elsewhere.example>', '<c@elsewhere.example>'],
      'Subject: half\r\n\r\ntext',
    );
    await settled();
    expect(host.received.map(({ to }) => to)).to.deep.equal([['c@elsewhere.example']]);
    const letters = await house.inbox(account);
    expect(letters).to.have.length(before + 1);
    const notice = letters.at(-1) ?? '';
    expect(notice).to.match(/^Return-Path: <>\r\nFrom: Mail Delivery System/);
    expect(notice).to.contain(
      'Final-Recipient: rfc822; refused@elsewhere.example\r\nAction: failed\r\nStatus: 5.1.1',
    );
    expect(notice).to.contain('Subject: half');
    expect(notice).to.not.contain('c@elsewhere.example');
    expect(await house.store.outbox.count()).to.equal(0);
  });

  it('tells nobody who wants no notification', async () => {
    await start();
    const before = (await house.inbox(account)).length;
    await submit(
      ['<refused@elsewhere.example> NOTIFY=NEVER', '<refused2@elsewhere.example> NOTIFY=SUCCESS'],
      'Subject: quiet\r\n\r\n',
    );
    await settled();
    expect(await house.inbox(account)).to.have.length(before);
    expect(await house.store.outbox.count()).to.equal(0);
  });

  it('returns the whole letter that failed when RET=FULL asks for it', async () => {
    await start();
    await submit(['<refused@elsewhere.example>'], 'Subject: whole\r\n\r\nall of it', ' RET=FULL');
    await settled();
    const notice = (await house.inbox(account)).at(-1) ?? '';
    expect(notice).to.match(
      /Content-Type: message\/rfc822\r\n\r\nReceived: (?:.*\r\n)*Subject: whole\r\n(?:.*\r\n)*all of it\r\n/,
    );
  });

  it('says that a letter was relayed when the relay tells of no success itself', async () => {
    await start({}, { hideDSN: true });
    const before = (await house.inbox(account)).length;
    await submit(
      ['<f@elsewhere.example> NOTIFY=SUCCESS,FAILURE', '<g@elsewhere.example>'],
      'Subject: told\r\n\r\n',
    );
    await settled();
    const letters = (await house.inbox(account)).slice(before);
    expect(letters).to.have.length(1);
    expect(letters[0]).to.contain(
      'Final-Recipient: rfc822; f@elsewhere.example\r\nAction: relayed\r\nStatus: 2.0.0\r\nRemote-MTA',
    );
    expect(letters[0]).to.not.contain('g@elsewhere.example');
  });

  it('leaves it to the relay to tell of success when it can', async () => {
    await start();
    const before = (await house.inbox(account)).length;
    await submit(['<h@elsewhere.example> NOTIFY=SUCCESS'], 'Subject: theirs\r\n\r\n');
    await settled();
    expect(await house.inbox(account)).to.have.length(before);
  });

  describe('tells of success', () => {
    it('once, to the sender here who asked, for those who have the letter', async () => {
      const [berik, small] = [
        await house.account('berik'),
        await house.account('small', { messages: 1 }),
      ];
      host = new TestRelay();
      await host.listen();
      relay = outbound({});
      const before = (await house.inbox(account)).length;
      await submit(
        [
          '<berik@example.kz> NOTIFY=SUCCESS ORCPT=rfc822;Berik@example.kz',
          '<small@example.kz> NOTIFY=FAILURE',
        ],
        'Subject: receipt\r\n\r\nbody of it',
        ' RET=FULL ENVID=e+2B1',
      );
      expect(await house.inbox(berik)).to.have.length(1);
      expect(await house.inbox(small)).to.have.length(1);
      relay.start();
      await settled();
      await settled();
      const notices = (await house.inbox(account)).slice(before);
      expect(notices).to.have.length(1);
      expect(notices[0])
        .to.contain('Original-Envelope-Id: e+2B1\r\n')
        .and.contain(
          'Original-Recipient: rfc822; Berik@example.kz\r\n' +
            'Final-Recipient: rfc822; berik@example.kz\r\nAction: delivered\r\nStatus: 2.0.0\r\n',
        )
        .and.contain('Subject: receipt')
        .and.not.contain('body of it')
        .and.not.contain('small@example.kz');
      expect(await house.store.outbox.count()).to.equal(0);
    });

    it('to a sender elsewhere, through the relay', async () => {
      await start();
      await house.account('dana');
      const mx = await ScriptClient.connect((await house.listen()).port);
      await mx.reply();
      await mx.ask('EHLO other.example');
      await mx.ask('MAIL FROM:<far@elsewhere.example>');
      await mx.ask('RCPT TO:<dana@example.kz> NOTIFY=SUCCESS');
      await mx.ask('DATA');
      expect(await mx.ask('Subject: from afar\r\n\r\n.')).to.match(/^250 /);
      await mx.ask('QUIT');
      await settled();
      await settled();
      expect(host.received).to.have.length(1);
      expect(host.received[0]).to.include({ from: '' });
      expect(host.received[0]?.to).to.deep.equal(['far@elsewhere.example']);
      expect(host.received[0]?.text).to.contain('Action: delivered');
      expect(host.recipients[0]?.dsn).to.deep.equal({ notify: ['NEVER'] });
      expect(await house.store.outbox.count()).to.equal(0);
    });

    it('not to a sender elsewhere without a relay, and ends', async () => {
      host = new TestRelay();
      await host.listen();
      relay = outbound({});
      relay.start();
      const mx = await ScriptClient.connect((await house.listen()).port);
      await mx.reply();
      await mx.ask('EHLO other.example');
      await mx.ask('MAIL FROM:<far@elsewhere.example>');
      await mx.ask('RCPT TO:<aigerim@example.kz> NOTIFY=SUCCESS');
      await mx.ask('DATA');
      expect(await mx.ask('Subject: from afar\r\n\r\n.')).to.match(/^250 /);
      await mx.ask('QUIT');
      await settled();
      expect(await house.store.outbox.count()).to.equal(0);
    });
  });

  it('tries again later, tells of the delay, and gives up after five days', async () => {
    await start();
    const before = (await house.inbox(account)).length;
    await submit(['<later@elsewhere.example>'], 'Subject: later\r\n\r\n');
    await settled();
    expect(host.recipients).to.have.length(1);
    await settled();
    expect(host.recipients, 'not before its time').to.have.length(1);
    now += 60_000;
    await settled();
    expect(host.recipients).to.have.length(2);

    const subjects: string[] = [];
    for (let hours = 0; hours < 6 * 24; hours += 4) {
      now += 4 * 3_600_000;
      await settled();
    }
    for (const letter of (await house.inbox(account)).slice(before)) {
      subjects.push(/^Subject: (.*)\r$/m.exec(letter)?.[1] ?? '');
    }
    expect(subjects).to.deep.equal([
      'Delayed Mail (still being retried)',
      'Undelivered Mail Returned to Sender',
    ]);
    expect(await house.store.outbox.count()).to.equal(0);
  });

  it('waits for a relay that is not there', async () => {
    await start({ port: 1 });
    await submit(['<d@elsewhere.example>'], 'Subject: waits\r\n\r\n');
    await settled();
    expect(await house.store.outbox.count()).to.equal(1);
    await relay.stop();
    await host.close();
    await start();
    now += 3_600_000;
    await settled();
    expect(host.received.map(({ to }) => to)).to.deep.equal([['d@elsewhere.example']]);
    expect(await house.store.outbox.count()).to.equal(0);
  });

  it('logs in over checked TLS, and waits where the certificate or the password is wrong', async () => {
    const onAuth: SMTPServerOptions['onAuth'] = (auth, _, callback) => {
      if (auth.username === 'us' && auth.password === 'word') callback(null, { user: 'us' });
      else callback(new Error('wrong'));
    };
    const options = { tls: 'starttls', user: 'us', password: 'word' } as const;
    await start(options, { onAuth });
    await submit(['<e@elsewhere.example>'], 'Subject: tls\r\n\r\n');
    await settled();
    expect(host.received, 'a certificate that nobody vouches for').to.have.length(0);
    await relay.stop();
    await host.close();
    now += 3_600_000;
    await start({ ...options, tls: 'opportunistic', password: 'wrong' }, { onAuth });
    await settled();
    expect(host.received, 'a wrong password').to.have.length(0);
    await relay.stop();
    await host.close();
    now += 3_600_000;
    await start({ ...options, tls: 'opportunistic' }, { onAuth, secure: false });
    await settled();
    expect(host.received).to.have.length(1);
  });
});
