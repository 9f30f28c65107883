import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { SignatureVerifier } from '../../../src/eds/algorithms/signature-verifier.ts';
import { type Member, TestAuthority } from '../../../src/eds/authority/test-authority.ts';
import { limits } from '../../../src/eds/limits.ts';
import { Refusal } from '../../../src/eds/refusal.ts';
import { CrlFolder } from '../../../src/eds/revocation/crl-folder.ts';
import type { StatusQuestion } from '../../../src/eds/revocation/status-source.ts';
import { CrlUpdater } from '../../../src/eds/services/crl-updater.ts';
import { FolderCache } from '../../../src/eds/services/folder-cache.ts';
import { HttpService, type HttpServiceOptions } from '../../../src/eds/services/http-service.ts';
import { OcspClient } from '../../../src/eds/services/ocsp-client.ts';
import { TspClient } from '../../../src/eds/services/tsp-client.ts';
import { type Behaviour, EdsServices } from '../../../src/eds/simulators/eds-services.ts';
import { readTimestampToken } from '../../../src/eds/timestamp/timestamp-token.ts';
import { VerifiedLinks } from '../../../src/eds/trust/verified-links.ts';
import { person, seededBytes } from '../support/authorities.ts';
import { day, hour, minute, now } from '../support/clock.ts';
import { letter } from '../support/forge.ts';
import { trusting } from '../support/policies.ts';

const verifier = new SignatureVerifier();
const tools = { verifier, links: new VerifiedLinks(verifier) };

