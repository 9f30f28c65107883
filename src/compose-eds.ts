import { join } from 'node:path';
import { readTrust } from './admin/read-trust.ts';
import { trustFolderOf } from './admin/trust-store.ts';
import type { Config } from './config/loader.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { CrlFolder } from './eds/revocation/crl-folder.ts';
import type { StatusSource } from './eds/revocation/status-source.ts';
import { CrlUpdater } from './eds/services/crl-updater.ts';
import { FolderCache } from './eds/services/folder-cache.ts';
import { HttpService } from './eds/services/http-service.ts';
import { OcspClient } from './eds/services/ocsp-client.ts';
import type { Timestamper } from './eds/services/timestamper.ts';
import { TspClient } from './eds/services/tsp-client.ts';
import type { Profile, TrustStore } from './eds/trust/trust-store.ts';
import { EdsVerifier } from './eds/verify/eds-verifier.ts';
import { DatabaseAnswers } from './open-answers.ts';

/** The filter before pki.gov.kz sends requests without a User-Agent elsewhere. */
const userAgent = 'Zhashik';
/** A whole list has tens of megabytes: it may take so many times as long as another answer. */
const listTimes = 30;

/** What the configured services of an authority give. */
export interface EdsServices {
  /** The responder, then the lists on disk. */
  readonly sources: readonly StatusSource[];
  readonly crlUpdater: CrlUpdater;
  /** Undefined when no authority is configured. */
  readonly timestamper: Timestamper | undefined;
  close(): Promise<void>;
}

/** The same with a verifier of its own over the trust store of a profile, for a command. */
export async function composeEdsServices(config: Config, profile: Profile): Promise<EdsServices> {
  const verifier = new EdsVerifier();
  const folder = trustFolderOf(config.data.folder, profile);
  return composeEds(config, verifier, await readTrust(verifier.links, [folder], profile));
}

/**
 * The services of the config, with their caches where all processes of the store find them: in the data folder of an
 * embedded store, in the database of one that many machines have. Lists are indexed on each machine's disk.
 */
export function composeEds(
  config: Config,
  verifier: EdsVerifier,
  trust: TrustStore,
  clock: Clock = systemClock,
): EdsServices {
  const { ocsp, timestamps, crls, timeoutMs, attempts } = config.eds;
  const folder = join(config.data.folder, 'eds');
  const service = (url: string, times = 1): HttpService =>
    new HttpService({ url, timeoutMs: times * timeoutMs, attempts, pauseMs: 500, userAgent });
  const tools = { verifier: verifier.signatures, links: verifier.links };
  const lists = new CrlFolder(join(folder, 'crls'), verifier.signatures);
  const { mongodb } = config.store;
  const shared = mongodb === undefined ? undefined : new DatabaseAnswers(mongodb, clock);
  const cache = shared ?? new FolderCache(join(folder, 'answers'), clock);
  return {
    sources: [...(ocsp === undefined ? [] : [new OcspClient(tools, service(ocsp), cache)]), lists],
    crlUpdater: new CrlUpdater(
      lists,
      crls.map((url) => service(url, listTimes)),
      [...trust.roots, ...trust.issuers],
    ),
    timestamper:
      timestamps === undefined
        ? undefined
        : new TspClient({
            tools,
            service: service(timestamps),
            trust,
            clock,
            digest: 'streebog512',
            policy: config.eds.timestampPolicy,
          }),
    async close() {
      await lists.close();
      await shared?.close();
    },
  };
}
