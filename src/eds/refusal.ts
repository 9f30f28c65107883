import type { ReasonCode } from './reasons.ts';

/** Input that was refused, by the code of the reason. The detail is for people who look into a file. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ReasonCode;
  readonly detail: string;

  constructor(code: ReasonCode, detail = '', options?: ErrorOptions) {
    super(detail === '' ? code : `${code}: ${detail}`, options);
    this.code = code;
    this.detail = detail;
  }
}

/** Runs a parser; what it finds wrong is refused with another code. */
export function refuseAs<Result>(code: ReasonCode, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Refusal && error.code === 'parse') {
      throw new Refusal(code, error.detail, { cause: error });
    }
    throw error;
  }
}
