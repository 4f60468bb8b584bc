/** Walks of a chart that stands for several instances at once, as of a fleet. */
import fc from "fast-check";
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type EventFromLogic,
  getNextSnapshot,
  type SnapshotFrom,
} from "xstate";
import { joinedPaths } from "../../src/testing/joined-paths.ts";

/**
 * Each event in each situation that can be reached, in few long paths.
 * @param distinguish situations with equal texts count as one: the first that is found stands for all
 */
export function everyStepOf<Machine extends AnyStateMachine>(
  machine: Machine,
  events: readonly EventFromLogic<Machine>[],
  distinguish: (snapshot: SnapshotFrom<Machine>) => string,
): EventFromLogic<Machine>[][] {
  return joinedPaths<SnapshotFrom<Machine>, EventFromLogic<Machine>>({
    beginning: machine.getInitialSnapshot({} as never) as SnapshotFrom<Machine>,
    choices: (situation) => events.filter((event) => can(situation, event)),
    next: (situation, event) => getNextSnapshot(machine, situation as never, event as never) as SnapshotFrom<Machine>,
    ...{ text: distinguish, limit: 10_000 },
  });
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
