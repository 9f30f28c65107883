import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EmbeddedStore,
  openEmbeddedStore,
} from '../../../src/store/embedded/embedded-store.ts';
import type { EmbeddedStoreOptions } from '../../../src/store/embedded/options.ts';
import type { Backend, OpenBackend } from '../support.ts';

/** An embedded store in a temporary folder. */
export interface OpenEmbedded extends OpenBackend {
  readonly store: EmbeddedStore;
  readonly folder: string;
  reopen(): Promise<EmbeddedStore>;
}

export async function openEmbedded(
  options: Omit<EmbeddedStoreOptions, 'folder'> = {},
): Promise<OpenEmbedded> {
  const folder = await mkdtemp(join(tmpdir(), 'zhashik-store-'));
  const all = { readers: 1, ...options, folder };
  let store = await openEmbeddedStore(all);
  return {
    folder,
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      store = await openEmbeddedStore(all);
      return store;
    },
    async collect(now) {
      await store.collect(now);
    },
    indexTexts: () => store.indexTexts(),
    async remove() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

export function embeddedBackend(options: { shards: number; writers?: number }): Backend {
  return {
    name: `embedded with ${options.shards} shards`,
    open: (clock) => openEmbedded({ ...options, clock }),
  };
}
