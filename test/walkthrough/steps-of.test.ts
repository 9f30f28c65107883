import { expect } from 'chai';
import { isAsShown, stepsOf } from './steps-of.ts';

describe('the steps of a page', () => {
  it('are its sh blocks in order, with what the page shows after them', () => {
    const page = [
      ...['## 1. A', 'words', '```sh', 'a=1', 'echo $a', '```', '', '```text', '1', '```'],
      ...['```', 'npm start', '```', '## 2. B', '```sh', 'b', '```', '```sh', 'c', '```', ''],
    ].join('\n');
    expect(stepsOf(page)).to.deep.equal([
      { section: '1. A', script: 'a=1\necho $a\n', shown: '1\n' },
      { section: '2. B', script: 'b\n', shown: undefined },
      { section: '2. B', script: 'c\n', shown: undefined },
    ]);
  });

  for (const [printed, shown, is] of [
    ['a', 'a', true],
    ['a\n', 'a\n', true],
    ['{"a":1}', '{"a":...}', true],
    ['axb', 'a.b', false],
    ['a\nb\nc', 'a\n...\nc', true],
    ['a\nc', 'a\n...\nc', true],
    ['a\nb', 'a', false],
    ['a\nb', 'a...', false],
    ['', 'a', false],
  ] as const) {
    it(`${JSON.stringify(printed)} is ${is ? '' : 'not '}${JSON.stringify(shown)}`, () => {
      expect(isAsShown(printed, shown)).to.equal(is);
    });
  }
});
