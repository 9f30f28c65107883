import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { unwrap } from '../eds/cms/unwrap.ts';
import { type Member, TestAuthority } from '../eds/authority/test-authority.ts';
import type { CrlEntry } from '../eds/revocation/crl-record.ts';
import { readCrl } from '../eds/revocation/read-crl.ts';
import { readPrivateKeyInfo } from '../eds/sign/private-key-info.ts';
import { EdsServices } from '../eds/simulators/eds-services.ts';
import { Certificate } from '../eds/x509/certificate.ts';
import { readInput } from './read-trust.ts';

export interface ServedTestAuthority {
  /** Of the settings `eds.ocsp`, `eds.timestamps` and `eds.crls`. */
  readonly urls: { readonly ocsp: string; readonly timestamps: string; readonly crl: string };
  close(): Promise<void>;
}

/**
 * The services of an authority that `zhashik eds test-authority` made: OCSP, timestamps and the CRL, on the loopback
 * address. Port 0 takes a free one. Throws a MailError when the folder has no such authority.
 */
export async function serveTestAuthority(
  folder: string,
  port: number,
  clock: Clock,
): Promise<ServedTestAuthority> {
  const root = await readMember(folder, 'ca/root', []);
  const issuing = await readMember(folder, 'ca/issuing', [root.certificate]);
  const above = [issuing.certificate, root.certificate];
  const responder = await readMember(folder, 'ca/ocsp', above);
  const timestamps = await readMember(folder, 'ca/tsa', above);
  const authority = TestAuthority.restore(
    { family: issuing.key.algorithm.family, now: clock.now(), randomBytes },
    { root, issuing, responder, timestamps },
    await readRevoked(join(folder, 'ca', 'issuing.crl')),
  );
  const services = new EdsServices(authority, root, clock);
  const url = await services.listen(port);
  return {
    urls: { ocsp: `${url}/ocsp`, timestamps: `${url}/tsp`, crl: `${url}/crl` },
    close: () => services.close(),
  };
}

/** Somebody of whom `zhashik eds test-authority` made the key: `users/person`, with the certificates above. */
export async function readTestMember(folder: string, name: string): Promise<Member> {
  const root = await readMember(folder, 'ca/root', []);
  const issuing = await readMember(folder, 'ca/issuing', [root.certificate]);
  return readMember(folder, name, [issuing.certificate, root.certificate]);
}

async function readMember(
  folder: string,
  name: string,
  chain: readonly Certificate[],
): Promise<Member> {
  const certificate = new Certificate(await readInput(join(folder, `${name}.cer`)));
  const privateKeyInfo = unwrap(await readInput(join(folder, `${name}.key.pem`)));
  return { certificate, privateKeyInfo, key: readPrivateKeyInfo(privateKeyInfo), chain };
}

async function readRevoked(file: string): Promise<readonly CrlEntry[]> {
  const entries: CrlEntry[] = [];
  await readCrl([await readInput(file)], {
    head: () => undefined,
    signed: () => undefined,
    // The octets are a view of what was read.
    entry: (entry) => {
      entries.push({ ...entry, serial: Uint8Array.from(entry.serial) });
    },
  });
  return entries;
}
