import type { GostCurve } from '../crypto/gost-curve.ts';
import { gostCurves } from '../crypto/gost-curves.ts';
import { Gost34311 } from '../crypto/gost34311.ts';
import { prepareGost3410Key, signGost3410, verifyGost3410 } from '../crypto/gost3410.ts';
import { Streebog } from '../crypto/streebog.ts';
import type { CryptoAnswer, CryptoJob, HashJob } from './crypto-job.ts';

/** Does a job on the thread that calls. */
export function runJob(job: CryptoJob): CryptoAnswer {
  switch (job.kind) {
    case 'verify': {
      const curve = curveOf(job.curve);
      if (job.prepare && !prepareGost3410Key(curve, job.publicKey)) return false;
      return verifyGost3410(curve, job.publicKey, job.digest, job.signature);
    }
    case 'sign':
      return signGost3410(curveOf(job.curve), job.privateKey, job.digest);
    case 'hash': {
      const hash = hashOf(job).update(job.piece);
      return job.last ? hash.digest() : hash.save();
    }
  }
}

function hashOf({ hash, saved }: HashJob): Streebog | Gost34311 {
  switch (hash) {
    case 'streebog256':
      return new Streebog(256, saved);
    case 'streebog512':
      return new Streebog(512, saved);
    case 'gost34311':
      return new Gost34311(saved);
  }
}

function curveOf(oid: string): GostCurve {
  const curve = gostCurves.find((one) => one.oid === oid);
  if (curve === undefined) throw new RangeError('no such parameter set');
  return curve;
}
