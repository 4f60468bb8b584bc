/** What a page is, and what it is given. */
import type { TemplateResult } from "lit-html";
import type { Route } from "./routes.ts";
import type { Liveness } from "./wire/event-feed.ts";
import type { Schema } from "./wire/schema.ts";

export interface Page {
  readonly title: string;
  /** Draws it as it is now. */
  view(): TemplateResult;
  /** It is in sight from now on. */
  start(): void;
  stop(): void;
  /** It shows what is at this place as well, and keeps what it has. @returns false where it does not */
  moved?(route: Route): boolean;
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
