import type { Language } from '../api.ts';

/** A sentence for people in each language; `{name}` stands for a value. */
export type Text = Readonly<Record<Language, string>>;

/** Sentences by code: a missing language does not compile. */
export type Texts = Readonly<Record<string, Text>>;
