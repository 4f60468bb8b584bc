import type { IncomingMessage, ServerResponse } from "node:http";

/** What the relay shows to a browser: Gatehouse's own page, or the bridge to another. */
export interface ServedPage {
  /**
   * @param name the path below the key; empty for the page itself
   * @returns whether it has answered
   */
  answer(name: string, asked: Asked): Promise<boolean>;
  close(): Promise<void>;
}

export interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** As the browser calls the relay. */
  readonly host: string;
}
