import { expect } from 'chai';
import type { Mutation } from './code.ts';
import { explore } from './explore.ts';
import { RecordExplorer } from './record-explorer.ts';

const seed = 20261129;
const runs = 2_000;

const file = 'records.ts';
/** Every guard of a change taken out, one at a time: each must be missed. */
const mutations: readonly Mutation[] = [
  {
    what: 'a change does not ask what it was made for',
    file,
    from: '{ _id: found._id, w: found.w },',
    to: '{ _id: found._id },',
  },
  {
    what: 'a change asks for the version only',
    file,
    from: '{ _id: found._id, w: found.w },',
    to: '{ _id: found._id, ...(found.v !== undefined && { v: found.v }) },',
  },
  {
    what: 'a change whose answer was lost is not looked for',
    file,
    from: 'if (found?.ws.includes(w) === true) return true;',
    to: '',
  },
  {
    what: 'only the last change is looked at',
    file,
    from: 'if (found?.ws.includes(w) === true) return true;',
    to: 'if (found?.w === w) return true;',
  },
  {
    what: 'what was forgotten is taken for what did not happen',
    file,
    from: 'if (moved && !remembers(found, tried?.on)) throw unknownOutcome();',
    to: '',
  },
  {
    what: 'a change is not tried again when its answer was lost',
    file,
    from: 'if (!isUnavailable(error) || this.#waits.now() > until) throw error;\n      }\n      await',
    to: 'return false;\n      }\n      await',
  },
  {
    what: 'an answer is believed that says no',
    file,
    from: 'if (await written) return true;',
    to: 'if (await written) return true;\n        tried = undefined;',
  },
  {
    what: 'a removed record is forgotten at once',
    file,
    from: "const [found] = await this.#db.find<RecordDocument>('records', { _id });",
    to: `const [found] = await this.#db.find<RecordDocument>('records', { _id });
    if (found?.xt !== undefined) await this.#db.remove('records', { _id, w: found.w });`,
  },
];

describe('changes of records, by a server that fails in every way', function () {
  this.timeout(600_000);

  it(`are made as they were told in ${runs} runs (seed ${seed})`, async () => {
    const { wrong } = await explore(seed, runs, undefined, RecordExplorer);
    if (wrong !== undefined) throw new Error(`${wrong.trace}\n${wrong.why}`);
  });

  for (const mutation of mutations) {
    it(`shows when ${mutation.what}`, async () => {
      const { wrong, count } = await explore(seed, runs, mutation, RecordExplorer);
      expect(wrong, `not noticed in ${count} runs`).not.to.equal(undefined);
    });
  }
});
