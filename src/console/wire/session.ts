/** Who is logged in. The browser keeps the cookie; no script can read it. */
import { get, post, useEndpoint, useEventSource, WireError } from "./jmap.ts";

export interface Session {
  /** The account's name. */
  readonly username: string;
  /** The account may change nothing. */
  readonly isReadOnly: boolean;
}

/** What the console needs of it (RFC 8620 section 2). */
interface SessionResource {
  readonly username?: string;
  readonly apiUrl?: string;
  readonly eventSourceUrl?: string;
  readonly accounts?: Readonly<Record<string, { readonly isReadOnly?: boolean }>>;
}

/** Null: nobody is logged in. @throws WireError when the server cannot say. */
export async function currentSession(): Promise<Session | null> {
  try {
    const resource = (await (await get("../jmap/session")).json()) as SessionResource;
    useEndpoint(resource.apiUrl);
    useEventSource(resource.eventSourceUrl);
    const isReadOnly = Object.values(resource.accounts ?? {}).some((account) => account.isReadOnly);
    return { username: resource.username ?? "", isReadOnly };
  } catch (error) {
    if (error instanceof WireError && error.problem === "unauthorized") return null;
    throw error;
  }
}

/** @throws WireError; `unauthorized` when name and password do not belong together. */
export async function logIn(username: string, password: string): Promise<void> {
  await post("login", { username, password });
}

export async function logOut(): Promise<void> {
  await post("logout", {});
}
