import { expect } from 'chai';
import { silentLog } from '../../src/core/log.ts';
import { type MetricsListener, startMetricsListener } from '../../src/metrics/http-listener.ts';
import { Metrics } from '../../src/metrics/metrics.ts';

describe('the metrics listener', () => {
  let listener: MetricsListener;
  let reason: string | undefined;
  const metrics = new Metrics();
  before(async () => {
    listener = await startMetricsListener({
      host: '127.0.0.1',
      port: 0,
      metrics,
      notReady: () => reason,
      log: silentLog,
    });
  });
  after(() => listener.close());

  async function get(path: string, method = 'GET'): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${listener.port}${path}`, { method });
    return { status: response.status, text: await response.text() };
  }

  it('shows what was counted', async () => {
    metrics.connectionOpened('smtp');
    metrics.sessions('smtp', () => 3);
    metrics.login('imap', 'credentials');
    metrics.delivery('delivered');
    metrics.storeAccept(0.002);
    metrics.gauge('zhashik_test', 'For this test', () => Promise.resolve(42), 'sum');
    const { status, text } = await get('/metrics');
    expect(status).to.equal(200);
    for (const line of [
      'zhashik_connections_total{listener="smtp",outcome="taken"} 1',
      'zhashik_sessions{listener="smtp"} 3',
      'zhashik_logins_total{protocol="imap",outcome="credentials"} 1',
      'zhashik_deliveries_total{outcome="delivered"} 1',
      'zhashik_store_accept_seconds_count 1',
      'zhashik_test 42',
    ]) {
      expect(text).to.include(line);
    }
  });

  it('is live always, and ready when it is', async () => {
    reason = 'starting';
    expect(await get('/live')).to.deep.equal({ status: 200, text: 'live\n' });
    expect(await get('/ready')).to.deep.equal({ status: 503, text: 'starting\n' });
    reason = undefined;
    expect(await get('/ready?x=1')).to.deep.equal({ status: 200, text: 'ready\n' });
    expect((await get('/ready', 'HEAD')).status).to.equal(200);
  });

  it('does nothing else', async () => {
    expect((await get('/')).status).to.equal(404);
    expect((await get('/metrics', 'POST')).status).to.equal(405);
  });
});
