/** A secret or a sealed text that is not what it should be: never something that a person did. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
}
