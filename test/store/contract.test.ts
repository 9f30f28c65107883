import { storeContract } from './contract.ts';
import { embeddedBackend } from './embedded/backend.ts';
import type { Backend } from './support.ts';

const backends: Readonly<Record<string, readonly Backend[]>> = {
  // Letters for accounts of several shards take another way than those of one.
  embedded: [embeddedBackend({ shards: 1 }), embeddedBackend({ shards: 3, writers: 2 })],
};

/** `npm run test:contract -- --store embedded`, or ZHASHIK_TEST_STORE; all backends have a name here. */
function wanted(): string {
  const flag = process.argv.indexOf('--store');
  return (
    process.argv[flag + 1 > 0 ? flag + 1 : -1] ?? process.env['ZHASHIK_TEST_STORE'] ?? 'embedded'
  );
}

for (const name of wanted().split(',')) {
  const list = backends[name];
  if (list === undefined)
    throw new Error(`no backend ${name}; there are: ${Object.keys(backends).join(', ')}`);
  for (const backend of list) storeContract(backend);
}
