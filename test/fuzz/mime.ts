/**
 * Generative fuzzing of the MIME indexer and its helpers: valid messages of random structure, damaged by mutations
 * that know what matters in mail, and by mutations of what was made before. Run with
 * `npm run fuzz:mime -- --runs 20000 --seed 1`; a failure prints its seed and run and leaves the message in a file.
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MessageIndexer } from '../../src/mail/indexer.ts';
import type { MessageIndex } from '../../src/mail/api.ts';
import { headerTexts, partTexts } from '../../src/mail/search-text.ts';
import { foldCase } from '../../src/mail/fold.ts';
import { Random } from '../mail/indexing.ts';
import { checkInvariants } from '../mail/invariants.ts';
import { generateMessage } from '../mail/message-model.ts';
import { mutate } from '../mail/mutation.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
});
const runs = Number(values.runs);
const seed = Number(values.seed);
if (!Number.isInteger(runs) || !Number.isInteger(seed)) {
  process.stderr.write('usage: mime.ts [--runs N] [--seed S]\n');
  process.exit(64); // EX_USAGE
}
process.stdout.write(`seed ${seed}, ${runs} runs\n`);

/** Messages that later runs damage further. */
const pool: Buffer[] = [];
const poolSize = 200;
const maxMessageBytes = 64 * 1024;
/** CPU time that no message of `maxMessageBytes` may need; linear work needs a hundredth. */
const maxRunMs = 1000;

const random = new Random(seed);
let octets = 0;
for (let run = 0; run < runs; run++) {
  const message = nextMessage();
  octets += message.length;
  const start = process.cpuUsage();
  try {
    await examine(message);
    const { user } = process.cpuUsage(start);
    if (user > maxRunMs * 1000) throw new Error(`took ${Math.round(user / 1000)} ms`);
  } catch (error) {
    const file = join(tmpdir(), `mime-${seed}-${run}.eml`);
    writeFileSync(file, message);
    process.stderr.write(`seed ${seed}, run ${run}: ${String(error)}\nmessage: ${file}\n`);
    process.exit(1);
  }
}
process.stdout.write(`no failure in ${(octets / 1e6).toFixed(1)} MB\n`);

function nextMessage(): Buffer {
  const fresh = pool.length === 0 || random.chance(0.3);
  const base = fresh ? generateMessage(random).bytes : random.pick(pool);
  let message = random.chance(0.05) ? base : mutate(base, random);
  // Two messages glued together have boundaries that meet.
  if (pool.length > 0 && random.chance(0.05)) message = Buffer.concat([message, random.pick(pool)]);
  message = message.subarray(0, maxMessageBytes);
  if (pool.length < poolSize) pool.push(message);
  else pool[random.below(poolSize)] = message;
  return message;
}

async function examine(message: Buffer): Promise<void> {
  const whole = indexIn(message, message.length);
  checkInvariants(message, whole);
  const chunkBytes = random.pick([1, 2, 3, 1 + random.below(100), 1 + random.below(2000)]);
  if (JSON.stringify(indexIn(message, chunkBytes)) !== JSON.stringify(whole)) {
    throw new Error(`another answer in chunks of ${chunkBytes}`);
  }
  for (const text of headerTexts(message.subarray(0, whole.headerBytes))) foldCase(text);
  const read = (offset: number, length: number): Promise<Uint8Array> => {
    if (offset < 0 || offset + length > message.length)
      throw new Error('read outside of the message');
    return Promise.resolve(message.subarray(offset, offset + length));
  };
  for await (const text of partTexts(whole.root, read)) foldCase(text);
}

function indexIn(message: Buffer, chunkBytes: number): MessageIndex {
  const indexer = new MessageIndexer();
  for (let at = 0; at < message.length; at += chunkBytes) {
    indexer.write(Uint8Array.from(message.subarray(at, at + chunkBytes)));
  }
  return indexer.finish();
}
