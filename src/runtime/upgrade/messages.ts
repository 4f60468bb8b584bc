/**
 * What a server and its successor say to one another, over a channel of their own: JSON, one message a line. The two may
 * be of different versions, so neither expects more than it needs, and what it does not know it passes over.
 */
import type { HandedSocket } from "../sockets/inherited-sockets.ts";

/** Changes only when an older server and a newer one could not understand each other any more. */
export const channelVersion = 1;

/** The descriptor of the channel in the successor. */
export const channelDescriptor = 3;
/** The descriptor of the predecessor's own standard error, where that of the successor leads to the predecessor at first. */
export const wordsDescriptor = 4;
/** The first of those that listen. */
export const firstSocketDescriptor = 5;

/** Names the predecessor's process id to the successor, and nothing else: the environment can be read by others. */
export const predecessorVariable = "GATEHOUSE_PREDECESSOR";

/** A listening socket, in the order of the descriptors. */
export interface OfferedSocket {
  /** As its maker calls it; null without one. */
  readonly name: string | null;
  /** The service manager's own. */
  readonly managed: boolean;
  /** Null where no listener uses it. */
  readonly used: Omit<HandedSocket, "managed"> | null;
}

/** What each part of a server that has something in memory puts in, by the part's name. */
export type CarriedState = Readonly<Record<string, unknown>>;

export type ToSuccessor =
  | { readonly type: "sockets"; readonly version: number; readonly sockets: readonly OfferedSocket[] }
  /** The predecessor accepts no more. */
  | { readonly type: "takeOver"; readonly state: CarriedState }
  /** The predecessor has reported who is in charge, and drains. */
  | { readonly type: "inCharge" };

export type ToPredecessor =
  /** `taken`: those of the offered sockets that are to be used, by number. */
  | { readonly type: "ready"; readonly taken: readonly number[] }
  | { readonly type: "accepting" }
  | { readonly type: "failed"; readonly message: string };

/** What both sides may say as long as both live, for one of the parts of a server. */
export interface PartMessage {
  readonly type: "part";
  readonly part: string;
  readonly message: unknown;
}
