import type { Member } from '../../../src/eds/authority/test-authority.ts';
import type { SignedBy, SubjectKey } from '../../../src/gateway/api.ts';
import { company, type GatewayBench, type Name, password } from './gateway-bench.ts';

export interface Registered {
  readonly member: Member;
  readonly by: SignedBy;
  readonly key: SubjectKey;
  readonly address: string;
}

/** Somebody with a mailbox and a password. */
export async function registered(
  bench: GatewayBench,
  name: Name,
  login: string,
  options: { readonly asHead?: boolean } = {},
): Promise<Registered> {
  const asHead = options.asHead === true;
  const member = await bench.member(
    name,
    asHead ? { bin: company.bin, roles: ['CEO'] } : undefined,
  );
  const by = await bench.signedBy(member);
  const { applications, subjects } = bench.gateway;
  const { id } = await applications.start(by, asHead ? 'legalEntity' : 'individual');
  const { document } = await applications.prepare(id, by, bench.fields(login));
  const { address } = await applications.submit(id, await bench.sign(member, document));
  await applications.setPassword(id, by, password);
  const key = subjects.keyOf(
    by.bin === undefined
      ? { type: 'individual', iin: by.iin }
      : { type: 'legalEntity', bin: by.bin },
  );
  return { member, by, key, address: address ?? '' };
}
