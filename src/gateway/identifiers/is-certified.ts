import { publicTestIdentifiers, type TestIdentifiers } from './test-identifiers.ts';

/** Whether an identifier that somebody vouches for may be used here. */
export function isCertified(text: string, testIdentifiers: TestIdentifiers): boolean {
  return (
    /^[0-9]{12}$/.test(text) && (testIdentifiers.has(text) || !publicTestIdentifiers.has(text))
  );
}
