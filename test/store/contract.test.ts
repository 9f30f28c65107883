import { storeContract } from './contract.ts';
import { embeddedBackend } from './embedded/backend.ts';
import { mongoBackend } from './mongo/backend.ts';
import type { Backend } from './support.ts';

/** A MongoDB-protocol server to make databases on, such as `test/support/mongo/ProtocolServer.java`. */
const mongoUrl = process.env['ZHASHIK_TEST_MONGODB'];

const backends: Readonly<Record<string, readonly Backend[]>> = {
  // Letters for accounts of several shards take another way than those of one.
  embedded: [embeddedBackend({ shards: 1 }), embeddedBackend({ shards: 3, writers: 2 })],
  mongo: mongoUrl === undefined ? [] : [mongoBackend(mongoUrl)],
};

/**
 * The backends to run: `npm run test:contract -- --store embedded`, or ZHASHIK_TEST_STORE, or all. Mocha hands
 * options it does not know to its child process in an order of its own, so the name is looked for anywhere.
 */
function wanted(): readonly string[] {
  const asked = process.argv.find((argument) => argument.startsWith('--store'));
  if (asked?.includes('=')) return asked.slice('--store='.length).split(',');
  if (asked !== undefined) return process.argv.filter((argument) => argument in backends);
  return process.env['ZHASHIK_TEST_STORE']?.split(',') ?? Object.keys(backends);
}

const names = wanted();
if (names.length === 0 || names.some((name) => !(name in backends))) {
  throw new Error(`no such backend; there are: ${Object.keys(backends).join(', ')}`);
}
for (const name of names) for (const backend of backends[name] ?? []) storeContract(backend);
if (names.includes('mongo') && mongoUrl === undefined) {
  describe("mongo: the store's contract", () => {
    it.skip('needs the URL of a MongoDB-protocol server in ZHASHIK_TEST_MONGODB');
  });
}
