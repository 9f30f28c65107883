import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseConfig } from '../../src/config/loader.ts';
import type { Config } from '../../src/config/loader.ts';
import { systemClock } from '../../src/core/clock.ts';
import { TestSurroundings } from '../../src/development/test-surroundings.ts';

describe('what surrounds the gateway in development', () => {
  let folder: string;
  let config: Config;
  const open: TestSurroundings[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zhashik-surroundings-'));
    const text = [
      'version: 1',
      'server: { name: localhost }',
      'domains: { local: [example.kz] }',
      'data: { folder: data }',
      'listeners: { submissions: { enabled: false }, imaps: { enabled: false } }',
    ].join('\n');
    config = parseConfig(text, join(folder, 'zhashik.yaml'), {});
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  after(() => rm(folder, { recursive: true }));

  async function start(): Promise<TestSurroundings> {
    const surroundings = await TestSurroundings.open(config, systemClock);
    open.push(surroundings);
    return surroundings;
  }

  it('are an authority of its own, trusted in the profile for tests only', async () => {
    const { config: given, people, operator } = await start();
    expect(config.gateway.trust).to.equal('production');
    expect(given.gateway.trust).to.equal('test');
    expect(given.eds.ocsp).to.match(/^http:\/\/127\.0\.0\.1:\d+\//);
    expect(given.eds.crls).to.have.length(1);
    const issuers = [people.citizen, people.head, operator].map(({ certificate }) =>
      JSON.stringify(certificate.issuer),
    );
    expect(new Set(issuers).size).to.equal(1);
  });

  it('have state databases that answer on this machine', async () => {
    const { gateway } = (await start()).config;
    for (const part of ['persons', 'entities', 'events'] as const) {
      expect(gateway.state?.[part]?.url).to.match(/^http:\/\/127\.0\.0\.1:\d+\//);
    }
  });

  it('are the same authority at the next start', async () => {
    const file = join(config.data.folder, 'test-authority', 'ca', 'root.cer');
    const first = (await start()).people.citizen.certificate.fingerprint;
    const root = await readFile(file);
    expect((await start()).people.citizen.certificate.fingerprint).to.equal(first);
    expect(await readFile(file)).to.deep.equal(root);
  });
});
