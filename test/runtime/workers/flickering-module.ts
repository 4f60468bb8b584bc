/** Workers in which a slot seems to be given back, and taken again by another thread, between any two looks at it. */
import { isMainThread } from "node:worker_threads";
import { SharedSlots } from "../../../src/runtime/admission/shared-slots.ts";

const { get: isFull } = Object.getOwnPropertyDescriptor(SharedSlots.prototype, "full") ?? {};
let looks = 0;

// The tests that follow share this process's first thread, which loads the module to know its protocols.
if (!isMainThread) {
  Object.defineProperty(SharedSlots.prototype, "full", {
    get(this: SharedSlots): boolean {
      if (isFull?.call(this) !== true || this.limit !== 1) return isFull?.call(this);
      looks += 1;
      return looks % 2 === 1;
    },
  });
}

export { protocols } from "./talk-module.ts";
