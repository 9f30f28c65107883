import { groupBytes, groupOperations } from '../limits.ts';
import type { Op } from '../protocol.ts';

/** Takes from the queue what the next commit carries: all that waits, within `groupOperations` and `groupBytes`. */
export function takeGroup(queue: Op[]): Op[] {
  let count = 0;
  let weight = 0;
  for (const op of queue) {
    if (count > 0 && (count >= groupOperations || weight + op.weight > groupBytes)) break;
    count++;
    weight += op.weight;
  }
  return queue.splice(0, count);
}
