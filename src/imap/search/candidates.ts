import type { UidRanges } from '../../core/uid-set.ts';
import type { SelectedMailbox } from '../selected.ts';
import type { SearchProgram } from './program.ts';

/**
 * The messages a search looks at, which may be more than match and never fewer. What the index of texts rules out, the
 * first test leaves out, as it looks at nothing but the session's picture.
 */
export function candidates(selected: SelectedMailbox, program: SearchProgram): UidRanges {
  const { top } = selected.rows();
  if (program.within !== undefined) return program.within;
  return top === 0 ? [] : [1, top];
}
