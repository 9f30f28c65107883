/** The same members but for those. */
export function without<T extends object, K extends keyof T>(
  value: T,
  ...keys: readonly K[]
): Omit<T, K> {
  const left: Partial<T> = { ...value };
  for (const key of keys) delete left[key];
  return left as Omit<T, K>;
}
