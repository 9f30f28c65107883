import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../src/core/clock.ts';
import {
  type DevelopmentCertificate,
  ensureDevelopmentCertificate,
} from '../../src/development/certificate.ts';
import { SiteClient, SiteError } from '../../src/development/site-client.ts';

describe('the client of the demonstration', () => {
  let folder: string;
  let files: DevelopmentCertificate;
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let client: SiteClient;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zhashik-site-'));
    files = await ensureDevelopmentCertificate(folder, [], systemClock);
    const key = readFileSync(files.key);
    server = createServer({ key, cert: readFileSync(files.certificate) }, (request, response) => {
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true });
  });
  const origin = (): string => `https://localhost:${(server.address() as AddressInfo).port}`;
  beforeEach(() => {
    client = new SiteClient({
      origin: origin(),
      authority: readFileSync(files.authority, 'utf8'),
    });
  });

  it('keeps cookies, and shows the token that it was told', async () => {
    const seen: unknown[] = [];
    answer = ({ headers }, response) => {
      seen.push([headers.cookie, headers['x-csrf-token']]);
      response.setHeader('set-cookie', ['a=1; Path=/', `b=${seen.length}; Secure`]);
      response.end('{"csrf":"token"}');
    };
    await client.call('POST', '/one', {});
    await client.call('GET', '/two');
    await client.download('/three');
    expect(seen).to.deep.equal([
      [undefined, undefined],
      ['a=1; b=1', 'token'],
      ['a=1; b=2', 'token'],
    ]);
  });

  it('sends JSON where there is a body, and says of no body that it is none', async () => {
    const types: unknown[] = [];
    let text = '';
    answer = (request, response) => {
      types.push(request.headers['content-type']);
      request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      request.on('end', () => response.end('{}'));
    };
    await client.call('PUT', '/one', { login: 'сәуле' });
    await client.call('POST', '/two');
    expect(types).to.deep.equal(['application/json', undefined]);
    expect(text).to.equal('{"login":"сәуле"}');
  });

  it('rejects with the code of a problem', async () => {
    answer = (_, response) => {
      response.statusCode = 409;
      response.end('{"code":"ALREADY_HAS_MAILBOX"}');
    };
    const error: unknown = await client.call('POST', '/one').catch((e: unknown) => e);
    expect(error).to.be.instanceOf(SiteError);
    expect(error).to.include({ code: 'ALREADY_HAS_MAILBOX', message: '409 ALREADY_HAS_MAILBOX' });
    const none: unknown = await client.download('/one').catch((e: unknown) => e);
    expect(none).to.be.instanceOf(SiteError);
  });

  it('talks to nobody whose certificate another authority signed', async () => {
    const other = await ensureDevelopmentCertificate(join(folder, 'other'), [], systemClock);
    const authority = readFileSync(other.authority, 'utf8');
    const stranger = new SiteClient({ origin: origin(), authority });
    const error: unknown = await stranger.call('GET', '/').catch((e: unknown) => e);
    expect((error as NodeJS.ErrnoException).code).to.match(/CERT|SIGNATURE|VERIFY/);
  });
});
