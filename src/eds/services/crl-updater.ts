import { limits } from '../limits.ts';
import { Refusal } from '../refusal.ts';
import type { ReasonCode } from '../reasons.ts';
import type { CrlFolder } from '../revocation/crl-folder.ts';
import type { CrlMeta } from '../revocation/crl-index.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { HttpService } from './http-service.ts';

export type CrlUpdate =
  | { readonly state: 'taken'; readonly meta: CrlMeta }
  | { readonly state: 'failed'; readonly reason: ReasonCode; readonly detail: string };

/** Fetches the lists of one authority, whole and delta, into the folder that all processes read. */
export class CrlUpdater {
  readonly #folder: CrlFolder;
  readonly #services: readonly HttpService[];
  readonly #issuers: readonly Certificate[];

  /** `services`: first that of the whole list, then those of delta lists. */
  constructor(
    folder: CrlFolder,
    services: readonly HttpService[],
    issuers: readonly Certificate[],
  ) {
    this.#folder = folder;
    this.#services = services;
    this.#issuers = issuers;
  }

  /** Fetches each list. What fails leaves the list that is there, which speaks until its time is over. */
  async update(): Promise<readonly CrlUpdate[]> {
    const updates: CrlUpdate[] = [];
    for (const service of this.#services) updates.push(await this.#fetch(service));
    return updates;
  }

  async #fetch(service: HttpService): Promise<CrlUpdate> {
    try {
      const meta = await service.read({ mostBytes: limits.crlBytes }, (chunks) =>
        this.#folder.import(chunks, this.#issuers),
      );
      return { state: 'taken', meta };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { state: 'failed', reason: error.code, detail: error.detail };
    }
  }
}
