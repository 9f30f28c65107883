const firstWeights = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const secondWeights = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];

/**
 * The twelfth digit that belongs to eleven ASCII digits of an IIN or BIN. Undefined when both rounds leave 10: such a
 * number is not given to anybody.
 */
export function checkDigit(eleven: string): number | undefined {
  for (const weights of [firstWeights, secondWeights]) {
    const sum = weights.reduce((so, weight, i) => so + weight * Number(eleven[i]), 0);
    if (sum % 11 < 10) return sum % 11;
  }
  return undefined;
}
