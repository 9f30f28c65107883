import { recordNameOf } from '../../src/store/common/record-id.ts';
import type { RecordDocument } from '../../src/store/mongo/record-document.ts';

/** A change that somebody tried, and what he was told; undefined: that nobody knows, or he was killed. */
interface Try {
  readonly key: string;
  /** Undefined: there was none, it is to be added. */
  readonly version: number | undefined;
  /** Undefined: it is to be removed. Else it is like no other. */
  readonly value: string | undefined;
  told?: boolean;
}

/** What was tried and told of records, held against all that a majority ever had of them. */
export class RecordHistory {
  readonly #tries: Try[] = [];

  /** To be told how it ended. */
  tried(one: Try): (told: boolean) => void {
    this.#tries.push(one);
    return (told) => {
      one.told = told;
    };
  }

  check(documents: readonly RecordDocument[]): void {
    const states = new Map<string, RecordDocument>();
    const removed = new Map<string, number>();
    const made = new Map<string, number>();
    for (const document of documents) {
      const { key } = recordNameOf(document._id);
      const before = states.get(key);
      states.set(key, document);
      if (document.j === undefined) {
        if (before?.v === undefined) fail(`${key} was removed twice`);
        const what = `${key} ${before.v}`;
        removed.set(what, (removed.get(what) ?? 0) + 1);
        continue;
      }
      const one = this.#tries.find(({ value }) => value === document.j);
      if (one?.version !== before?.v) fail(`${document.j} came in place of ${before?.j}`);
      if (document.v !== (one?.version ?? 0) + 1) fail(`${document.j} has version ${document.v}`);
      made.set(document.j, (made.get(document.j) ?? 0) + 1);
    }
    for (const { value, told } of this.#tries) {
      if (value === undefined) continue;
      const times = made.get(value) ?? 0;
      if (times > 1) fail(`${value} came ${times} times`);
      if (told !== undefined && told !== (times === 1))
        fail(`${value} came: ${times}; told: ${told}`);
    }
    // Which of several who removed one version it was, only they know.
    const removals = this.#tries.filter(({ value }) => value === undefined);
    for (const what of new Set(removals.map(({ key, version }) => `${key} ${version}`))) {
      const those = removals.filter(({ key, version }) => `${key} ${version}` === what);
      const sure = those.filter(({ told }) => told === true).length;
      const perhaps = those.filter(({ told }) => told === undefined).length;
      const times = removed.get(what) ?? 0;
      if (times < sure || times > sure + perhaps) {
        fail(`${what} was removed ${times} times; ${sure} were told so, ${perhaps} nothing`);
      }
    }
  }
}

function fail(what: string): never {
  throw new Error(what);
}
