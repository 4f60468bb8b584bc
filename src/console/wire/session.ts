/** Who is logged in. The browser keeps the cookie; no script can read it. */
import { get, post, useEndpoint, WireError } from "./jmap.ts";

export interface Session {
  /** The account's name. */
  readonly username: string;
}

/** Null: nobody is logged in. @throws WireError when the server cannot say. */
export async function currentSession(): Promise<Session | null> {
  try {
    const resource = (await (await get("/jmap/session")).json()) as { username?: string; apiUrl?: string };
    useEndpoint(resource.apiUrl);
    return { username: resource.username ?? "" };
  } catch (error) {
    if (error instanceof WireError && error.problem === "unauthorized") return null;
    throw error;
  }
}

/** @throws WireError; `unauthorized` when name and password do not belong together. */
export async function logIn(username: string, password: string): Promise<void> {
  await post("/console/login", { username, password });
}

export async function logOut(): Promise<void> {
  await post("/console/logout", {});
}
