import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Iin } from '../../../src/gateway/identifiers/values.ts';
import type { IdentityVault } from '../../../src/gateway/vault/identity-vault.ts';
import { limits } from '../../../src/gateway/vault/limits.ts';
import { makeKeyFile } from '../../../src/gateway/vault/make-key-file.ts';
import { openVault } from '../../../src/gateway/vault/open-vault.ts';
import { readKeyFile } from '../../../src/gateway/vault/read-key-file.ts';
import { VaultError } from '../../../src/gateway/vault/vault-error.ts';
import { type OpenEmbedded, openEmbedded } from '../../store/embedded/backend.ts';

const secret = (octet: number, bytes = 32) => Buffer.alloc(bytes, octet).toString('base64');

async function refusal(opened: Promise<unknown>): Promise<string> {
  try {
    await opened;
  } catch (error) {
    if (error instanceof VaultError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

describe('identity vault: the key file', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zhashik-vault-'));
    file = join(folder, 'identity.key');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });
  const write = (text: string) => writeFile(file, text, { mode: 0o600 });

  it('has a secret a line, remarks and empty lines', async () => {
    await write(`# first\r\n${secret(1)}\n\n  ${secret(2, 64)}  \n`);
    const ids = (await readKeyFile(file)).map(({ id }) => id);
    expect(ids).to.have.lengthOf(2);
    expect(ids[0]).to.equal('9656b308914c');
  });

  for (const [what, text, message] of [
    ['nothing', '', 'has no secret'],
    ['remarks only', '# x\n', 'has no secret'],
    ['31 octets', `# x\n${secret(1, 31)}\n`, 'line 2: expected base64 of 32 octets'],
    ['no base64', 'correct horse battery staple correct horse\n', 'line 1: expected base64'],
    ['base64 with something behind', `${secret(1)}!\n`, 'line 1: expected base64'],
    ['base64url', `${Buffer.alloc(32, 0xfb).toString('base64url')}\n`, 'line 1'],
    ['101 secrets', `${secret(1)}\n`.repeat(limits.secrets + 1), 'more than 100 secrets'],
    ['too much', '#'.repeat(limits.keyFileBytes + 1), 'too large'],
  ] as const) {
    it(`is refused with ${what}, and says nothing of its secrets`, async () => {
      await write(text);
      const said = await refusal(readKeyFile(file));
      expect(said).to.include(file).and.include(message);
      expect(said).to.not.include(secret(1).slice(0, 8)).and.not.include('horse');
    });
  }

  it('holds up to 100 secrets and 64 KiB', async () => {
    const lines = Array.from({ length: limits.secrets }, (_, i) => `${secret(i)}\n`).join('');
    await write(lines + '#'.repeat(limits.keyFileBytes - lines.length));
    expect(await readKeyFile(file)).to.have.lengthOf(limits.secrets);
  });

  it('is refused when others may read or write it', async () => {
    await write(`${secret(1)}\n`);
    for (const mode of [0o640, 0o604, 0o620, 0o660, 0o644]) {
      await chmod(file, mode);
      expect(await refusal(readKeyFile(file)), mode.toString(8)).to.include('chmod 600');
    }
    await chmod(file, 0o400);
    expect(await readKeyFile(file)).to.have.lengthOf(1);
  });

  it('is refused when it is not there, or no file', async () => {
    expect(await refusal(readKeyFile(file))).to.equal(`${file}: no such file`);
    await mkdir(file, { mode: 0o700 });
    expect(await refusal(readKeyFile(file))).to.include('is no file');
  });

  it('is made once, for its owner only, with a secret of its own', async () => {
    expect(await makeKeyFile(file)).to.equal(true);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    const text = await readFile(file, 'utf8');
    expect(await makeKeyFile(file)).to.equal(false);
    expect(await readFile(file, 'utf8')).to.equal(text);
    expect(await readKeyFile(file)).to.have.lengthOf(1);
    await makeKeyFile(join(folder, 'other.key'));
    expect(await readFile(join(folder, 'other.key'), 'utf8')).to.not.equal(text);
    expect((await readdir(folder)).sort()).to.deep.equal(['identity.key', 'other.key']);
  });
});

describe('identity vault: of a store', () => {
  let store: OpenEmbedded;
  let keyFile: string;
  beforeEach(async () => {
    store = await openEmbedded();
    keyFile = join(store.folder, 'identity.key');
  });
  afterEach(async () => {
    await store.remove();
  });
  const open = (make: boolean): Promise<IdentityVault> =>
    openVault({ keyFile, make, records: store.store.records });
  const person = { type: 'individual', iin: '850101399113' as Iin } as const;

  it('makes its key file at the first start, and finds the same people at the next', async () => {
    const index = (await open(true)).key(person);
    await store.reopen();
    expect((await open(true)).key(person)).to.equal(index);
  });

  it('makes none when it may not', async () => {
    expect(await refusal(open(false))).to.include('no such file');
  });

  it('makes no second one when the first was lost', async () => {
    await open(true);
    await rm(keyFile);
    expect(await refusal(open(true))).to.include('no such file');
  });

  it('refuses the key file of another store', async () => {
    const text = `${secret(1)}\n`;
    await open(true);
    await writeFile(keyFile, text);
    expect(await refusal(open(false))).to.include('is not the key file of this store');
  });

  it('takes one with a new secret behind the first', async () => {
    const before = await open(true);
    const sealed = before.seal('text', 'c');
    await writeFile(keyFile, `${await readFile(keyFile, 'utf8')}${secret(2)}\n`);
    const after = await open(true);
    expect(after.key(person)).to.equal(before.key(person));
    expect(after.open(sealed, 'c')).to.equal('text');
    expect(after.isOld(sealed)).to.equal(true);
  });

  it('refuses a record of a newer version', async () => {
    await open(true);
    const { records } = store.store;
    const record = (await records.get('vault', 'index'))!;
    await records.replace('vault', 'index', record.version, '{"version":2}');
    const failure: unknown = await open(true).catch((error: unknown) => error);
    expect(String(failure)).to.include('A record of kind vault cannot be read');
  });

  it('is one for two servers that start together', async () => {
    const fingerprints = await Promise.all([open(true), open(true)]);
    expect(new Set(fingerprints.map((one) => one.fingerprint)).size).to.equal(1);
  });
});
