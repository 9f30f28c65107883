import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { AgreementError } from '../../../src/gateway/agreement/agreement-error.ts';
import { maxFactsBytes, maxTextBytes, maxVersions } from '../../../src/gateway/agreement/limits.ts';
import {
  loadAgreements,
  type LoadAgreementsOptions,
} from '../../../src/gateway/agreement/load-agreements.ts';
import { writeVersion } from './support.ts';

const now = Date.parse('2026-11-29T00:00:00Z');
const options = { domain: 'example.kz', now };

describe('loadAgreements', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agreement-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function failure(changed: Partial<LoadAgreementsOptions> = {}): Promise<string> {
    try {
      await loadAgreements(folder, { ...options, ...changed });
    } catch (error) {
      expect(error).to.be.instanceOf(AgreementError);
      return (error as Error).message.replaceAll(folder, 'FOLDER');
    }
    throw new Error('it was loaded');
  }

  it('R-5.2 the agreement that comes with the server is complete in kk, ru and en', async () => {
    const agreements = await loadAgreements('config/agreement', options);
    const { texts, version, domain } = agreements.inForce(now);
    expect([version, domain]).to.deep.equal(['2026-07-01', 'example.kz']);
    const clauses = (text: string): string[] => text.match(/^\d+\.(?:\d+\.)?(?= )/gm) ?? [];
    expect(clauses(texts.kk)).to.have.length(53);
    for (const [language, text] of Object.entries(texts)) {
      expect(clauses(text), language).to.deep.equal(clauses(texts.kk));
      expect(text, language).to.contain('389').and.contain('example.kz');
      expect(text, language).to.not.match(/[{}\r\t]/);
    }
    expect(texts.kk).to.contain('2026 ж. 1 шілде').and.contain('Ұлттық пошта операторы');
    expect(texts.ru).to.contain('1 июля 2026 г.').and.contain('Национальный оператор почты');
    expect(texts.en).to.contain('1 July 2026').and.contain('the National Postal Operator');
  });

  it('R-5.1 the digest is over the texts as shown, and sha256sum gives the same', async () => {
    await writeVersion(folder, '2026-07-01');
    const agreement = (await loadAgreements(folder, options)).inForce(now);
    expect(agreement.texts.kk).to.equal('kk: Mailboxes are in example.kz.\n');
    const shown = join(folder, '2026-07-01');
    for (const [language, text] of Object.entries(agreement.texts)) {
      await writeFile(join(shown, `${language}.txt`), text);
    }
    const command = 'sha256sum kk.txt ru.txt en.txt | sha256sum';
    const printed = execFileSync('sh', ['-c', command], { cwd: shown, encoding: 'utf8' });
    expect(agreement.sha256).to.equal(printed.split(' ')[0]);
  });

  it('R-5.1 one changed letter in one language is another digest; line ends are not', async () => {
    const place = await writeVersion(folder, '2026-07-01', { text: 'In {domain}.\nOne.\n' });
    const digest = async (): Promise<string> =>
      (await loadAgreements(folder, options)).inForce(now).sha256;
    const before = await digest();
    await writeFile(join(place, 'ru.txt'), 'ru: In {domain}.\r\nOne.\r\n');
    expect(await digest()).to.equal(before);
    await writeFile(join(place, 'ru.txt'), 'ru: In {domain}.\nTwo.\n');
    expect(await digest()).to.not.equal(before);
  });

  it('R-4.2 does not start when the agreement in force names another domain', async () => {
    await writeVersion(folder, '2026-07-01', { domain: 'pochta.example' });
    expect(await failure()).to.equal(
      'FOLDER/2026-07-01: the user agreement in force names the domain pochta.example, and ' +
        'domains.default is example.kz: put a new version into force, or change the setting back',
    );
  });

  it('R-4.2 a new version brings another domain, from its day on', async () => {
    await writeVersion(folder, '2026-07-01', { domain: 'old.example' });
    await writeVersion(folder, '2026-12-01', { previous: '2026-07-01' });
    expect(await failure()).to.contain('names the domain old.example');
    const later = Date.parse('2026-11-30T19:00:00Z'); // midnight in Astana
    const agreements = await loadAgreements(folder, { ...options, now: later });
    expect(agreements.inForce(later).version).to.equal('2026-12-01');
    expect(agreements.inForce(later - 1).domain).to.equal('old.example');
    expect(agreements.find('2026-07-01')?.texts.en).to.equal('en: Mailboxes are in old.example.\n');
    expect(agreements.find('2026-07-02')).to.equal(undefined);
    expect(agreements.all.map(({ version }) => version)).to.deep.equal([
      '2026-07-01',
      '2026-12-01',
    ]);
  });

  it('R-4.2 development renders its own domain', async () => {
    const domain = 'mail.test';
    await writeVersion(folder, '2026-07-01');
    const agreements = await loadAgreements(folder, { domain, now, ownDomain: true });
    expect(agreements.inForce(now).domain).to.equal(domain);
    expect(agreements.inForce(now).texts.kk).to.equal('kk: Mailboxes are in mail.test.\n');
  });

  it('R-4.2 compares domains as A-labels, and shows the one that people read', async () => {
    await writeVersion(folder, '2026-07-01', { domain: 'Пошта.Қаз' });
    const domain = 'xn--80a1acn3a.xn--80ao21a';
    const { texts } = (await loadAgreements(folder, { domain, now })).inForce(now);
    expect(texts.kk).to.equal('kk: Mailboxes are in Пошта.Қаз.\n');
  });

  describe('says what an operator has to mend', () => {
    const bad: readonly (readonly [
      title: string,
      spoil: (folder: string) => Promise<unknown>,
      message: string | RegExp,
    ])[] = [
      ['no version', () => Promise.resolve(), 'FOLDER: there is no user agreement'],
      [
        'no folder',
        () => rm(folder, { recursive: true }),
        'FOLDER: the folder of the user agreements cannot be read',
      ],
      [
        'a strange folder',
        () => writeVersion(folder, 'Final version'),
        'FOLDER/Final version: not the name of a version, such as 2026-07-01',
      ],
      [
        'none in force yet',
        () => writeVersion(folder, '2027-01-01'),
        'FOLDER: no version is in force yet',
      ],
      [
        'a language that is missing',
        async () => rm(join(await writeVersion(folder, '2026-07-01'), 'kk.txt')),
        'FOLDER/2026-07-01/kk.txt: cannot be read',
      ],
      [
        'facts that are missing',
        async () => rm(join(await writeVersion(folder, '2026-07-01'), 'agreement.yaml')),
        'FOLDER/2026-07-01/agreement.yaml: cannot be read',
      ],
      [
        'a text without the domain',
        () => writeVersion(folder, '2026-07-01', { text: 'Nothing.' }),
        'FOLDER/2026-07-01/kk.txt: the text does not name the mail domain: {domain}',
      ],
      [
        'a name without a value',
        () => writeVersion(folder, '2026-07-01', { text: '{domain} {bank}' }),
        'FOLDER/2026-07-01/kk.txt: nothing is known for {bank}',
      ],
      [
        'a domain that is none',
        () => writeVersion(folder, '2026-07-01', { domain: 'a b' }),
        'FOLDER/2026-07-01/agreement.yaml: domain: expected a domain name',
      ],
      [
        'a day that is none',
        () => writeVersion(folder, '2026-07-01', { inForceFrom: 'tomorrow' }),
        'FOLDER/2026-07-01/agreement.yaml: inForceFrom: expected 2026-07-01T00:00:00+05:00',
      ],
      [
        'YAML that is none',
        async () =>
          writeFile(join(await writeVersion(folder, '2026-07-01'), 'agreement.yaml'), 'a: [b'),
        /^FOLDER\/2026-07-01\/agreement.yaml: .*line 1/,
      ],
      [
        'a text in another charset',
        async () =>
          writeFile(join(await writeVersion(folder, '2026-07-01'), 'ru.txt'), Buffer.from([0xcf])),
        'FOLDER/2026-07-01/ru.txt: not UTF-8',
      ],
      [
        'a first version that is lost',
        () => writeVersion(folder, '2026-07-01', { previous: '2026-01-01' }),
        'FOLDER/2026-07-01: the version names 2026-01-01 as previous, and there is none before it',
      ],
      [
        'a version in the middle that is lost',
        async () => {
          await writeVersion(folder, '2026-01-01');
          await writeVersion(folder, '2026-07-01', { previous: '2026-03-01' });
        },
        'FOLDER/2026-07-01: the version names 2026-03-01 as previous, and 2026-01-01 is before it',
      ],
      [
        'two first versions',
        async () => {
          await writeVersion(folder, '2026-01-01');
          await writeVersion(folder, '2026-07-01');
        },
        'FOLDER/2026-07-01: the version is said to be the first, and 2026-01-01 is before it',
      ],
      [
        'two that come into force together',
        async () => {
          const inForceFrom = '2026-01-01T00:00:00+05:00';
          await writeVersion(folder, '2026-01-01', { inForceFrom });
          await writeVersion(folder, '2026-07-01', { inForceFrom, previous: '2026-01-01' });
        },
        'FOLDER/2026-07-01: comes into force together with 2026-01-01',
      ],
    ];
    for (const [title, spoil, message] of bad) {
      it(title, async () => {
        await spoil(folder);
        const said = await failure();
        if (typeof message === 'string') expect(said).to.equal(message);
        else expect(said).to.match(message);
      });
    }
  });

  it('takes a text of the longest size and no octet more', async () => {
    const place = await writeVersion(folder, '2026-07-01');
    const file = join(place, 'en.txt');
    await writeFile(file, '{domain}'.padEnd(maxTextBytes));
    await loadAgreements(folder, options);
    await writeFile(file, '{domain}'.padEnd(maxTextBytes + 1));
    expect(await failure()).to.equal('FOLDER/2026-07-01/en.txt: longer than 262144 octets');
  });

  it('takes facts of the longest size and no octet more', async () => {
    const place = await writeVersion(folder, '2026-07-01');
    await writeFile(join(place, 'agreement.yaml'), '#'.repeat(maxFactsBytes + 1));
    expect(await failure()).to.equal('FOLDER/2026-07-01/agreement.yaml: longer than 16384 octets');
  });

  it('takes the most versions and not one more', async () => {
    const day = (i: number): string =>
      new Date(Date.UTC(2020, 0, 1 + i)).toISOString().slice(0, 10);
    for (let i = 0; i < maxVersions; i++) {
      await writeVersion(folder, day(i), { previous: i === 0 ? null : day(i - 1) });
    }
    const { all } = await loadAgreements(folder, options);
    expect(all).to.have.length(maxVersions);
    await writeVersion(folder, day(maxVersions), { previous: day(maxVersions - 1) });
    expect(await failure()).to.equal('FOLDER: there are more than 500 versions');
  });
});
