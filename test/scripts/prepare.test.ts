import { spawnSync } from 'node:child_process';
import { expect } from 'chai';

function prepare(...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/prepare.mjs', ...args], {
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

describe('scripts/prepare.mjs', () => {
  it('says nothing when there is nothing to install', () => {
    expect(prepare('modules')).to.deep.equal({ status: 0, said: '' });
  });

  it('knows its tasks', () => {
    expect(prepare('nothing')).to.deep.include({ status: 64 });
    expect(prepare().said).to.include('modules|build');
  });
});