describe('eds: services', function () {
  this.timeout(60_000);
  const clock = { time: now, now: () => clock.time };
  let ca: TestAuthority;
  let signer: Member;
  let services: EdsServices;
  let url: string;
  let folder: string;
  before(async () => {
    ca = await TestAuthority.create({
      family: 'gost2015-256',
      now: now - 3 * day,
      randomBytes: seededBytes('services'),
    });
    signer = await person(ca);
    services = new EdsServices(ca, await person(ca), clock);
    url = await services.listen();
  });
  after(() => services.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zhashik-eds-services-'));
    services.behaviour = 'right';
    services.userAgents.length = 0;
    clock.time = now;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const service = (path: string, changes: Partial<HttpServiceOptions> = {}): HttpService =>
    new HttpService({
      url: `${url}${path}`,
      timeoutMs: 10_000,
      attempts: 1,
      pauseMs: 1,
      userAgent: 'Zhashik/test',
      ...changes,
    });
  const question = (): StatusQuestion => ({
    certificate: signer.certificate,
    issuer: ca.issuing.certificate,
    now: clock.time,
    reference: clock.time,
  });
  const ask = async (client: OcspClient): Promise<string> => {
    const answer = await client.status(question());
    return answer.status === 'unknown' ? answer.reason : answer.status;
  };

  describe('OCSP', () => {
    const cases: readonly (readonly [Behaviour, string, number])[] = [
      ['right', 'good', 1],
      ['stale', 'ocsp-stale', 1],
      ['unknown', 'ocsp-status-unknown', 1],
      ['wrong-responder', 'ocsp-responder-untrusted', 1],
      ['wrong-nonce', 'ocsp-nonce-mismatch', 1],
      ['huge', 'ocsp-parse', 1],
      ['slow', 'service-silent', 2],
      ['status-500', 'service-silent', 2],
      ['status-500-once', 'good', 2],
      ['redirect', 'service-silent', 1],
      ['html', 'ocsp-parse', 1],
      ['cut-off', 'service-silent', 2],
    ];
    for (const [behaviour, wanted, requests] of cases) {
      it(`that is ${behaviour}: ${wanted} after ${requests} requests`, async () => {
        services.behaviour = behaviour;
        const timeoutMs = behaviour === 'slow' ? 50 : 10_000;
        const client = new OcspClient(tools, service('/ocsp', { attempts: 2, timeoutMs }));
        expect(await ask(client)).to.equal(wanted);
        expect(services.userAgents).to.deep.equal(Array(requests).fill('Zhashik/test'));
      });
    }

    it('that is not there is silent', async () => {
      const nobody = createServer();
      await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve));
      const { port } = nobody.address() as { port: number };
      await new Promise((resolve) => nobody.close(resolve));
      const http = service('', { url: `http://127.0.0.1:${port}/`, attempts: 3 });
      expect(await ask(new OcspClient(tools, http))).to.equal('service-silent');
    });

    it('that revoked', async () => {
      const other = await person(ca);
      ca.revoke(other.certificate, now - hour, 'keyCompromise');
      const client = new OcspClient(tools, service('/ocsp'));
      const answer = await client.status({ ...question(), certificate: other.certificate });
      expect(answer).to.include({
        status: 'revoked',
        revokedAt: now - hour,
        reason: 'keyCompromise',
      });
    });

    it('is asked once by all processes while its answer is fresh', async () => {
      const cacheFolder = join(folder, 'cache');
      const client = () =>
        new OcspClient(tools, service('/ocsp'), new FolderCache(cacheFolder, clock));
      expect(await ask(client())).to.equal('good');
      expect(await ask(client())).to.equal('good');
      expect(services.requests).to.equal(1);
      clock.time = now + limits.ocspFreshMs + minute;
      expect(await ask(client())).to.equal('good');
      expect(services.requests).to.equal(2);
      expect(readdirSync(cacheFolder)).to.have.lengthOf(1);
      expect(readdirSync(cacheFolder).join()).to.not.include(signer.certificate.serialHex);
    });

    it('has a cache that forgets', async () => {
      const cache = new FolderCache(join(folder, 'cache'), clock);
      await cache.put('a', Buffer.from('answer'), now + minute);
      expect(await cache.get('b')).to.equal(undefined);
      expect(Buffer.from((await cache.get('a')) ?? []).toString()).to.equal('answer');
      clock.time = now + minute + 1;
      expect(await cache.get('a')).to.equal(undefined);
    });

    it('never says the same nonce twice', async () => {
      const nonces: string[] = [];
      const chance = seededBytes('nonces');
      const client = new OcspClient(tools, service('/ocsp'), undefined, (count) => {
        const nonce = chance(count);
        nonces.push(nonce.toString('hex'));
        return nonce;
      });
      await ask(client);
      await ask(client);
      expect(new Set(nonces).size).to.equal(2);
    });
  });

  describe('CRL', () => {
    const update = async (behaviour: Behaviour, timeoutMs = 10_000) => {
      services.behaviour = behaviour;
      const crls = new CrlFolder(folder, verifier);
      const http = service('/crl', { timeoutMs });
      const [done] = await new CrlUpdater(crls, [http], [ca.issuing.certificate]).update();
      const answer = await crls.status(question());
      await crls.close();
      const state = done?.state === 'failed' ? done.reason : done?.state;
      return [state, answer.status === 'unknown' ? answer.reason : answer.status];
    };
    for (const [behaviour, state, status] of [
      ['right', 'taken', 'good'],
      ['stale', 'taken', 'crl-stale'],
      ['slow', 'service-silent', 'revocation-unknown'],
      ['huge', 'crl-parse', 'revocation-unknown'],
      ['html', 'crl-parse', 'revocation-unknown'],
      ['status-500', 'service-silent', 'revocation-unknown'],
      ['redirect', 'service-silent', 'revocation-unknown'],
      ['cut-off', 'service-silent', 'revocation-unknown'],
    ] as const) {
      it(`that is ${behaviour}: ${state}, ${status}`, async () => {
        const timeoutMs = behaviour === 'slow' ? 50 : 10_000;
        expect(await update(behaviour, timeoutMs)).to.deep.equal([state, status]);
      });
    }
    it('that fails leaves the list that is there', async () => {
      expect(await update('right')).to.deep.equal(['taken', 'good']);
      expect(await update('html')).to.deep.equal(['crl-parse', 'good']);
    });
  });

  describe('timestamps', () => {
    const stamp = async (behaviour: Behaviour, timeoutMs = 10_000): Promise<string> => {
      services.behaviour = behaviour;
      const client = new TspClient({
        tools,
        service: service('/tsp', { timeoutMs }),
        trust: trusting(...ca.roots),
        clock,
        digest: 'streebog256',
        policy: ca.policy,
      });
      try {
        const { info } = readTimestampToken(await client.timestamp(letter));
        return info.genTime === clock.time ? 'stamped' : 'another time';
      } catch (error) {
        if (error instanceof Refusal) return error.code;
        throw error;
      }
    };
    for (const [behaviour, wanted] of [
      ['right', 'stamped'],
      ['unknown', 'tst-refused'],
      ['wrong-responder', 'tst-eku'],
      ['wrong-nonce', 'tst-nonce-mismatch'],
      ['huge', 'too-large'],
      ['html', 'tst-parse'],
      ['slow', 'service-silent'],
      ['status-500', 'service-silent'],
      ['redirect', 'service-silent'],
    ] as const) {
      it(`by an authority that is ${behaviour}: ${wanted}`, async () => {
        expect(await stamp(behaviour, behaviour === 'slow' ? 50 : 10_000)).to.equal(wanted);
      });
    }
  });
});
