import { expect } from 'chai';
import { digestOf } from '../../src/eds/algorithms/digests.ts';
import type { KeyFamily } from '../../src/eds/algorithms/signature-algorithms.ts';
import { issueTimestamp } from '../../src/eds/authority/issue-timestamp.ts';
import { TestAuthority } from '../../src/eds/authority/test-authority.ts';
import { oids } from '../../src/eds/oids.ts';
import { Refusal } from '../../src/eds/refusal.ts';
import { checkOcsp } from '../../src/eds/revocation/check-ocsp.ts';
import { checkTimestamp } from '../../src/eds/timestamp/check-timestamp.ts';
import { attribute } from '../../src/eds/sign/cms-der.ts';
import { EdsVerifier } from '../../src/eds/verify/eds-verifier.ts';
import { findChain } from '../../src/eds/trust/find-chain.ts';
import { Certificate } from '../../src/eds/x509/certificate.ts';
import { Random } from '../mail/indexing.ts';
import { iin, seededBytes } from './support/authorities.ts';
import { day, minute, now } from './support/clock.ts';
import { forge, letter } from './support/forge.ts';
import { documentPolicy, trusting } from './support/policies.ts';

/** In `npm test`; `ZHASHIK_EDS_MUTATIONS=100000` for the whole. */
const runs = Number(process.env['ZHASHIK_EDS_MUTATIONS'] ?? 2000);
const seed = Number(process.env['ZHASHIK_EDS_SEED'] ?? 20261122);
const mostMs = 1000;

/** What is true of a file and must not be true of a file with something changed. */
interface Target {
  readonly name: string;
  readonly bytes: Buffer;
  /** What is accepted, in a word that says all that is taken from the file; undefined: refused. */
  readonly accept: (bytes: Buffer) => Promise<string | undefined>;
}

const verifier = new EdsVerifier();
const tools = { verifier: verifier.signatures, links: verifier.links };

async function targetsOf(family: KeyFamily): Promise<readonly Target[]> {
  const ca = await TestAuthority.create({
    family,
    now: now - day,
    randomBytes: seededBytes(`mutations ${family}`),
  });
  const signer = await ca.issue({ subject: { commonName: 'СЫНАҚ', iin } });
  const trust = trusting(...ca.roots);
  const ocsp = Buffer.from(await ca.ocsp(signer.certificate, now - minute));
  const { digest } = ca.timestamps.key.algorithm;
  const stamp = (octets: Uint8Array): Promise<Buffer> =>
    issueTimestamp({
      authority: { ...ca.timestamps, chain: [ca.issuing.certificate] },
      policy: ca.policy,
      digest,
      imprint: digestOf(digest, octets),
      genTime: now - minute,
      serial: 1n,
    });
  // A root in the bag is a hint that nobody needs, so that changes of it would change nothing.
  const certificates = [signer.certificate, ca.issuing.certificate];
  const stampedCms = await forge(signer, {
    certificates,
    unsigned: async (signature) => [attribute(oids.signatureTimestamp, await stamp(signature))],
  });
  // Whoever has a file can take an unsigned attribute out: what must not be missing is required.
  const accept = (timestamp: 'required' | 'when-present') => async (signature: Buffer) => {
    const policy = documentPolicy(trust, now, [], { timestamp });
    const { valid, signers } = await verifier.verify({ signature }, policy);
    const [one] = signers;
    return valid
      ? [signers.length, one?.certificate?.fingerprint, one?.signedAt, one?.timestamp?.time].join(
          ' ',
        )
      : undefined;
  };
  return [
    {
      name: `${family} CMS`,
      bytes: await forge(signer, { certificates }),
      accept: accept('when-present'),
    },
    { name: `${family} CMS with a timestamp`, bytes: stampedCms, accept: accept('required') },
    {
      name: `${family} certificate`,
      bytes: Buffer.from(signer.certificate.der),
      accept: (bytes) =>
        unlessRefused(async () => {
          const certificate = new Certificate(bytes);
          const hints = [ca.issuing.certificate];
          await findChain(verifier.links, { certificate, hints, trust, at: now });
          return certificate.fingerprint;
        }),
    },
    {
      name: `${family} OCSP answer`,
      bytes: ocsp,
      accept: async (bytes) => {
        const question = {
          certificate: signer.certificate,
          issuer: ca.issuing.certificate,
          now,
          reference: now,
        };
        const expected = { nonce: undefined, freshMs: 5 * minute };
        const answer = await checkOcsp(tools, bytes, question, expected);
        return answer.status === 'unknown' ? undefined : `${answer.status} ${answer.thisUpdate}`;
      },
    },
    {
      name: `${family} timestamp`,
      bytes: await stamp(letter),
      accept: (token) =>
        unlessRefused(async () => {
          const { info } = await checkTimestamp(tools, {
            token,
            imprint: (name) => digestOf(name, letter),
            hints: [],
            trust,
            now,
            policies: [ca.policy],
          });
          return `${info.genTime} ${digest}`;
        }),
    },
  ];
}

