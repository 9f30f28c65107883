import { expect } from 'chai';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultyDisk } from '../faults/faulty-disk.ts';
import { buildServer } from '../support/server-process.ts';
import { CrashRun } from './crash-run.ts';

// `npm run crash -- --kills 300 --seed 1` sets these.
const kills = Number(process.env['ZHASHIK_TEST_KILLS'] ?? 40);
const seed = Number(process.env['ZHASHIK_TEST_SEED'] ?? 20261123);
/** Servers at a time, each with a data folder: most of a round is spent on starts, which need one core. */
const lanes = 2;

describe(`a server that dies ${kills} times (seed ${seed})`, function () {
  this.timeout(60_000 + kills * 15_000);
  const disk = FaultyDisk.build();
  const runs = Array.from(
    { length: lanes },
    (_, i) => new CrashRun(mkdtempSync(join(tmpdir(), 'zhashik-crash-')), seed + i, disk),
  );

  before(async () => {
    buildServer();
    for (const run of runs) await run.prepare();
  });
  after(() => {
    for (const run of runs) run.remove();
    disk?.remove();
  });

  it('owes nothing of what it acknowledged, whatever the moment', async () => {
    let round = 0;
    const work = async (run: CrashRun): Promise<void> => {
      while (round < kills) await run.round(++round);
    };
    // A run that fails must not leave the other's server behind.
    const failed = (await Promise.allSettled(runs.map(work))).find(
      (result) => result.status === 'rejected',
    );
    if (failed !== undefined) throw failed.reason as Error;
    const letters = runs.reduce((sum, run) => sum + run.acknowledgedLetters, 0);
    expect(letters, 'letters acknowledged').to.be.greaterThan(kills);
    if (process.env['ZHASHIK_TEST_KILLS'] === undefined) return;
    for (const run of runs) {
      console.log(Object.fromEntries([...run.ends].sort()));
      console.log(run.acknowledgedLetters, Object.fromEntries(run.acknowledgedCommands));
    }
  });

  it('then serves over IMAP what the store holds, and stops with 0', async () => {
    await Promise.all(runs.map((run) => run.finish()));
  });

  it('is killed at named moments and loses power', function () {
    // Without a C compiler the rounds above were kills at random moments.
    if (disk === undefined) this.skip();
    const ends = runs.flatMap((run) => [...run.ends.keys()]);
    expect(
      ends.some((end) => end.startsWith('kill before') || end.startsWith('kill after')),
    ).to.equal(true);
    expect(ends.some((end) => end.startsWith('cut'))).to.equal(true);
  });
});
