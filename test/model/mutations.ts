import type { Mutation } from './code.ts';

/** Every guard of the commit model taken out, one at a time: each must be missed by the explorer. */
export const mutations: readonly Mutation[] = [
  {
    what: 'a commit does not ask which head it was made for',
    file: 'account-log.ts',
    from: 'const made = { _id: this.a, v: before.v };',
    to: 'const made = { _id: this.a };',
  },
  {
    what: 'a commit whose reply was lost is not looked for',
    file: 'account-log.ts',
    from: 'if (this.#head.tail.some((entry) => entry.commit === commit)) {',
    to: 'if (commit === "") {',
  },
  {
    what: 'a lost commit that the tail no longer tells of is done again',
    file: 'account-log.ts',
    from: 'if (!tailReachesBack(this.#head, before.seq)) throw unsure ?? unknownOutcome();',
    to: '',
  },
  {
    what: 'a delivery id is not looked for in the head',
    file: 'draft.ts',
    from: 'return this.#idAnswers.get(id) ?? this.base.ids.find(id);',
    to: 'return this.#idAnswers.get(id);',
  },
  {
    what: 'a page is written over what somebody else wrote',
    file: 'projector.ts',
    from: 'const filter = { _id, a: account, v: page.v };',
    to: 'const filter = { _id, a: account };',
  },
  {
    what: 'an entry is applied to a page that holds it',
    file: 'page-set.ts',
    from: 'if (page === undefined || !(page.s < s || touched.has(page))) continue;',
    to: 'if (page === undefined) continue;',
  },
  {
    what: 'new messages are added to a page that holds them',
    file: 'page-set.ts',
    from: 'if (!(page.s < s || touched.has(page))) return undefined;',
    to: '',
  },
  {
    what: 'the head says that the pages have what they do not have yet',
    file: 'account-log.ts',
    from: 'const base = Math.min(this.#projected, before.seq);',
    to: 'const base = before.seq;',
  },
  {
    what: 'entries are counted as projected before they are',
    file: 'account-log.ts',
    from: 'await project(this.#db, this.a, entries);',
    to: 'this.#projected = seq; await project(this.#db, this.a, entries);',
  },
  {
    what: 'the tail drops what is not in the pages',
    file: 'head-document.ts',
    from: 'return Math.max(tailKept, waiting + entries.length);',
    to: 'return Math.min(1, waiting + entries.length);',
  },
  {
    what: 'a view is made of pages and a tail with a gap between them',
    file: 'account-log.ts',
    from: 'if (!tailReachesBack(this.#head, base)) continue;',
    to: '',
  },
  {
    what: 'a view is made of the pages alone',
    file: 'account-log.ts',
    from: 'this.#head.tail.filter(({ s }) => s > base),',
    to: '[],',
  },
  {
    what: 'a view is not read again after more changes than the tail holds',
    file: 'account-log.ts',
    from: 'if (tailReachesBack(head, before.seq)) {',
    to: 'if (head.seq >= before.seq) {',
  },
  {
    what: 'letters are not prepared again after a conflict',
    file: 'letters.ts',
    from: 'const known = await knownRefs(db, head, letters);',
    to: 'if (letters.every(({ email }) => email > 0)) return;\n  const known = await knownRefs(db, head, letters);',
  },
  {
    what: 'a letter takes the number of another',
    file: 'letters.ts',
    from: 'wanted = these.filter((_, i) => taken.has(i));',
    to: 'wanted = these.filter((_, i) => taken.has(i + 1_000_000));',
  },
  {
    what: 'a letter that the collector marked is used',
    file: 'letters.ts',
    from: `return db.update('emails', filter, { $unset: { del: 1 } });`,
    to: 'return Promise.resolve(filter.a === a);',
  },
  {
    what: 'the collector does not fence those who prepared before its mark',
    file: 'collector.ts',
    from: 'draft.fenced = true;',
    to: '',
    test: 'fence.test.ts',
  },
  {
    what: 'the number of a letter that was removed is given again, and whatever letter has it is taken',
    file: 'collector.ts',
    from: 'draft.nextEmail = Math.max(draft.nextEmail, last + 1);',
    to: 'draft.nextEmail = Math.max(draft.nextEmail, last * 0);',
    // Each of the two guards holds without the other, as far as the explorer finds.
    also: {
      file: 'letters.ts',
      from: 'h: Buffer.from(letter.digest), ',
      to: '...(letter.digest.length === 0 && { h: 0 }), ',
    },
  },
  {
    what: 'the collector does not look again behind its fence',
    file: 'collector.ts',
    from: 'for (const { _id, h } of await unusedEmails(db, log, garbageBefore)) {',
    to: 'for (const { _id, h } of unused) {',
  },
  {
    what: 'the collector removes what was taken off its mark',
    file: 'collector.ts',
    from: 'const marked = { _id, a, del };',
    to: 'const marked = { _id, a };',
  },
];
