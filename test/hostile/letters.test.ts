import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { maxDescribedAddresses, maxDescribedBytes, maxParts } from '../../src/mail/limits.ts';
import { createAccounts } from '../support/accounts.ts';
import { freePorts } from '../support/free-ports.ts';
import { plainConfig, type PlainPorts } from '../support/plain-config.ts';
import { buildServer, ServerProcess } from '../support/server-process.ts';
import { ImapWire, SmtpWire, type WireClient } from '../support/wire-client.ts';

const password = 'hostile-password-1';
const user = 'one@example.kz';

/** Of each thread of the server. */
const heapMegabytes = 96;
/**
 * What a rendering may take: an octet becomes six at most (`=XX` of one that is two in UTF-8), a short address thirty and
 * stands for From, Sender and Reply-To, and each part has a frame.
 */
const renderedBytes = 6 * maxDescribedBytes + 3 * 30 * maxDescribedAddresses + 200 * maxParts;
const MiB = 1024 * 1024;

function multipart(header: string, parts: string): string {
  return `From: a@b.example\r\n${header}Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts}--b--\r\n`;
}

function nested(levels: number): string {
  const open = (n: number): string =>
    `Content-Type: multipart/mixed; boundary=b${n}x\r\n\r\n--b${n}x\r\n`;
  return `${Array.from({ length: levels }, (_, n) => open(n)).join('')}\r\nx\r\n`;
}

/** A message in a part; its fields are described, so that each octet of them costs many. */
function enclosed(fields: string): string {
  return `--b\r\nContent-Type: message/rfc822\r\n\r\n${fields}\r\nx\r\n`;
}

/** Lines of a field that is folded, as a letter on the wire has to be. */
function folded(unit: string, bytes: number): string {
  const line = unit.repeat(Math.floor(900 / unit.length));
  return `${line}\r\n `.repeat(Math.ceil(bytes / (line.length + 3))) + 'x';
}

/** What each is made to break: something counted, nested, long, or small that grows when it is described. */
const letters: Readonly<Record<string, () => string>> = {
  '100,000 parts': () => multipart('', '--b\r\n\r\nx\r\n'.repeat(100_000)),
  '100,000 enclosed messages': () => multipart('', enclosed('Subject: s\r\n').repeat(100_000)),
  'parts 10,000 levels deep': () => nested(10_000),
  'messages 10,000 levels deep': () => 'Content-Type: message/rfc822\r\n\r\n'.repeat(10_000),
  'a header of 49 MB': () => `X-Long: ${'x'.repeat(990)}\r\n`.repeat(49 * 1048) + '\r\nx\r\n',
  'one field of 10 MB in one line': () => `Subject: ${'x'.repeat(10 * MiB)}\r\n\r\nx\r\n`,
  'one folded field of 10 MB': () => `To: ${folded('a,', 10 * MiB)}\r\n\r\nx\r\n`,
  '1,000,000 fields': () => `${'To: a\r\n'.repeat(1_000_000)}\r\nx\r\n`,
  'one boundary in each line': () => multipart('', '--b\r\n'.repeat(2_000_000)),
  'the boundaries of all levels in each line': () =>
    nested(99) +
    Array.from({ length: 99 }, (_, n) => `--b${n}y\r\n`)
      .join('')
      .repeat(5000),
  '100,000 parameters': () => `Content-Type: image/png${';\r\n a=b'.repeat(100_000)}\r\n\r\nx\r\n`,
  'many parameters in each part': () =>
    multipart('', `--b\r\nContent-Type: a/b${';a*1=b;c=d'.repeat(80)}\r\n\r\nx\r\n`.repeat(12_000)),
  'different parameters in each part': () => {
    const names = Array.from({ length: 500 }, (_, n) => `;${n.toString(36)}=`).join('\r\n ');
    return multipart('', `--b\r\nContent-Type: a/b${names}\r\n\r\nx\r\n`.repeat(2500));
  },
  'many senders of each enclosed message': () =>
    multipart('', enclosed(`From: ${folded('a,', 20_000)}\r\n`).repeat(500)),
  'long subjects of enclosed messages': () =>
    multipart('', enclosed(`Subject: ${folded('ж', 60_000)}\r\n`).repeat(160)),
};

describe('letters made to break what reads them', function () {
  this.timeout(120_000);
  let folder: string;
  let ports: PlainPorts;
  let server: ServerProcess;
  let clients: WireClient[] = [];

  before(async function () {
    // Compiles, where that was not done before.
    this.timeout(600_000);
    buildServer();
    folder = mkdtempSync(join(tmpdir(), 'zhashik-letters-'));
    const data = join(folder, 'data');
    const configFile = join(folder, 'zhashik.yaml');
    const [smtp, lmtp, imap] = (await freePorts(3)) as [number, number, number];
    ports = { smtp, lmtp, imap };
    writeFileSync(configFile, plainConfig(data, ports));
    await createAccounts(data, [[user, password]], { shards: 1 });
    server = await ServerProcess.start(configFile, Object.values(ports), 'build', {
      environment: { NODE_OPTIONS: `--max-old-space-size=${heapMegabytes}` },
    });
  });
  afterEach(() => {
    for (const client of clients) client.destroy();
    clients = [];
  });
  after(async () => {
    await server.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const login = async (): Promise<ImapWire> => {
    const imap = await ImapWire.login(ports.imap, user, password);
    clients.push(imap.wire);
    return imap;
  };

  /** Both ways in; each takes the letter or says that it does not. */
  const deliver = async (letter: Buffer): Promise<void> => {
    const smtp = await SmtpWire.open(ports.smtp);
    clients.push(smtp.wire);
    const reply = (await smtp.send('sender@agency.example', [user], letter)).join();
    expect(reply).to.match(/^(250|452|5\d\d) /);
    const imap = await login();
    const { tagged } = await imap.command(`APPEND INBOX {${letter.length}+}`, letter);
    expect(tagged).to.match(/^\S+ (OK|NO \[(LIMIT|UNAVAILABLE|TOOBIG)\])/);
  };

  for (const [name, make] of Object.entries(letters)) {
    it(name, async () => {
      await deliver(Buffer.from(make()));
      const imap = await login();
      await imap.command('SELECT INBOX');
      for (const item of ['ENVELOPE', 'BODY', 'BODYSTRUCTURE']) {
        const { untagged, status } = await imap.command(`FETCH * (${item})`);
        expect(status, item).to.equal('OK');
        const octets = untagged.map(({ text, literals }) =>
          literals.reduce((sum, { length }) => sum + length, text.length),
        );
        expect(Math.max(...octets), item).to.be.within(1, renderedBytes);
      }
      expect((await imap.command('FETCH * BODY.PEEK[1.1.HEADER]')).status).to.equal('OK');
      const small = await imap.command('APPEND INBOX {5+}', Buffer.from('\r\nx\r\n'));
      expect(small.status).to.equal('OK');
      expect(server.ended, server.printed).to.equal(false);
    });
  }
});
