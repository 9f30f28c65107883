/**
 * `records`: small facts that are no mail. One that was removed stays for a while, without version and value, so that
 * who did not hear whether it was he who removed it can look.
 */
export interface RecordDocument {
  /** See `recordId`. */
  readonly _id: string;
  /** Version and value; not there once it was removed. */
  readonly v?: number;
  readonly j?: string;
  /** The change that made it what it is, by a name that only its maker knows. */
  readonly w: string;
  /** The newest changes, this one last. */
  readonly ws: readonly string[];
  /** When it was removed, seconds. */
  readonly xt?: number;
}
