import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import {
  checkpointForcedPages,
  checkpointPages,
  groupBytes,
  groupOperations,
} from '../../../src/store/embedded/limits.ts';
import { directoryPath, shardPath } from '../../../src/store/embedded/paths.ts';
import { type Letter } from '../../../src/store/common/letter-row.ts';
import {
  type Answer,
  directoryFile,
  type DirectoryOps,
  type Op,
  type ShardOps,
} from '../../../src/store/embedded/protocol.ts';
import { takeGroup } from '../../../src/store/embedded/writer/group.ts';
import { Writer } from '../../../src/store/embedded/writer/writer.ts';

let ids = 0;
function op<K extends keyof ShardOps>(kind: K, args: ShardOps[K]['args'], weight = 0): Op {
  return { id: ++ids, file: 0, kind, args, now: 1_790_000_000_000, weight };
}

function letterRow(size = 500): Letter {
  const octets = Buffer.alloc(size, `letter ${++ids} `);
  return {
    digest: createHash('sha256').update(octets).digest(),
    size,
    ref: ids,
    references: [],
    version: 1,
    sent: null,
    preview: '',
    envelope: '()',
    envelope8: null,
    structure: '()',
    structure8: null,
    body: '()',
    body8: null,
    headerBytes: 10,
    parts: '[]',
    threading: '{}',
    octets,
    header: undefined,
  };
}

const appendOp = (letter: Letter): Op =>
  op('append', {
    a: 1,
    m: 1,
    messages: [{ letter, flags: { system: 0, keywords: [] }, idate: 0 }],
  });

describe('embedded: the writer', () => {
  let folder: string;
  let writer: Writer;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zhashik-store-'));
    writer = new Writer(folder, 1, [directoryFile, 0]);
    run([op('settleAccounts', { accounts: [{ a: 1, maxBytes: null, maxCount: null }] })]);
  });
  afterEach(() => {
    writer.close();
    rmSync(folder, { recursive: true });
  });
  const run = (ops: readonly Op[]): { answers: Answer[]; commits: number } => {
    const reports = [...writer.run(ops)];
    return { answers: reports.flatMap((report) => report.answers), commits: reports.length };
  };

  it('commits a group once, in order', () => {
    const { answers, commits } = run(Array.from({ length: 50 }, () => appendOp(letterRow())));
    expect(commits).to.equal(1);
    expect(
      answers.map((each) => 'value' in each && (each.value as { first: number }).first),
    ).to.deep.equal(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  it('lets an operation that breaks fail alone, and forgets what it had changed', () => {
    const broken = { ...letterRow(), preview: null as never };
    const { answers } = run([
      appendOp(letterRow()),
      appendOp(broken),
      op('createMailbox', { a: 1, name: 'Sent', use: undefined }),
      appendOp(letterRow()),
    ]);
    const outcome = answers.map((each) => ('failure' in each ? each.failure : 'done'));
    expect(outcome).to.deep.equal(['done', 'internal', 'already-exists', 'done']);
    const [last] = run([appendOp(letterRow())]).answers;
    expect(last).to.have.nested.property('value.first', 3);
  });

  it('reports the trouble of a broken operation for the log, not for the client', () => {
    const [report] = [...writer.run([appendOp({ ...letterRow(), preview: null as never })])];
    expect(report?.trouble).to.match(/append.*NOT NULL/s);
    const [answer] = report?.answers ?? [];
    expect(answer).to.include({ failure: 'internal', message: 'Internal error' });
  });

  it('keeps an account to be settled whose limits changed once more', () => {
    const unsettled = (): number => {
      const db = new Database(directoryPath(folder), { readonly: true });
      const count = db.prepare('SELECT count(*) FROM unsettled').pluck().get() as number;
      db.close();
      return count;
    };
    const direct = (kind: keyof DirectoryOps, args: unknown): void => {
      run([{ id: ++ids, file: directoryFile, kind, args, now: 0, weight: 0 }]);
    };
    const audit = { actor: 'test', action: 'test', detail: null };
    const account = {
      address: 'x',
      canonical: 'x',
      skeleton: 'x',
      status: 'active',
      credentials: '{}',
      subject: null,
      level: null,
    };
    const old = { maxBytes: 5, maxCount: null };
    const limits = { maxBytes: 9, maxCount: null };
    const none = { status: undefined, credentials: undefined, owner: undefined };
    direct('createAccounts', { accounts: [{ ...account, ...old }], audit });
    direct('updateAccount', { a: 1, ...none, limits, audit });
    direct('settled', { accounts: [{ a: 1, ...old }] });
    expect(unsettled()).to.equal(1);
    direct('settled', { accounts: [{ a: 1, ...limits }] });
    expect(unsettled()).to.equal(0);
  });

  it('refuses whole what would need more numbers of contents than there are', () => {
    const db = new Database(shardPath(folder, 0));
    // With one shard the last content is number 2^32 - 1: one is left.
    db.exec(`UPDATE counter SET value = 4294967295 WHERE name = 'content'`);
    db.close();
    const two = op('append', {
      a: 1,
      m: 1,
      messages: [letterRow(), letterRow()].map((letter) => ({
        letter,
        flags: { system: 0, keywords: [] },
        idate: 0,
      })),
    });
    const [report] = [...writer.run([two])];
    expect(report?.answers[0]).to.include({ failure: 'limit' });
    expect(report?.events).to.equal(undefined);
    expect(run([appendOp(letterRow())]).answers[0]).to.have.nested.property('value.first', 1);
    const foreign: ShardOps['accept']['args'] = {
      letter: letterRow(),
      deliveries: [],
      foreign: [2],
      relay: undefined,
      sender: undefined,
    };
    expect(run([op('accept', foreign)]).answers[0]).to.include({ failure: 'limit' });
  });

  it('takes what waits into a group, up to its bounds', () => {
    const small = Array.from({ length: groupOperations + 5 }, () => appendOp(letterRow(10)));
    expect(takeGroup(small)).to.have.length(groupOperations);
    expect(small).to.have.length(5);
    const heavy = Array.from({ length: 3 }, () => ({
      ...appendOp(letterRow(10)),
      weight: groupBytes / 2,
    }));
    expect(takeGroup(heavy)).to.have.length(2);
    const giant = [{ ...appendOp(letterRow(10)), weight: 10 * groupBytes }];
    expect(takeGroup(giant)).to.have.length(1);
    expect(takeGroup([])).to.deep.equal([]);
  });

  it('names a log that has grown, and begins it anew when nobody copies it', () => {
    const pageBytes = 4096;
    const group = (): void => {
      run(Array.from({ length: 20 }, () => appendOp(letterRow(60_000))));
    };
    expect(writer.longLogs(true)).to.deep.equal([]);
    let grown = 0;
    while (writer.longLogs(true).length === 0) {
      group();
      grown++;
    }
    const log = `${shardPath(folder, 0)}-wal`;
    expect(statSync(log).size).to.be.at.least(checkpointPages * pageBytes);
    expect(grown).to.be.lessThan(20);
    for (let i = 0; i < 100; i++) {
      group();
      writer.longLogs(true);
    }
    expect(statSync(log).size).to.be.lessThan((checkpointForcedPages + 2000) * 1.01 * pageBytes);
  });
});
