import { expect } from 'chai';
import type { StateEvent } from '../../../src/gateway/api.ts';
import { StateEvents } from '../../../src/gateway/state/state-events.ts';
import { StateUnavailable } from '../../../src/gateway/state/state-unavailable.ts';
import type { RecordStore } from '../../../src/store/records.ts';
import { type OpenEmbedded, openEmbedded } from '../../store/embedded/backend.ts';
import { StateBench, bin, deadIin, iin } from './state-bench.ts';

describe('R-13.3 events of the state', () => {
  let store: OpenEmbedded;
  let bench: StateBench;
  let handled: string[];
  beforeEach(async () => {
    store = await openEmbedded();
    bench = new StateBench();
    handled = [];
  });
  afterEach(async () => {
    await bench.close();
    await store.remove();
  });

  const note = (event: StateEvent): Promise<void> => {
    handled.push(`${event.cursor} ${event.kind}`);
    return Promise.resolve();
  };

  async function open(
    handle: (event: StateEvent) => Promise<void> = note,
    records: RecordStore = store.store.records,
  ): Promise<StateEvents> {
    const registry = await bench.open('json', { attempts: 1 });
    return new StateEvents({ registry, records, handle, log: bench.noted.log });
  }

  function tellFour(): void {
    bench.simulator.setLifeStatus(iin, 'DEAD');
    bench.simulator.tell({ type: 'ADDRESS', iin });
    bench.simulator.setStatus(bin, 'LIQUIDATED');
    bench.simulator.setHead(bin, deadIin);
  }
  const four = ['e1 death', 'e3 liquidated', 'e4 head'];

  it('R-13.3 come once, in their order, and further runs go on where the last ended', async () => {
    const events = await open();
    expect(await events.run()).to.equal(0);
    tellFour();
    expect(await events.run()).to.equal(3);
    expect(await events.run()).to.equal(0);
    bench.simulator.setLifeStatus(iin, 'ALIVE');
    expect(await events.run()).to.equal(1);
    expect(handled).to.deep.equal([...four, 'e5 death-cancelled']);
  });

  it('R-13.3 are more than one page', async () => {
    for (let i = 0; i < 205; i++) bench.simulator.setLifeStatus(iin, i % 2 ? 'ALIVE' : 'DEAD');
    expect(await (await open()).run()).to.equal(205);
    expect(new Set(handled).size).to.equal(205);
  });

  it('R-13.3 that are none of ours move the place too', async () => {
    for (let i = 0; i < 205; i++) bench.simulator.tell({ type: 'ADDRESS', iin });
    bench.simulator.setLifeStatus(iin, 'DEAD');
    expect(await (await open()).run()).to.equal(1);
    expect(handled).to.deep.equal(['e206 death']);
  });

  it('R-13.3 that cannot be brought into force come again, and nothing passes them', async () => {
    tellFour();
    let broken = true;
    const events = await open(async (event) => {
      if (broken && event.kind === 'liquidated') throw new Error('the mailbox is in use');
      await note(event);
    });
    const failure: unknown = await events.run().catch((error: unknown) => error);
    expect(String(failure)).to.include('the mailbox is in use');
    expect(handled).to.deep.equal(['e1 death']);
    expect(bench.noted.lines.find(({ level }) => level === 'error')).to.deep.include({
      event: 'state-event-failed',
    });
    expect(JSON.stringify(bench.noted.lines)).to.not.include(iin).and.not.include(bin);
    broken = false;
    expect(await events.run()).to.equal(2);
    expect(handled).to.deep.equal(four);
  });

  it('R-13.3 wait while the feed is down', async () => {
    tellFour();
    const events = await open();
    bench.simulator.behaviour = 'down';
    const failure: unknown = await events.run().catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(StateUnavailable);
    bench.simulator.behaviour = 'right';
    await events.run();
    expect(handled).to.deep.equal(four);
  });

  it('R-13.3 stop between two when the server stops', async () => {
    tellFour();
    const stop = new AbortController();
    const events = await open(async (event) => {
      await note(event);
      stop.abort();
    });
    expect(await events.run(stop.signal)).to.equal(1);
    expect(await (await openAgain(note)).run()).to.equal(2);
    expect(handled).to.deep.equal(four);
  });

  /** The registry of the same simulator, which listens already. */
  async function openAgain(handle: (event: StateEvent) => Promise<void>): Promise<StateEvents> {
    await bench.simulator.close();
    return open(handle);
  }

  it('R-13.3 are counted once by several processes, whatever each of them does when', async () => {
    for (let i = 0; i < 20; i++) bench.simulator.setLifeStatus(iin, i % 2 ? 'ALIVE' : 'DEAD');
    const registry = await bench.open('json');
    const { log } = bench.noted;
    const { records } = store.store;
    const runs = [1, 2, 3].map(() => new StateEvents({ registry, records, handle: note, log }));
    const counts = await Promise.all(runs.map((one) => one.run()));
    expect(counts[0]! + counts[1]! + counts[2]!).to.equal(20);
    // Each at least once, and the first times in order.
    expect([...new Set(handled)].map((one) => one.split(' ')[0])).to.deep.equal(
      Array.from({ length: 20 }, (_, i) => `e${i + 1}`),
    );
  });

  it('R-13.3 go on from where another process has brought them', async () => {
    tellFour();
    const { records } = store.store;
    const events = await open(async (event) => {
      await note(event);
      if (event.cursor !== 'e1') return;
      const value = '{"cursor":"e1","version":1}';
      await records.insert('state-cursor', [{ key: 'events', value }]);
    });
    expect(await events.run()).to.equal(2);
    expect(handled).to.deep.equal(four);
  });

  it('R-13.3 survive a crash before and after each write: none is left out', async () => {
    tellFour();
    const registry = await bench.open('json');
    const { log } = bench.noted;
    for (let at = 1; at <= 3; at++) {
      for (const when of ['before', 'after'] as const) {
        handled = [];
        const { records } = store.store;
        const old = await records.get('state-cursor', 'events');
        if (old !== undefined) await records.remove('state-cursor', 'events', old.version);
        const dying = new StateEvents({
          registry,
          records: dyingAt(records, at, when),
          handle: note,
          log,
        });
        const failure: unknown = await dying.run().catch((error: unknown) => error);
        expect(String(failure)).to.include('died');
        await new StateEvents({ registry, records, handle: note, log }).run();
        expect([...new Set(handled)], `${when} write ${at}`).to.deep.equal(four);
        // The one whose place was not written comes again, and no other.
        const again = when === 'before' ? 1 : 0;
        expect(handled.length - four.length, `${when} write ${at}`).to.equal(again);
      }
    }
  });

  it('R-13.3 are not read from a place of a newer version', async () => {
    await store.store.records.insert('state-cursor', [{ key: 'events', value: '{"version":2}' }]);
    const failure: unknown = await (await open()).run().catch((error: unknown) => error);
    expect(String(failure)).to.include('A record of kind state-cursor cannot be read');
    expect(handled).to.deep.equal([]);
  });
});

/** The records of a process that dies before or after its n-th write. */
function dyingAt(records: RecordStore, at: number, when: 'before' | 'after'): RecordStore {
  let writes = 0;
  const write = async <Result>(what: () => Promise<Result>): Promise<Result> => {
    writes++;
    if (writes === at && when === 'before') throw new Error('died');
    const result = await what();
    if (writes === at) throw new Error('died');
    return result;
  };
  return {
    get: (kind, key) => records.get(kind, key),
    list: (kind, range) => records.list(kind, range),
    insert: (kind, all) => write(() => records.insert(kind, all)),
    replace: (kind, key, version, value) => write(() => records.replace(kind, key, version, value)),
    remove: (kind, key, version) => write(() => records.remove(kind, key, version)),
  };
}
