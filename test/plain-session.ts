/** A session that has nothing to say, and ends when it is asked to: what tests of something else say of theirs is all that differs. */
import { CONTINUE, close, type Session } from "../src/protocols/protocol.ts";

export function plainSession(own: Partial<Session> = {}): Session {
  return {
    state: "open",
    greet: () => CONTINUE,
    receive: () => CONTINUE,
    resume: () => CONTINUE,
    writable: () => CONTINUE,
    secured: () => CONTINUE,
    ended: () => close("peer-ended"),
    drain: () => close("drained"),
    expired: () => close("idle-timeout"),
    closed: () => {},
    ...own,
  };
}
