/** Where a path of the IMAP model has come to, and what a command does there. */
import type { AnyEventObject } from "xstate";
import type { Situation, Stimulus } from "../../src/testing/index.ts";
import type { ImapWorld } from "./imap-world.ts";
import { type Condition, connected, event, has, is, pending, type Questions } from "./mail-session.ts";

export type ImapStimulus = Stimulus<ImapWorld>;

export const completed = event("command.completed");
export const selected: Condition = ({ snapshot }) => snapshot.context.selected;
/** Something was begun, and its rest has not come yet. */
export const halfOf =
  (what: string): Condition =>
  ({ facts }) =>
    facts.has(`half of ${what}`) && !facts.has(`the rest of ${what}`);
/** The client may begin something now. */
export const speaks: Condition = (at) => connected(at) && !halfOf("a literal")(at) && !halfOf("a message")(at);
/** The mailbox Drafts is the selected one, and another session has deleted it. */
export const deleted: Condition = has("Drafts was deleted");
export const between = ["notAuthenticated", "authenticated", "selected"];

interface Command {
  readonly text: string;
  readonly from: readonly string[];
  readonly events: readonly AnyEventObject[];
  readonly when?: Condition;
  readonly leaves?: readonly string[];
  /** What the store does at it: the next call of this method is held back, or fails. */
  readonly holds?: string;
  readonly breaks?: string;
  /** Possible in a selected mailbox that is no more, too. */
  readonly anywhere?: boolean;
}

export function command(name: string, { text, from, events, when, leaves = [], ...how }: Command): ImapStimulus {
  return {
    name,
    events,
    possible: (at) => speaks(at) && is(...from)(at) && (how.anywhere || !deleted(at)) && (when?.(at) ?? true),
    leaves,
    async apply(world) {
      if (how.holds) world.store.hold(how.holds);
      if (how.breaks) world.store.break(how.breaks);
      await world.say(text);
    },
  };
}

/** What somebody may think about for long. */
export const questions: Questions = {
  "asked for an opinion of credentials": { state: "verifying", answered: [event("login.succeeded")] },
  "asked to open an account": { state: "verifying", answered: [event("login.succeeded")] },
  "asked to select": { state: "executing", answered: [event("mailbox.selected"), completed] },
  "asked for a status": { state: "executing", answered: [completed] },
  "asked to expunge": { state: "executing", answered: [completed] },
  "asked for room": { state: "appending", answered: [] },
  "asked to append": { state: "executing", answered: [completed] },
};

export const waits: Condition = (at: Situation) => pending(questions, at) !== null;
