import type { Log } from '../../core/log.ts';
import { damageText } from './damaged-files.ts';
import { directoryPath, shardPath } from './paths.ts';
import { directoryFile, type FoundDamage } from './protocol.ts';

/** Names each damaged file in the log once, however many operations meet it. */
export class DamageLog {
  readonly #folder: string;
  readonly #log: Log;
  readonly #named = new Set<number>();

  constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  note({ file, reason }: FoundDamage): void {
    if (this.#named.has(file)) return;
    this.#named.add(file);
    const path =
      file === directoryFile ? directoryPath(this.#folder) : shardPath(this.#folder, file);
    this.#log.error('store-damaged', { file: path, reason: damageText(path, reason) });
  }
}