async function unlessRefused(work: () => Promise<string>): Promise<string | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** One to four changes: bits, octets, pieces cut out, doubled, moved, or taken from another place. */
function mutate(random: Random, bytes: Buffer): Buffer {
  let copy: Buffer = Buffer.from(bytes);
  for (let i = random.below(4); i >= 0; i--) {
    const at = random.below(Math.max(1, copy.length - 1));
    const length = 1 + random.below(Math.min(64, Math.max(1, copy.length - at)));
    const from = random.below(Math.max(1, copy.length - length));
    switch (random.below(7)) {
      case 0:
      case 1:
        copy.writeUInt8(copy.readUInt8(at) ^ (1 << random.below(8)), at);
        break;
      case 2:
        copy.writeUInt8(random.below(256), at);
        break;
      case 3:
        copy = Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)]);
        break;
      case 4:
        copy = Buffer.concat([copy.subarray(0, at + length), copy.subarray(at)]);
        break;
      case 5:
        copy.copy(copy, at, from, from + length);
        break;
      default:
        copy = Buffer.concat([
          copy.subarray(0, at),
          Buffer.of(random.below(256)),
          copy.subarray(at),
        ]);
    }
    if (copy.length < 2) return Buffer.of(0, 0);
  }
  return copy;
}

describe(`eds: ${runs} mutations, seed ${seed}`, function () {
  this.timeout(Math.max(120_000, runs * 100));
  const families: readonly KeyFamily[] = ['gost2015-512', 'gost2015-256', 'gost2004', 'rsa'];
  for (const family of families) {
    it(`none of a ${family} file is accepted, crashes or takes long`, async () => {
      const targets = await targetsOf(family);
      const words = await Promise.all(targets.map((target) => target.accept(target.bytes)));
      expect(words).to.not.include(undefined);
      const random = new Random(seed);
      let slowest = 0;
      let alike = 0;
      for (let i = 0; i < runs / families.length; i++) {
        const target = targets[i % targets.length];
        if (target === undefined) continue;
        const mutant = mutate(random, target.bytes);
        if (mutant.equals(target.bytes)) continue;
        const started = performance.now();
        const accepted = await target.accept(mutant);
        slowest = Math.max(slowest, performance.now() - started);
        if (accepted === undefined) continue;
        // What is outside of every signature may say the same in another way, such as NULL for no parameters, or
        // a certificate in the bag that nobody needs. Then all that is taken from the file is as it was.
        expect(accepted, `${target.name}, run ${i}`).to.equal(words[i % targets.length]);
        alike++;
      }
      expect(slowest, 'ms').to.be.lessThan(mostMs);
      process.stdout.write(
        `        ${alike} said the same in other octets; slowest ${slowest.toFixed(0)} ms\n`,
      );
    });
  }
});
