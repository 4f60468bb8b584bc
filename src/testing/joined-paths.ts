/** Tries each choice in each place of a graph, in few paths: where one path has led on, it goes on with what is left. */

export interface Graph<Place, Choice> {
  readonly beginning: Place;
  /** What can be chosen there; the same one is equal wherever it can be chosen. Nothing is an end. */
  choices(place: Place): readonly Choice[];
  next(place: Place, choice: Choice): Place;
  /** Places with equal texts count as one: the first that is found stands for all. */
  text(place: Place): string;
  /** The largest number of places. */
  readonly limit: number;
}

/** Where a path goes on instead of ending: so long that set-up costs little, and short enough to be read. */
const longest = 40;

interface Found<Place, Choice> {
  readonly place: Place;
  readonly way: readonly Choice[];
  /** Those to which a choice leads, and the first that does. */
  readonly neighbours: Map<string, Choice>;
  /** Each choice, and where it leads. */
  readonly exits: Map<Choice, string>;
  readonly untried: Set<Choice>;
}

export function joinedPaths<Place, Choice>(graph: Graph<Place, Choice>): Choice[][] {
  const found = exploredFrom(graph);
  const paths: Choice[][] = [];
  // Those that are found first are near the beginning.
  for (const start of found.values()) {
    while (start.untried.size > 0) paths.push(pathThrough(graph, found, start));
  }
  return paths;
}

function exploredFrom<Place, Choice>(graph: Graph<Place, Choice>): Map<string, Found<Place, Choice>> {
  const found = new Map<string, Found<Place, Choice>>();
  const add = (text: string, place: Place, way: readonly Choice[]): void => {
    found.set(text, { place, way, exits: new Map(), neighbours: new Map(), untried: new Set() });
  };
  add(graph.text(graph.beginning), graph.beginning, []);
  // Iterating over a Map includes what is added meanwhile: the shortest ways come first.
  for (const { place, way, exits, neighbours, untried } of found.values()) {
    for (const choice of graph.choices(place)) {
      const next = graph.next(place, choice);
      const text = graph.text(next);
      exits.set(choice, text);
      untried.add(choice);
      if (!neighbours.has(text)) neighbours.set(text, choice);
      if (found.size < graph.limit && !found.has(text)) add(text, next, [...way, choice]);
    }
  }
  return found;
}

/** The way to a place, something that was not tried there, and whatever else can be tried on from there. */
function pathThrough<Place, Choice>(
  graph: Graph<Place, Choice>,
  found: ReadonlyMap<string, Found<Place, Choice>>,
  start: Found<Place, Choice>,
): Choice[] {
  const path: Choice[] = [];
  let at = graph.beginning;
  const take = (choice: Choice): void => {
    found.get(graph.text(at))?.untried.delete(choice);
    at = graph.next(at, choice);
    path.push(choice);
  };
  for (const choice of start.way) take(choice);
  const leadsOn = (choice: Choice, from: Found<Place, Choice>): boolean => {
    const next = found.get(from.exits.get(choice) ?? "");
    return next !== undefined && next.exits.size > 0;
  };
  const [first] = start.untried;
  const begin = [...start.untried].find((choice) => leadsOn(choice, start)) ?? first;
  if (begin !== undefined) take(begin);
  while (path.length < longest) {
    // What ends the path comes last.
    const way =
      nearest(found, graph.text(at), (choice, from) => leadsOn(choice, from)) ??
      nearest(found, graph.text(at), () => true);
    if (!way) break;
    for (const choice of way) {
      // Another place with the same text may lack a choice.
      if (!graph.choices(at).includes(choice)) return path;
      take(choice);
    }
  }
  return path;
}

/** The shortest way from a place to something that was not tried and is wanted, that included. */
function nearest<Place, Choice>(
  found: ReadonlyMap<string, Found<Place, Choice>>,
  from: string,
  wanted: (choice: Choice, from: Found<Place, Choice>) => boolean,
): readonly Choice[] | null {
  const ways = new Map<string, readonly Choice[]>([[from, []]]);
  for (const [text, way] of ways) {
    const here = found.get(text);
    if (!here) continue;
    for (const choice of here.untried) if (wanted(choice, here)) return [...way, choice];
    for (const [next, choice] of here.neighbours) if (!ways.has(next)) ways.set(next, [...way, choice]);
  }
  return null;
}
