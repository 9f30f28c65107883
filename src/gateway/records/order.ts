/** Who asks for a change, and whether it is to be made or only tried. */
export interface Order {
  /** `cli:aigerim`, `employee:…`; for the audit. */
  readonly actor: string;
  readonly apply: boolean;
}
