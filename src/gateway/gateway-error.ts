import type { Language } from './api.ts';
import { catalogue, type ErrorCode } from './texts/catalogue.ts';

export type ErrorParams = Readonly<Record<string, string>>;

/** What a person can understand and act on. Its parameters may be shown to that person; they never go into a log. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly params: ErrorParams;

  constructor(code: ErrorCode, params: ErrorParams = {}) {
    super(code);
    this.name = 'GatewayError';
    this.code = code;
    this.params = params;
  }

  /** In the language of the person who reads it. */
  text(language: Language): string {
    return catalogue[this.code][language].replaceAll(
      /\{(\w+)\}/g,
      (whole, name: string) => this.params[name] ?? whole,
    );
  }
}
