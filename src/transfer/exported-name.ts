/** What a file of an export is named by: the same for the same message, in whatever mailbox file system. */
export interface ExportedName {
  /** Seconds. */
  readonly internalDate: number;
  readonly account: number;
  readonly uidValidity: number;
  readonly uid: number;
}

/** `1700000000.A5V1764100000U12.zhashik`: the time first, as the names of a Maildir have it. */
export function exportedName({ internalDate, account, uidValidity, uid }: ExportedName): string {
  return `${internalDate}.A${account}V${uidValidity}U${uid}.zhashik`;
}

/** Time and flags in the name of an EML file of an export; undefined for any other name. */
export function readEmlName(
  name: string,
):
  { readonly unique: string; readonly internalDate: number; readonly letters: string } | undefined {
  const match = /^((\d{1,10})\.A\d+V\d+U\d+\.zhashik),([A-Za-z]*)\.eml$/.exec(name);
  if (match === null) return undefined;
  const [, unique = '', seconds, letters = ''] = match;
  return { unique, internalDate: Number(seconds) * 1000, letters };
}
