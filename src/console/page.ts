/** What a page is, and what it is given. */
import type { TemplateResult } from "lit-html";
import type { Liveness } from "./wire/live.ts";
import type { Schema } from "./wire/schema.ts";

export interface Page {
  readonly title: string;
  /** Draws it as it is now. */
  view(): TemplateResult;
  /** It is in sight from now on. */
  start(): void;
  stop(): void;
  /** Something on it would be lost. */
  readonly hasUnsaved?: boolean;
}

export interface Surroundings {
  readonly schema: Schema;
  /** The account may change nothing. */
  readonly isReadOnly: boolean;
  /** Draws the page again, once, after all that happens in this turn. */
  changed(): void;
  /** Nobody is logged in any more. */
  loggedOut(): void;
  /** Says it to those who cannot see it, and shows it for a while. */
  announce(text: string): void;
  liveness(now: Liveness): void;
  /** To another page, by its hash. */
  go(hash: string): void;
}
