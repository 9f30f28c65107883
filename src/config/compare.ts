import type { Config } from './loader.ts';
import { describeSettings } from './describe.ts';

/** What a new config changes. */
export interface ConfigChange {
  /** Settings that are in force at once. */
  readonly applied: readonly string[];
  /** Settings whose old value stays until the server is started again. */
  readonly needsRestart: readonly string[];
}

/** Compares two configs setting by setting. */
export function compareConfigs(before: Config, after: Config): ConfigChange {
  const old = leaves(before);
  const now = leaves(after);
  const reloadable = new Set<string>();
  for (const { settings } of describeSettings()) {
    for (const setting of settings) if (setting.reload) reloadable.add(setting.path);
  }
  const applied: string[] = [];
  const needsRestart: string[] = [];
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    if (path === 'file' || old.get(path) === now.get(path)) continue;
    // Files can take the place of files, but a server without TLS has no place for them.
    const replaced = !path.startsWith('tls.') || (old.has(path) && now.has(path));
    (reloadable.has(path) && replaced ? applied : needsRestart).push(path);
  }
  return { applied: applied.sort(), needsRestart: needsRestart.sort() };
}

/** Paths and values as text; a list is one value. A secret's text is `[secret]`, so that it never gets here. */
function leaves(value: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 'toJSON' in value) {
    if (value !== undefined) found.set(path, JSON.stringify(value));
    return found;
  }
  for (const [name, member] of Object.entries(value)) {
    leaves(member, path === '' ? name : `${path}.${name}`, found);
  }
  return found;
}
