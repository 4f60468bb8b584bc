import { test } from "vitest";
import { type Impossible, type Situation, walk } from "../../src/testing/index.ts";
import { addedModel } from "./added-listener.model.ts";
import { hastyModel, listenerModel } from "./listener.model.ts";
import { walkModels } from "./suite.ts";
import { takenAddressModel } from "./taken-address.model.ts";

const afterTheStart = "a drain waits for the end of a start and of a reload, which open the listener or stop it";
const reasonStays =
  "sockets open again only when no-descriptors is no reason any more, and its back-off has ended with it";

const impossible: Impossible = {
  "binding.addresses: listener.drain": afterTheStart,
  "binding.bound: listener.drain": afterTheStart,
  "binding.opening: listener.drain": afterTheStart,
  "binding.opening: capacity.reached":
    "a slot is taken in a turn of its own, opening takes less than one, and a cap is lowered before a listener opens",
  "paused.pausing: error pauseSockets": "to stop accepting is close(2) of a duplicate, whose failure nobody tells",
  "paused.resuming: error openSockets":
    "a socket that Node has accepted from is refused to it for want of descriptors only",
  "paused.pausing: listener.reclaim": "a successor's end is heard in a later turn, in which pausing is done",
  "paused.resuming: listener.reclaim": "sockets open again only when handing-over is no reason any more",
  "paused.resuming: descriptors.exhausted [lacksDescriptors]": reasonStays,
  "paused.resuming: descriptors.retry [findsDescriptors]": reasonStays,
  "paused.resuming: descriptors.retry": reasonStays,
};

function distinguish({ snapshot, facts }: Situation): string {
  const telling = [facts.has("inside") && !facts.has("left"), facts.has("raised")];
  return JSON.stringify([snapshot.value, snapshot.context.pausedBy, ...telling]);
}

walkModels({
  models: {
    "a listener": listenerModel(),
    "a listener that drains in haste": hastyModel(),
    "a listener whose address is taken": takenAddressModel(),
    "a listener that a reload adds": addedModel(),
  },
  impossible,
  pairs: 89,
  distinguish,
  randomWalks: 12,
});

test("a listener that pauses while its sockets open does not accept when they have opened", async () => {
  await walk(addedModel(), [
    "a reload adds it, and pressure comes when it is at binding.opening",
    "a client comes while nobody is let in, and waits in the kernel's queue",
  ]);
});
