import { createHash } from 'node:crypto';
import type { KeyFamily } from '../../../src/eds/algorithms/signature-algorithms.ts';
import { type Member, TestAuthority } from '../../../src/eds/authority/test-authority.ts';
import { now } from './clock.ts';

/** Octets that are the same in every run: nothing in the tests needs them to be secret. */
export function seededBytes(seed: string): (count: number) => Buffer {
  let counter = 0;
  return (count) => {
    const blocks: Buffer[] = [];
    for (let length = 0; length < count; length += 32) {
      blocks.push(createHash('sha256').update(`${seed} ${counter++}`).digest());
    }
    return Buffer.concat(blocks).subarray(0, count);
  };
}

const made = new Map<string, Promise<TestAuthority>>();

/** An authority of a family, made once for all tests that do not change it. */
export function authority(family: KeyFamily, label = 'TEST'): Promise<TestAuthority> {
  const key = `${family} ${label}`;
  let one = made.get(key);
  if (one === undefined) {
    one = TestAuthority.create({ family, now, randomBytes: seededBytes(key), label });
    made.set(key, one);
  }
  return one;
}

/** Numbers with right check digits that belong to nobody. */
export const iin = '850101399113';
export const otherIin = '991231499118';
export const bin = '050140990113';

export function person(of: TestAuthority): Promise<Member> {
  return of.issue({ subject: { commonName: 'СЫНАҚ АДАМ', surname: 'СЫНАҚ', iin } });
}

export function head(of: TestAuthority): Promise<Member> {
  return of.issue({
    subject: { commonName: 'СЫНАҚ БАСШЫ', surname: 'СЫНАҚ', iin, organization: 'ЖШС «СЫНАҚ»', bin },
    roles: ['LEGAL_ENTITY', 'CEO'],
  });
}
