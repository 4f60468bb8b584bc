/** Compares the model with the real instance: the chart's state with what can be observed from outside. */
import { isDeepStrictEqual } from "node:util";
import { stateText } from "./chart.ts";
import type { Driver } from "./driver.ts";
import type { Difference, Model } from "./model.ts";
import { pause } from "./pause.ts";
import type { Situation } from "./situation.ts";

/**
 * Waits until model and instance agree, then checks whether they still do after a turn of the event loop.
 * @returns their differences; none when all is well
 */
export async function disagreements<World extends Driver>(
  model: Model<World>,
  world: World,
  { situation, patience }: { readonly situation: Situation; readonly patience: number },
): Promise<readonly Difference[]> {
  const compare = async () => [
    ...chartDifferences(model, world, situation),
    ...((await model.compare?.(world, situation)) ?? []),
    ...(await countDifferences(world)),
  ];
  const deadline = performance.now() + patience;
  let differences = await compare();
  for (let look = 0; differences.length > 0 && performance.now() < deadline; look++) {
    await pause(look);
    differences = await compare();
  }
  if (differences.length > 0) return differences;
  await world.turn();
  return compare();
}

/** State, and the context fields that the model names. Before there is an actor, a model is in its initial state. */
function chartDifferences<World extends Driver>(
  model: Model<World>,
  world: World,
  { snapshot }: Situation,
): readonly Difference[] {
  const actor = world.followed;
  const expected = stateText(snapshot._nodes);
  const actual = actor ? stateText(actor.snapshot._nodes) : stateText(initialNodes(model));
  const context = (model.context ?? []).map((field): Difference => {
    const initial: unknown = Reflect.get(snapshot.context, field);
    return {
      of: `context.${field}`,
      expected: initial,
      actual: actor ? (Reflect.get(actor.snapshot.context, field) as unknown) : initial,
    };
  });
  return [{ of: "state", expected, actual }, ...context].filter((one) => !isDeepStrictEqual(one.expected, one.actual));
}

function initialNodes({ machine }: Model) {
  return machine.root.initial.target.flatMap((node) => {
    let inner = node;
    for (let next = inner.initial?.target[0]; next; next = inner.initial?.target[0]) inner = next;
    return [inner];
  });
}

/** Slots, metrics, log lines and events must count the same connections. */
async function countDifferences(world: Driver): Promise<readonly Difference[]> {
  const { events, log } = world.bench;
  const inside = world.gatehouse.connections().length;
  const accepted = events.filter(({ type }) => type === "connection.accepted").length;
  const closed = events.filter(({ type }) => type === "connection.closed").length;
  const slots = await world.slots();
  const sum = (values: Record<string, number>): number => Object.values(values).reduce((one, other) => one + other, 0);
  const { "": ofServer = 0, ...ofListeners } = slots;
  const counted: Difference[] = [
    { of: "connections inside", expected: accepted - closed, actual: inside },
    { of: "slots of the listeners", expected: inside, actual: sum(ofListeners) },
    { of: "slots of the server", expected: ofServer <= inside, actual: true },
    {
      of: "gatehouse_connections_accepted_total",
      expected: accepted,
      actual: sum(await world.metric("gatehouse_connections_accepted_total", "listener")),
    },
    {
      of: "gatehouse_connections_closed_total",
      expected: closed,
      actual: sum(await world.metric("gatehouse_connections_closed_total", "cause")),
    },
    {
      of: "log lines of ends",
      expected: closed,
      actual: log.filter(({ event }) => event === "connection.closed").length,
    },
  ];
  return counted.filter(({ expected, actual }) => expected !== actual);
}
