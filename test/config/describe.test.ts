import { expect } from 'chai';
import { compareConfigs } from '../../src/config/compare.ts';
import { describeSettings, settingsAsMarkdown, settingsAsText } from '../../src/config/describe.ts';
import { parseConfig } from '../../src/config/loader.ts';
import { showBytes, showDuration } from '../../src/config/setting-types.ts';

const settings = describeSettings().flatMap((group) => group.settings);

describe('config describe', () => {
  it('has one sentence for every setting and every group', () => {
    for (const { path, sentence } of [...describeSettings(), ...settings]) {
      expect(sentence, path).to.match(/^[A-Z`].{8,}\.$/);
    }
  });

  it('knows type and default', () => {
    const one = (path: string) => settings.find((setting) => setting.path === path);
    expect(one('listeners.imaps.port')).to.deep.equal({
      path: 'listeners.imaps.port',
      type: 'number 0 to 65535',
      default: '2993',
      required: false,
      reload: false,
      sentence: 'The port; 0 takes a free one.',
    });
    expect(one('limits.messageBytes')).to.deep.include({ type: 'size', default: '50 MiB' });
    expect(one('limits.smtpTimeoutMs')).to.deep.include({ type: 'time', default: '5 min' });
    expect(one('log.level')).to.deep.include({ default: 'info', reload: true });
    expect(one('data.folder')).to.deep.include({ required: true, default: undefined });
    expect(one('relay.password')?.type).to.include('env');
  });

  it('prints all of them, as text and as Markdown', () => {
    for (const { path } of settings) {
      expect(settingsAsText()).to.include(`${path}  (`);
      expect(settingsAsMarkdown()).to.include(`| \`${path}\` |`);
    }
  });
});

describe('units', () => {
  it('are the largest that say it exactly', () => {
    expect([0, 1, 1023, 1024, 1536, 2 ** 20, 5 * 2 ** 30].map(showBytes)).to.deep.equal([
      '0 B',
      '1 B',
      '1023 B',
      '1 KiB',
      '1536 B',
      '1 MiB',
      '5 GiB',
    ]);
    expect([1, 1500, 90_000, 300_000, 86_400_000].map(showDuration)).to.deep.equal([
      '1 ms',
      '1500 ms',
      '90 s',
      '5 min',
      '1 d',
    ]);
  });
});

describe('compareConfigs', () => {
  const base = [
    'version: 1',
    'server: { name: a.kz }',
    'domains: { local: [a.kz] }',
    'data: { folder: d }',
  ].join('\n');
  const config = (more: string) => parseConfig(`${base}\n${more}`, '/c.yaml', {});

  it('tells what holds at once from what needs a restart', () => {
    const before = config('tls: { certificate: a, key: b }\nlimits: { recipients: 100 }');
    const after = config(
      'tls: { certificate: c, key: b }\nlimits: { recipients: 200 }\nlog: { level: debug }\nquota: { bytes: 1 GiB }',
    );
    expect(compareConfigs(before, after)).to.deep.equal({
      applied: ['log.level', 'quota.bytes', 'tls.certificate'],
      needsRestart: ['limits.recipients'],
    });
    expect(compareConfigs(before, before)).to.deep.equal({ applied: [], needsRestart: [] });
  });

  it('has no place for a first certificate', () => {
    const off = 'listeners: { imaps: { enabled: false }, submissions: { enabled: false } }';
    const change = compareConfigs(config(off), config(`${off}\ntls: { certificate: c, key: b }`));
    expect(change.needsRestart).to.deep.equal(['tls.certificate', 'tls.key']);
  });
});
