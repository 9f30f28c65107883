/** The same members but for those. */
export function without<T extends object, K extends keyof T>(
  value: T,
  ...keys: readonly K[]
): Omit<T, K> {
  const gone: readonly PropertyKey[] = keys;
  const left = Object.entries(value).filter(([name]) => !gone.includes(name));
  return Object.fromEntries(left) as Omit<T, K>;
}
