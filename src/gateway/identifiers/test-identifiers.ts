/** Identifiers that count although their check digit is wrong: `gateway.testIdentifiers` of the configuration. */
export type TestIdentifiers = ReadonlySet<string>;

export const noTestIdentifiers: TestIdentifiers = new Set();

/**
 * Of the public test keys of the National CA. Anybody has these keys, and the certificates of some lead to a root that is
 * trusted, so that they count only where the configuration names them.
 */
export const publicTestIdentifiers: TestIdentifiers = new Set([
  '123456789011',
  '123456789012',
  '123456789021',
]);
