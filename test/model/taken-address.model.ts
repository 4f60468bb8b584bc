/** A listener whose address is taken. */
import type { Bench, Model } from "../../src/testing/index.ts";
import { listenerModel } from "./listener.model.ts";
import { has, outcome } from "./listener-situations.ts";
import { ListenerWorld, talkListener } from "./listener-world.ts";
import { Somebody } from "./occupied-address.ts";

/** Two listeners want one address that cannot be shared. */
export function takenAddressModel(): Model<ListenerWorld> {
  return {
    ...listenerModel({
      stimuli: [
        {
          name: "the server starts on an address that somebody has",
          events: [outcome("error", "binding.addresses")],
          possible: (at) => !has(at, "started"),
          leaves: ["started"],
          apply: (world) => world.begin(world.gatehouse.start()),
        },
      ],
    }),
    async open(bench) {
      const somebody = new Somebody();
      const port = await somebody.listen();
      const world = new TakenAddressWorld(bench, { drainTimeout: 1_000, somebody, port });
      return world;
    },
    follows: (id) => id === "listener:taken",
    mayPass: () => false,
  };
}

class TakenAddressWorld extends ListenerWorld {
  readonly #somebody: Somebody;

  constructor(
    bench: Bench,
    { somebody, port, drainTimeout }: { somebody: Somebody; port: number; drainTimeout: number },
  ) {
    super(bench, { main: null, drainTimeout, others: [talkListener("taken", { bind: [`127.0.0.1:${port}`] })] });
    this.#somebody = somebody;
    this.followedId = "listener:taken";
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#somebody.close();
  }
}
