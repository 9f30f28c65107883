import * as z from 'zod';
import { configSchema } from './schema.ts';
import { showBytes, showDuration } from './setting-types.ts';

/** One setting as the reference shows it. */
export interface Setting {
  /** `listeners.imap.port`. */
  readonly path: string;
  readonly type: string;
  /** As it would be written in the file; undefined when there is none. */
  readonly default: string | undefined;
  readonly required: boolean;
  /** Whether SIGHUP is enough. */
  readonly reload: boolean;
  readonly sentence: string;
}

/** A group of settings and the sentence that introduces it. */
export interface SettingGroup {
  readonly path: string;
  readonly sentence: string;
  readonly settings: readonly Setting[];
}

/** Every setting there is, in the order of the schema. */
export function describeSettings(): readonly SettingGroup[] {
  const groups: SettingGroup[] = [];
  visit(configSchema, '', 'The file as a whole.', groups);
  return groups;
}

/** The reference as Markdown: a table for each group. */
export function settingsAsMarkdown(): string {
  const lines = ['# Settings', '', 'Printed by `zhashik config describe --markdown`.'];
  for (const group of describeSettings()) {
    lines.push('', group.path === '' ? '## The file' : `## ${group.path}`, '', group.sentence, '');
    lines.push('| setting | type | default | |', '| --- | --- | --- | --- |');
    for (const setting of group.settings) {
      const cells = [`\`${setting.path}\``, setting.type, defaultCell(setting), remark(setting)];
      lines.push(`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The reference for a terminal. */
export function settingsAsText(): string {
  const lines: string[] = [];
  for (const group of describeSettings()) {
    if (group.path !== '') lines.push('', `# ${group.path}: ${group.sentence}`);
    for (const setting of group.settings) {
      const fallback = setting.required ? 'required' : (setting.default ?? 'none');
      lines.push(`${setting.path}  (${setting.type}; ${fallback})`, `    ${remark(setting)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function defaultCell(setting: Setting): string {
  if (setting.required) return 'required';
  return setting.default === undefined ? '' : `\`${setting.default}\``;
}

function remark(setting: Setting): string {
  return setting.reload ? `${setting.sentence} Reloaded by SIGHUP.` : setting.sentence;
}

interface Unwrapped {
  readonly schema: z.core.$ZodType;
  readonly meta: Readonly<Record<string, unknown>>;
  readonly fallback: unknown;
  readonly optional: boolean;
}

/** Takes default, optional and transform off, gathering what they say. */
function unwrap(schema: z.core.$ZodType): Unwrapped {
  const meta = z.globalRegistry.get(schema) ?? {};
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    const inner = unwrap(schema.def.innerType);
    return {
      ...inner,
      meta: { ...inner.meta, ...meta },
      fallback: schema.def.defaultValue,
      optional: true,
    };
  }
  if (schema instanceof z.ZodOptional) {
    const inner = unwrap(schema.def.innerType);
    return { ...inner, meta: { ...inner.meta, ...meta }, optional: true };
  }
  return { schema, meta, fallback: undefined, optional: false };
}

function visit(
  schema: z.core.$ZodType,
  path: string,
  sentence: string,
  groups: SettingGroup[],
): void {
  if (!(schema instanceof z.ZodObject)) return;
  const settings: Setting[] = [];
  const inner: (() => void)[] = [];
  for (const [name, member] of Object.entries<z.core.$ZodType>(schema.def.shape)) {
    const found = unwrap(member);
    const memberPath = path === '' ? name : `${path}.${name}`;
    const words = typeof found.meta['description'] === 'string' ? found.meta['description'] : '';
    if (found.schema instanceof z.ZodObject) {
      const optional = found.optional && found.fallback === undefined;
      const text = optional ? `${words} Optional as a whole.` : words;
      inner.push(() => {
        visit(found.schema, memberPath, text, groups);
      });
      continue;
    }
    settings.push({
      path: memberPath,
      type: typeOf(found),
      default: found.fallback === undefined ? undefined : written(found),
      required: !found.optional,
      reload: found.meta['reload'] === true,
      sentence: words,
    });
  }
  if (settings.length > 0) groups.push({ path, sentence, settings });
  for (const next of inner) next();
}

function typeOf({ schema, meta }: Unwrapped): string {
  if (meta['shape'] === 'secret') return '`{ file: … }` or `{ env: … }`';
  if (typeof meta['shape'] === 'string') return meta['shape'];
  if (schema instanceof z.ZodEnum)
    return schema.options.map((option) => `\`${option}\``).join(', ');
  if (schema instanceof z.ZodLiteral)
    return [...schema.values].map((v) => `\`${String(v)}\``).join(', ');
  if (schema instanceof z.ZodArray) return 'list';
  if (schema instanceof z.ZodRecord) return 'map';
  if (schema instanceof z.ZodBoolean) return '`true`, `false`';
  if (schema instanceof z.ZodNumber) {
    const { minValue, maxValue } = schema;
    const from = minValue !== null && Number.isSafeInteger(minValue) ? minValue : undefined;
    const to = maxValue !== null && maxValue < Number.MAX_SAFE_INTEGER ? maxValue : undefined;
    if (from === undefined) return 'number';
    return to === undefined ? `number from ${from}` : `number ${from} to ${to}`;
  }
  return 'text';
}

function written({ meta, fallback }: Unwrapped): string {
  if (typeof fallback === 'number' && meta['shape'] === 'size') return showBytes(fallback);
  if (typeof fallback === 'number' && meta['shape'] === 'time') return showDuration(fallback);
  return typeof fallback === 'string' ? fallback : JSON.stringify(fallback);
}
