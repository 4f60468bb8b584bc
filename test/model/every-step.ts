/** Walks of a chart that stands for several instances at once, as of a fleet. */
import fc from "fast-check";
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type EventFromLogic,
  getNextSnapshot,
  type SnapshotFrom,
} from "xstate";

/**
 * Each event in each situation that can be reached, once; a path that is the beginning of another is left out.
 * @param distinguish situations with equal texts count as one: the first that is found stands for all
 */
export function everyStepOf<Machine extends AnyStateMachine>(
  machine: Machine,
  events: readonly EventFromLogic<Machine>[],
  distinguish: (snapshot: SnapshotFrom<Machine>) => string,
): EventFromLogic<Machine>[][] {
  const [beginning] = situationsOf(machine, []);
  const found = new Map<
    string,
    { readonly situation: SnapshotFrom<Machine>; readonly way: EventFromLogic<Machine>[] }
  >();
  if (beginning) found.set(distinguish(beginning), { situation: beginning, way: [] });
  const paths: EventFromLogic<Machine>[][] = [];
  const beginnings = new Set<readonly unknown[]>();
  // Iterating over a Map includes what is added meanwhile: the shortest paths come first.
  for (const { situation, way } of found.values()) {
    for (const event of events.filter((one) => can(situation, one))) {
      const path = [...way, event];
      const next = getNextSnapshot(machine, situation as never, event as never) as SnapshotFrom<Machine>;
      const text = distinguish(next);
      beginnings.add(way);
      if (!found.has(text)) found.set(text, { situation: next, way: path });
      paths.push(path);
    }
  }
  return paths.filter((path) => !beginnings.has(path));
}

/** The situations on the way, the first one first. */
export function situationsOf<Machine extends AnyStateMachine>(
  machine: Machine,
  path: readonly EventFromLogic<Machine>[],
): SnapshotFrom<Machine>[] {
  const situations = [machine.getInitialSnapshot({} as never) as SnapshotFrom<Machine>];
  for (const event of path)
    situations.push(getNextSnapshot(machine, situations.at(-1) as never, event as never) as SnapshotFrom<Machine>);
  return situations;
}

/** Of the events that are possible, one after the other. */
export function randomPathOf<Machine extends AnyStateMachine>(
  machine: Machine,
  events: readonly EventFromLogic<Machine>[],
): fc.Arbitrary<EventFromLogic<Machine>[]> {
  return fc.array(fc.nat(), { minLength: 6, maxLength: 14 }).map((choices) => {
    const path: EventFromLogic<Machine>[] = [];
    for (const choice of choices) {
      const situation = situationsOf(machine, path).at(-1);
      const possible = events.filter((event) => situation && can(situation, event));
      const event = possible[choice % possible.length];
      if (event) path.push(event);
    }
    return path;
  });
}

function can<Machine extends AnyStateMachine>(
  snapshot: SnapshotFrom<Machine>,
  event: EventFromLogic<Machine>,
): boolean {
  return (snapshot as AnyMachineSnapshot).can(event);
}
