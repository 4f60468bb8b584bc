/** For an answer that takes its time: whether the same would be granted now. */
import type { Asked } from "./asked.ts";
import { accountStates, sessionCookie } from "./browser-sessions.ts";
import { readAuthorization } from "./credentials.ts";
import type { Known } from "./judge.ts";
import type { Grant } from "./permissions.ts";

export type StillGranted = () => boolean | Promise<boolean>;

/** A session counts as used while its browser watches. */
export function stillGranted(asked: Asked, grant: Grant, known: Known): StillGranted {
  const { gatehouse, authentication, sessions } = known;
  const authorization = asked.field("authorization");
  if (authorization === undefined) {
    const cookie = sessionCookie(asked);
    return () => cookie !== null && sessions.grantOf(cookie, accountStates(gatehouse)) !== null;
  }
  const credentials = readAuthorization(authorization);
  if (credentials?.scheme === "bearer") return () => authentication.knowsToken(credentials.token);
  const account = accountStates(gatehouse)(grant);
  return () => accountStates(gatehouse)(grant) === account;
}
