import { copyFileSync, readFileSync } from 'node:fs';
import { type Server, type Socket, connect, createServer, type AddressInfo } from 'node:net';
import { type TLSSocket, connect as connectTls } from 'node:tls';
import { join } from 'node:path';
import { expect } from 'chai';
import { ensureDevelopmentCertificate } from '../../src/development/certificate.ts';
import { Place, Served, listeners, zhashik } from './support.ts';

/** Lines of a text protocol, as they come. */
class Lines {
  readonly socket: Socket;
  #text = '';
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      this.#text += chunk;
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** The next line that matches; undefined when the connection ended before. */
  async find(wanted: RegExp): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n');
      if (end >= 0) {
        const line = this.#text.slice(0, end).trimEnd();
        this.#text = this.#text.slice(end + 1);
        if (wanted.test(line)) return line;
      } else if (this.#closed) return undefined;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

function talk(port: unknown): Lines {
  return new Lines(connect(Number(port), '127.0.0.1'));
}

describe('zhashik serve', function () {
  this.timeout(60_000);
  let place: Place;
  let server: Served | undefined;
  beforeEach(() => {
    place = new Place();
  });
  afterEach(async () => {
    server?.signal('SIGKILL');
    await server?.ended();
    server = undefined;
    place.remove();
  });

  /** Starts it and answers the ports by name. */
  async function serve(count: number): Promise<Record<string, number>> {
    server = new Served(place.config);
    const ports: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const { listener, port } = await server.event('listening');
      ports[String(listener)] = Number(port);
    }
    await server.event('started');
    return ports;
  }

  async function certificate(name: string): Promise<void> {
    const made = await ensureDevelopmentCertificate(place.path(name), [], {
      now: () => Date.now(),
    });
    copyFileSync(made.certificate, place.path('server.pem'));
    copyFileSync(made.key, place.path('server.key'));
    copyFileSync(made.authority, place.path('ca.pem'));
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`says goodbye and ends with 0 on ${signal}`, async () => {
      place.write({ listeners: listeners({ smtp: 0, lmtp: 0, imap: 0 }) });
      const ports = await serve(3);
      const smtp = talk(ports['smtp']);
      expect(await smtp.find(/^220 /)).to.include('mail.example.kz');
      const imap = talk(ports['imap']);
      expect(await imap.find(/^\* OK/)).to.be.a('string');
      server?.signal(signal);
      expect(await smtp.find(/^421 /)).to.be.a('string');
      expect(await imap.find(/^\* BYE/)).to.be.a('string');
      expect(await server?.ended()).to.equal(0);
      expect(server?.lines.map(({ event }) => event)).to.include('stopped');
      expect(server?.stderr).to.equal('');
    });
  }

  it('lets a letter in progress end, and keeps it', async () => {
    place.write({ listeners: listeners({ smtp: 0, imap: 0 }) });
    const ports = await serve(2);
    await zhashik(['account', 'create', 'aigerim@example.kz', '--apply', '-c', place.config], {
      input: 'correct horse\n',
    });
    const smtp = talk(ports['smtp']);
    await smtp.find(/^220 /);
    smtp.socket.write('EHLO a\r\nMAIL FROM:<x@y.kz>\r\nRCPT TO:<aigerim@example.kz>\r\nDATA\r\n');
    await smtp.find(/^354 /);
    smtp.socket.write('Subject: late\r\n\r\n');
    server?.signal('SIGTERM');
    await server?.event('stopping');
    smtp.socket.write('Here.\r\n.\r\n');
    expect(await smtp.find(/^250 /)).to.be.a('string');
    expect(await server?.ended()).to.equal(0);
    const { stdout } = await zhashik(['mailbox', 'list', 'aigerim', '--json', '-c', place.config]);
    expect(stdout).to.match(/"name":"INBOX".*"messages":1/);
  });

  it('names the setting that moves a taken port, and leaves nothing behind', async () => {
    const other: Server = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      place.write({ listeners: listeners({ smtp: 0, imap: port }) });
      const failing = new Served(place.config);
      expect(await failing.ended()).to.equal(69);
      const failed = failing.lines.find(({ event }) => event === 'start-failed');
      expect(failed?.['reason']).to.equal(
        `127.0.0.1 port ${port} is taken by another program; listeners.imap.port in ${place.config} moves it`,
      );
    } finally {
      other.close();
    }
    await serve(2);
  });

  it('names a certificate that is not there', async () => {
    place.write({ tls: '{ certificate: server.pem, key: server.key }' });
    const failing = new Served(place.config);
    expect(await failing.ended()).to.equal(78);
    expect(String((await failing.event('start-failed'))['reason'])).to.include(
      'server.pem: no such file',
    );
  });

  it('takes a new certificate and the reloadable settings on SIGHUP, and refuses bad ones', async () => {
    const sections = {
      listeners: listeners({ imaps: 0 }),
      tls: '{ certificate: server.pem, key: server.key }',
    };
    await certificate('one');
    place.write(sections);
    const ports = await serve(1);
    const seen = async (): Promise<string> => {
      const socket: TLSSocket = connectTls({
        port: ports['imaps'] ?? 0,
        host: '127.0.0.1',
        servername: 'localhost',
        ca: readFileSync(place.path('ca.pem')),
      });
      await new Promise<void>((resolve, reject) => {
        socket.once('secureConnect', resolve);
        socket.once('error', reject);
      });
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      return fingerprint256;
    };
    const first = await seen();
    const open = new Lines(
      connectTls({
        port: ports['imaps'] ?? 0,
        host: '127.0.0.1',
        servername: 'localhost',
        ca: readFileSync(place.path('ca.pem')),
      }),
    );
    await open.find(/^\* OK/);

    await certificate('two');
    place.write({ ...sections, log: '{ level: debug }', limits: '{ recipients: 500 }' });
    server?.signal('SIGHUP');
    expect((await server?.event('reloaded'))?.['applied']).to.deep.equal(['log.level']);
    expect((await server?.event('restart-needed'))?.['settings']).to.deep.equal([
      'limits.recipients',
    ]);
    const second = await seen();
    expect(second).not.to.equal(first);
    // Who was connected stays so.
    open.socket.write('a NOOP\r\n');
    expect(await open.find(/^a OK/)).to.be.a('string');

    copyFileSync(join(place.path('one'), 'server.key'), place.path('server.key'));
    server?.signal('SIGHUP');
    expect((await server?.event('reload-refused'))?.['reason']).to.include('is not the key of');
    place.write({ ...sections, log: '{ level: loud }' });
    server?.signal('SIGHUP');
    expect((await server?.event('reload-refused'))?.['reason']).to.include('log.level');
    expect(await seen()).to.equal(second);
  });

  it('shows its health and its numbers', async () => {
    place.write({ listeners: listeners({ smtp: 0, metrics: 0 }) });
    const ports = await serve(2);
    const smtp = talk(ports['smtp']);
    await smtp.find(/^220 /);
    const get = async (path: string): Promise<string> =>
      (await fetch(`http://127.0.0.1:${ports['metrics']}${path}`)).text();
    expect(await get('/ready')).to.equal('ready\n');
    expect(await get('/metrics')).to.include('zhashik_sessions{listener="smtp"} 1');
    smtp.socket.destroy();
  });
});
