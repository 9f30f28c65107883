/** One confirmation: the JSON, the operator's signature over it (CMS, detached), and the pages, which hold both. */
export interface ConfirmationFiles {
  readonly json: Uint8Array;
  readonly cms: Uint8Array;
  /** Undefined: only the JSON and its signature are at hand. */
  readonly pdf: Uint8Array | undefined;
}
