/** Which of those that wait go into the next commit. */

/** Most writes in one commit, since the first of them waits for the last. */
export const mostWrites = 256;

export interface GroupRules<Item> {
  readonly limit: number;
  /** How many of the limit it takes. */
  readonly sizeOf: (item: Item) => number;
  /** What takes as long as a hundred others: each group has one, and those after it let pass what is light. */
  readonly isHeavy: (item: Item) => boolean;
}

/** In the order in which they came; the first goes in whatever its size is. */
export function nextGroup<Item>(
  waiting: readonly Item[],
  { limit, sizeOf, isHeavy }: GroupRules<NoInfer<Item>>,
): { readonly group: Item[]; readonly later: Item[] } {
  const group: Item[] = [];
  const later: Item[] = [];
  let [size, hasHeavy] = [0, false];
  for (const item of waiting) {
    const heavy = isHeavy(item);
    const fits = size + sizeOf(item) <= limit && !(heavy && hasHeavy);
    if (group.length > 0 && !fits) {
      later.push(item);
      continue;
    }
    group.push(item);
    size += sizeOf(item);
    hasHeavy ||= heavy;
  }
  return { group, later };
}
