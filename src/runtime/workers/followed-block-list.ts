import { receiveMessageOnPort } from "node:worker_threads";
import { type BlockedEntry, BlockList } from "../admission/block-list.ts";
import type { Clock } from "../time/clock.ts";
import type { BlockChange, WorkerStart } from "./worker-messages.ts";

/**
 * A worker's block list. The main thread puts each change on a port before the version says so, and the list takes it from
 * there before it answers: whoever was blocked is refused from then on, by every thread.
 */
export class FollowedBlockList extends BlockList {
  readonly #start: Pick<WorkerStart, "blockVersion" | "ports">;
  #version = 0;

  constructor(clock: Clock, start: Pick<WorkerStart, "blockVersion" | "ports" | "blocked">) {
    super(clock);
    this.#start = start;
    for (const blocked of start.blocked) this.add(blocked);
  }

  override find(address: string): BlockedEntry | null {
    const version = Atomics.load(this.#start.blockVersion, 0);
    if (version !== this.#version) this.#catchUp(version);
    return super.find(address);
  }

  #catchUp(version: number): void {
    this.#version = version;
    for (;;) {
      const received = receiveMessageOnPort(this.#start.ports.blocks);
      if (!received) return;
      const change: BlockChange = received.message;
      if ("add" in change) this.add(change.add);
      else this.remove(change.remove);
    }
  }
}
