/** Events of the listener's chart, and the situations in which they come. */
import type { AnyEventObject } from "xstate";
import type { PauseReason } from "../../src/machines/index.ts";
import type { Situation } from "../../src/testing/index.ts";

export const outcome = (kind: "done" | "error", state: string, more: object = {}): AnyEventObject => ({
  type: `xstate.${kind}.actor.0.listener.${state}`,
  ...more,
});

export const addresses = outcome("done", "binding.addresses");
/** What a listener that holds is told first: nobody is inside, and there is no pressure. */
export const bound = [{ type: "capacity.freed" }, { type: "pressure.ended" }, addresses];
export const listen = { type: "listener.listen" };
export const opened = outcome("done", "binding.opening");
export const paused = outcome("done", "paused.pausing");
export const resumed = outcome("done", "paused.resuming");
export const refused = outcome("done", "draining.refusing");
export const none = { type: "connections.none" };
export const suspend = { type: "listener.suspend" };
export const resume = { type: "listener.resume" };
export const reached = { type: "capacity.reached" };
export const freed = { type: "capacity.freed" };
export const exhausted = { type: "descriptors.exhausted" };
export const retryInVain = { type: "descriptors.retry" };
export const retryFinds = { type: "descriptors.retry", found: true };
export const began = { type: "pressure.began" };
export const ended = { type: "pressure.ended" };
export const handOver = { type: "listener.handover" };
export const takeBack = { type: "listener.reclaim" };
export const drain = { type: "listener.drain" };
export const stop = { type: "listener.stop" };

export const listening = ({ snapshot }: Situation): boolean => snapshot.value === "listening";
export const held = ({ snapshot }: Situation): boolean => snapshot.matches({ paused: "held" });
export const waiting = ({ snapshot }: Situation): boolean => snapshot.matches({ draining: "waiting" });
export const reasons = ({ snapshot }: Situation): readonly PauseReason[] => snapshot.context.pausedBy;
export const has = ({ facts }: Situation, ...names: string[]): boolean => names.every((name) => facts.has(name));
/** A client is inside, and stays. */
export const inside = (at: Situation): boolean => has(at, "inside") && !has(at, "left");
export const lacks = (at: Situation): boolean => has(at, "scarce") && !has(at, "plenty");
/** The reasons that are left when this one is gone; when there is none, the sockets open again. */
export const without = (at: Situation, reason: PauseReason, event: AnyEventObject): AnyEventObject[] =>
  reasons(at).some((other) => other !== reason) ? [event] : [event, resumed];
export const rests = (at: Situation): boolean => listening(at) || held(at);
export const pauses = (at: Situation, event: AnyEventObject): AnyEventObject[] =>
  held(at) ? [event] : [event, paused];
export const ends = (at: Situation, event: AnyEventObject): AnyEventObject[] =>
  inside(at) ? [event, refused] : [event, refused, none];
/** No document is put into force then, and a stop takes everything back first: test/model/upgrade.model.ts. */
export const handsOver = (at: Situation): boolean => reasons(at).includes("handing-over");
export const plain = (at: Situation): boolean => !has(at, "scarce") && !has(at, "queued") && !handsOver(at);
