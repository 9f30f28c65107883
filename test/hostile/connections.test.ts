import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { LocalSessionCount } from '../../src/bus/local/session-count.ts';
import { silentLog } from '../../src/core/log.ts';
import type { ImapListener } from '../../src/imap/options.ts';
import { startImapListener } from '../../src/imap/server.ts';
import type { SmtpListener, SmtpProfile } from '../../src/smtp/options.ts';
import { startSmtpListener } from '../../src/smtp/server.ts';

/*
 * Many connections of one client. No letter is sent and nobody logs in, so there is no store behind the listeners: who
 * asks it for something fails the test.
 */
const nothing = {} as never;

describe('many connections of one client', function () {
  this.timeout(60_000);
  let sessions: LocalSessionCount;
  let listeners: (ImapListener | SmtpListener)[];
  let sockets: Socket[];

  beforeEach(() => {
    sessions = new LocalSessionCount();
    listeners = [];
    sockets = [];
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(listeners.map((listener) => listener.close()));
  });

  interface Limits {
    readonly connections?: number;
    readonly connectionsPerAddress?: number;
    readonly allConnections?: number;
  }

  const imap = async (name: string, limits: Limits): Promise<number> => {
    const authenticator = { mechanisms: [], password: nothing, mechanism: () => undefined };
    const listener = await startImapListener(
      { name, host: '127.0.0.1', port: 0, tls: 'none', hostname: 'mail.example.kz', limits },
      {
        store: nothing,
        authenticator,
        sessions,
        clock: { now: () => 0 },
        log: silentLog,
      },
    );
    listeners.push(listener);
    return listener.port;
  };
  const smtp = async (name: string, profile: SmtpProfile, limits: Limits): Promise<number> => {
    const listener = await startSmtpListener(
      { name, host: '127.0.0.1', port: 0, profile, tls: 'none', hostname: 'mx.example.kz', limits },
      {
        delivery: nothing,
        content: nothing,
        sessions,
        clock: { now: () => 0 },
        log: silentLog,
      },
    );
    listeners.push(listener);
    return listener.port;
  };
  /** The first line that a new connection hears. */
  const greeting = async (port: number): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    let heard = '';
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        heard += chunk.toString('latin1');
        if (heard.includes('\r\n')) resolve(heard.split('\r\n', 1)[0] ?? '');
      });
      socket.on('close', () => {
        resolve('closed');
      });
    });
  };
  const inAll = (): number => listeners.reduce((sum, { sessionCount }) => sum + sessionCount, 0);

  it('are counted over all listeners of a protocol, by address', async () => {
    const limits = { connectionsPerAddress: 3 };
    const [one, two] = [await imap('imap', limits), await imap('imaps', limits)];
    const heard = [];
    for (const port of [one, two, one, two, one]) heard.push(await greeting(port));
    expect(heard.slice(0, 3).join()).to.match(/^(\* OK [^,]*,?){3}$/);
    expect(heard.slice(3).join()).to.match(/^(\* BYE \[LIMIT\] [^,]*,?){2}$/);
    const mx = await smtp('smtp', 'mx', limits);
    expect(await greeting(mx), 'another protocol').to.match(/^220 /);
  });

  it('are counted over all listeners of a protocol, in all', async () => {
    const limits = { connections: 2 };
    const [one, two] = [await imap('imap', limits), await imap('imaps', limits)];
    const [mx, inside] = [await smtp('smtp', 'mx', limits), await smtp('lmtp', 'lmtp', limits)];
    const other = await smtp('smtp-2', 'mx', limits);
    const heard = [];
    for (const port of [one, two, one, mx, other, other, inside]) heard.push(await greeting(port));
    expect(heard.map((line) => line.split(' ', 2).join(' '))).to.deep.equal([
      '* OK',
      '* OK',
      '* BYE',
      '220 mx.example.kz',
      '220 mx.example.kz',
      '421 4.3.2',
      '220 mx.example.kz',
    ]);
  });

  it('are counted over all protocols, so that the store finds a file descriptor', async () => {
    const limits = { allConnections: 3 };
    const [reading, mx] = [await imap('imap', limits), await smtp('smtp', 'mx', limits)];
    const heard = [];
    for (const port of [reading, mx, reading, mx, reading]) heard.push(await greeting(port));
    expect(heard[3]).to.match(/^421 /);
    expect(heard[4]).to.match(/^\* BYE \[LIMIT\]/);
    expect(inAll()).to.equal(3);
  });

  it('are turned away by the hundred and leave nothing behind', async () => {
    const limits = { connectionsPerAddress: 20 };
    const ports = [await imap('imap', limits), await smtp('smtp', 'mx', limits)];
    const greetings = Array.from({ length: 400 }, (_, i) => greeting(ports[i % 2] as number));
    const heard = await Promise.all(greetings);
    expect(heard.filter((line) => /^(\* OK|220) /.test(line))).to.have.length(40);
    expect(heard.filter((line) => /^(\* BYE \[LIMIT\]|421 4\.7\.0) /.test(line))).to.have.length(
      360,
    );
    for (const socket of sockets) socket.destroy();
    await Promise.all(listeners.map((listener) => listener.close()));
    expect(inAll()).to.equal(0);
    for (const key of ['connections', 'imap connections', 'mx connections']) {
      expect(sessions.count(key), key).to.equal(0);
    }
    for (const key of ['imap address 127.0.0.1', 'mx address 127.0.0.1']) {
      expect(sessions.count(key), key).to.equal(0);
    }
  });

  it('are turned away by the ten thousand, in bounded memory, while they keep their ends open', async () => {
    const limits = { connectionsPerAddress: 20 };
    const ports = [await imap('imap', limits), await smtp('smtp', 'mx', limits)];
    const before = memoryInUse();
    const script = fileURLToPath(new URL('crowd.ts', import.meta.url));
    const crowd = spawn(
      process.execPath,
      ['--import', 'tsx', script, '10000', ...ports.map(String)],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const ended = once(crowd, 'exit');
    const [line] = (await once(createInterface(crowd.stdout), 'line')) as [string];
    const held = memoryInUse() - before;
    const counted = ['imap', 'mx'].map((each) => sessions.count(`${each} connections`));
    crowd.stdin.end();
    await ended;
    expect(JSON.parse(line)).to.deep.equal([
      ['* BYE', 4980],
      ['* OK', 20],
      ['220 mx.example.kz', 20],
      ['421 4.7.0', 4980],
    ]);
    expect(counted).to.deep.equal([20, 20]);
    // Some thousand of them are still being closed at this moment; 2 KB each is more than they take.
    expect(held).to.be.lessThan(20_000_000);
  });
});

/** Octets of living objects and buffers. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
