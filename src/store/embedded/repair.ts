import { createHash } from 'node:crypto';
import type { AccountId, EmailId } from '../../core/values.ts';
import { MessageIndexer } from '../../mail/indexer.ts';
import type { Finding } from '../api.ts';
import type { CheckParts } from './checks.ts';
import { placeOf } from './email-place.ts';
import { letterOf } from '../common/letter.ts';
import type { Letter } from '../common/letter-row.ts';

/** Makes again what can be derived, in one commit of its writer. */
export async function repair(parts: CheckParts, finding: Finding): Promise<boolean> {
  const { threads, facts } = parts;
  const { account, email } = finding;
  if (account === undefined) return false;
  const home = account % facts.shards;
  switch (finding.kind) {
    case 'account': {
      const row = await threads.read('getAccount', { a: account });
      if (row === undefined) return false;
      const { a, maxBytes, maxCount } = row;
      await threads.write(home, 'settleAccounts', { accounts: [{ a, maxBytes, maxCount }] });
      if ((await threads.read('quota', { a })) === undefined) return false;
      await threads.write(home, 'mendCounters', { a });
      return true;
    }
    case 'counters':
    case 'uid':
    case 'modseq':
      await threads.write(home, 'mendCounters', { a: account });
      return true;
    case 'link':
      if (email === undefined) return false;
      await mendLink(parts, account, email);
      return true;
    case 'identity':
    case 'renderings': {
      if (email === undefined) return false;
      const { s, c } = placeOf(email, facts.shards);
      const letter = await letterAt(parts, s, c);
      if (letter === undefined) return false;
      if (finding.kind === 'renderings') await threads.write(s, 'mendContent', { c, letter });
      else await threads.write(home, 'mendIdentity', { a: account, e: email, brief: letter });
      return true;
    }
    case 'content':
    case 'database':
    case 'garbage':
    case 'keywords':
    case 'octets':
    case 'projection':
    case 'tombstone':
      return false;
  }
}

async function mendLink(
  { threads, facts }: CheckParts,
  account: AccountId,
  email: EmailId,
): Promise<void> {
  const { s, c } = placeOf(email, facts.shards);
  await threads.write(s, 'mendLink', { c, a: account });
}

/** The letter from its octets; undefined when those are not what was received. */
async function letterAt(
  { threads, bodies }: CheckParts,
  s: number,
  c: number,
): Promise<Letter | undefined> {
  const [about] = await threads.read('checkContents', { s, contents: [c] });
  if (about === undefined || about.octets === 'bad') return undefined;
  if (about.file) {
    const answer = await bodies.check(about.digest, about.size);
    return answer.octets === 'good' ? answer.letter : undefined;
  }
  const row = await threads.read('contentAt', { s, c });
  if (row === undefined || typeof row.octets === 'string') return undefined;
  const indexer = new MessageIndexer();
  indexer.write(row.octets);
  const digest = createHash('sha256').update(row.octets).digest();
  return letterOf(digest, indexer.finish(), undefined, undefined);
}
