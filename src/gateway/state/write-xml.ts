import { fillTemplate } from './fill-template.ts';

/** Texts, lists and objects as XML elements; a list is its element repeated. For the simulator. */
export function writeXml(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => writeXml(name, one)).join('');
  let inner = '';
  if (typeof value === 'string') inner = fillTemplate('{{value}}', { value }, 'xml');
  else if (typeof value === 'object' && value !== null) {
    for (const [member, one] of Object.entries(value)) inner += writeXml(member, one);
  }
  return inner === '' ? '' : `<d:${name}>${inner}</d:${name}>`;
}
