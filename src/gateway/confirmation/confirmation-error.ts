/** Files that are no confirmation of ours. The message says why, and holds no word of them. */
export class ConfirmationError extends Error {
  override readonly name = 'ConfirmationError';
}
