import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { isRequired } from '../required.ts';
import { startMongoServer } from './mongo-server.ts';

describe('the MongoDB server of the tests', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zhashik-path-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const refusal = async (environment: NodeJS.ProcessEnv): Promise<string> => {
    try {
      await startMongoServer(environment);
    } catch (error) {
      return String(error);
    }
    throw new Error('it started');
  };

  it('is the mongod on PATH or the one that is named, and tells why that does not start', async () => {
    const mongod = join(folder, 'mongod');
    const script = '#!/bin/sh\n[ "$1" = --version ] && echo v8.0.1 && exit\necho no room\nexit 1\n';
    await writeFile(mongod, script);
    await chmod(mongod, 0o700);
    const path = process.env['PATH'] ?? '';
    expect(await refusal({ PATH: `${folder}:${path}` })).to.match(/mongod does not start: no room/);
    const named = { ZHASHIK_MONGOD: join(folder, 'none'), PATH: path };
    expect(await refusal(named)).to.match(/ENOENT/);
  });

  it('is required where ZHASHIK_REQUIRE says so', () => {
    expect(isRequired('mongo', { ZHASHIK_REQUIRE: 'redis,mongo' })).to.equal(true);
    expect(isRequired('mongo', { ZHASHIK_REQUIRE: 'redis' })).to.equal(false);
    expect(isRequired('mongo', {})).to.equal(false);
  });
});
