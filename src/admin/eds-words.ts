export { type Language, languages, reasonText } from '../eds/text/reason-text.ts';
