/** Agreements that a server cannot start with. The message says what an operator has to mend, and where. */
export class AgreementError extends Error {
  override readonly name = 'AgreementError';

  constructor(place: string, message: string, options?: ErrorOptions) {
    super(`${place}: ${message}`, options);
  }
}
