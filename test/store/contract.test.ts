import { onMongo } from '../support/mongo/on-mongo.ts';
import { storeContract } from './contract.ts';
import { embeddedBackend } from './embedded/backend.ts';
import { mongoBackend } from './mongo/backend.ts';

const backends = ['embedded', 'mongo'];

/**
 * The backends to run: `npm run test:contract -- --store embedded`, or ZHASHIK_TEST_STORE, or all. Mocha hands
 * options it does not know to its child process in an order of its own, so the name is looked for anywhere.
 */
function wanted(): readonly string[] {
  const asked = process.argv.find((argument) => argument.startsWith('--store'));
  if (asked?.includes('=')) return asked.slice('--store='.length).split(',');
  if (asked !== undefined) return process.argv.filter((argument) => backends.includes(argument));
  return process.env['ZHASHIK_TEST_STORE']?.split(',') ?? backends;
}

const names = wanted();
if (names.length === 0 || names.some((name) => !backends.includes(name))) {
  throw new Error(`no such backend; there are: ${backends.join(', ')}`);
}
if (names.includes('embedded')) {
  // Letters for accounts of several shards take another way than those of one.
  storeContract(embeddedBackend({ shards: 1 }));
  storeContract(embeddedBackend({ shards: 3, writers: 2 }));
}
if (names.includes('mongo')) {
  await onMongo("mongo: the store's contract", (url) => {
    storeContract(mongoBackend(url));
  });
}
