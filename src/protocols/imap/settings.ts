import type { ActorOptions } from "xstate";
import type { CompiledMachine } from "../../machines/compile.ts";
import type { LifecycleMode } from "../../machines/lifecycle-logic.ts";
import type { LoginSettings } from "../login.ts";
import type { Mailboxes } from "../mailbox.ts";
import type { ImapLimits } from "./limits.ts";
import type { imapMachine } from "./machine.ts";

/** Who watches the charts of sessions. */
export type ImapInspector = NonNullable<ActorOptions<CompiledMachine<typeof imapMachine>>["inspect"]>;

/** What is the same for all sessions of one `imap()`. */
export interface ImapSettings {
  readonly mailboxes: Mailboxes;
  readonly login: LoginSettings;
  readonly limits: ImapLimits;
  readonly banner: string;
  readonly inspect: ImapInspector | undefined;
  readonly lifecycle: LifecycleMode;
}
