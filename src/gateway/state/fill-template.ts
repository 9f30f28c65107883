import type { StateFormat } from './service-options.ts';

export type TemplateValues = Readonly<Record<string, string>>;

/**
 * The text that is sent: each `{{name}}` becomes its value, written so that it cannot be anything but text within a JSON
 * string or an XML element or attribute. Throws `RangeError` for a name without a value.
 */
export function fillTemplate(
  template: string,
  values: TemplateValues,
  format: StateFormat,
): string {
  const write = format === 'json' ? withinJson : withinXml;
  return template.replaceAll(/\{\{(.*?)\}\}/gs, (_, name: string) => {
    if (!Object.hasOwn(values, name)) throw new RangeError(`there is no {{${name}}}`);
    return write(values[name] ?? '');
  });
}

function withinJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

const xmlNames: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  "'": '&apos;',
};

function withinXml(value: string): string {
  return (
    value
      .replaceAll(/[<>&"']/g, (one) => xmlNames[one] ?? one)
      // XML 1.0 §2.2 has no way to write these.
      .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
  );
}
