import { expect } from 'chai';
import { writeVersion } from '../gateway/agreement/support.ts';
import { Place, zhashik } from './support.ts';

describe('zhashik agreement', function () {
  this.timeout(60_000);
  let place: Place;
  beforeEach(() => {
    place = new Place();
  });
  afterEach(() => {
    place.remove();
  });

  async function config(domain = 'example.kz'): Promise<string> {
    const folder = place.path('agreement');
    await writeVersion(folder, '2026-01-01', { domain });
    await writeVersion(folder, '2026-02-01', { domain, previous: '2026-01-01' });
    place.write({ gateway: '{ agreements: agreement }' });
    return place.config;
  }

  it('R-5.2 lists the versions, and which is in force', async () => {
    const file = await config();
    const { code, stdout } = await zhashik(['agreement', 'list', '--config', file, '--json']);
    expect(code).to.equal(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).to.have.length(2);
    expect(lines[0]).to.include({ version: '2026-01-01', inForce: false, domain: 'example.kz' });
    expect(lines[1]).to.include({ version: '2026-02-01', inForce: true });
  });

  it('R-5.2 shows the text of a version in a language', async () => {
    const file = await config();
    const of = (...more: string[]): ReturnType<typeof zhashik> =>
      zhashik(['agreement', 'show', '--config', file, ...more]);
    expect((await of('--language', 'ru')).stdout).to.equal('ru: Mailboxes are in example.kz.\n');
    expect((await of('2026-01-01')).stdout).to.equal('kk: Mailboxes are in example.kz.\n');
    const missing = await of('2020-01-01');
    expect(missing.code).not.to.equal(0);
    expect(missing.stderr).to.include('2020-01-01');
  });

  it('R-4.2 says that a server of another domain would not start', async () => {
    const file = await config('other.kz');
    const { code, stderr } = await zhashik(['agreement', 'list', '--config', file]);
    expect(code).not.to.equal(0);
    expect(stderr).to.include('other.kz');
  });
});
