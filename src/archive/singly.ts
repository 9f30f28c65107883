/** One by one what comes some at a time. */
export async function* singly<T>(
  slices: AsyncIterable<readonly T[]>,
): AsyncGenerator<T, undefined, void> {
  for await (const slice of slices) yield* slice;
  return undefined;
}
