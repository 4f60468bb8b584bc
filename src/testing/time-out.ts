/** Lets a time-out of a chart pass: until its last millisecond nothing may happen. */
import type { AnyMachineSnapshot } from "xstate";
import type { Driver } from "./driver.ts";
import type { Timeout } from "./model.ts";
import type { Situation } from "./situation.ts";

/** A time-out came early, or its state has not been entered. */
export class TimeoutError extends Error {
  readonly code = "timeout-inexact";

  constructor(message: string) {
    super(message);
    this.name = "TimeoutError";
  }
}

/** @throws TimeoutError */
export async function letTimePass(
  driver: Driver,
  { state, delay, milliseconds: given }: Timeout & { milliseconds(situation: Situation): number | undefined },
): Promise<void> {
  const actor = driver.followed;
  const entered = actor?.enteredAt.get(state);
  const { situation } = driver;
  if (!actor || entered === undefined || !situation)
    throw new TimeoutError(`Nothing is in ${state}, where ${delay} was to pass.`);
  const milliseconds = given(situation) ?? millisecondsOf(situation.snapshot, delay);
  const { clock, observation } = driver.bench;
  const remaining = entered + milliseconds - clock.now();
  const transitions = () =>
    observation.transitions.filter(({ chart, actor: id }) => chart === actor.chart && id === actor.id);
  const before = transitions().length;
  if (remaining > 1) {
    clock.advance(remaining - 1);
    await driver.turn();
    const early = transitions()[before];
    if (early)
      throw new TimeoutError(`${early.event} came in ${early.state}, before ${delay} (${milliseconds} ms) had passed.`);
  }
  clock.advance(Math.min(Math.max(remaining, 0), 1));
}

/** By the model's context: the instance's own would agree with itself. */
function millisecondsOf(snapshot: AnyMachineSnapshot, delay: string | number): number {
  if (typeof delay === "number") return delay;
  const known = snapshot.machine.implementations.delays[delay];
  const args = { context: snapshot.context, event: { type: "" }, self: undefined, system: undefined };
  const milliseconds: unknown =
    typeof known === "function" ? Reflect.apply(known, undefined, [args, undefined]) : known;
  if (typeof milliseconds !== "number") throw new TimeoutError(`The delay ${delay} is no number of milliseconds.`);
  return milliseconds;
}
