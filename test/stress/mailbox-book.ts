/**
 * What all sessions of one mailbox were told, together: two sessions may know different moments, but never different
 * truths of one moment.
 */
export class MailboxBook {
  /** Flags of a message at a MODSEQ: one commit, one truth. */
  readonly #flags = new Map<string, string>();
  /** The letter that a UID names. */
  readonly #letters = new Map<number, string>();
  readonly #expunged = new Map<number, number>();
  #uidValidity: string | undefined;
  #highestUid = 0;

  /** The highest UID that anybody was told of. */
  get highestUid(): number {
    return this.#highestUid;
  }

  /** How many messages were told to be expunged; a place in that order. */
  get expungedCount(): number {
    return this.#expunged.size;
  }

  uidValidity(value: string): void {
    this.#uidValidity ??= value;
    if (this.#uidValidity !== value) throw new Error(`UIDVALIDITY changed to ${value}`);
  }

  sawUid(uid: number): void {
    if (uid > this.#highestUid) this.#highestUid = uid;
  }

  sawFlags(uid: number, modSeq: number, flags: string): void {
    const key = `${uid} ${modSeq}`;
    const before = this.#flags.get(key);
    if (before === undefined) this.#flags.set(key, flags);
    else if (before !== flags) {
      throw new Error(`UID ${uid} at MODSEQ ${modSeq} has flags (${flags}), and (${before})`);
    }
  }

  sawLetter(uid: number, letter: string): void {
    const before = this.#letters.get(uid);
    if (before === undefined) this.#letters.set(uid, letter);
    else if (before !== letter) throw new Error(`UID ${uid} is ${letter}, and was ${before}`);
  }

  letterOf(uid: number): string | undefined {
    return this.#letters.get(uid);
  }

  sawExpunged(uid: number): void {
    if (!this.#expunged.has(uid)) this.#expunged.set(uid, this.#expunged.size);
  }

  /** Whether it was told to be expunged before the given place in the order of expunges. */
  wasExpungedBefore(uid: number, place: number): boolean {
    const at = this.#expunged.get(uid);
    return at !== undefined && at < place;
  }
}
