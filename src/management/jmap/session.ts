/** The session resource (RFC 8620 section 2). */
import { createHash } from "node:crypto";
import type { JsonObject } from "./json.ts";
import { coreLimits } from "./limits.ts";

/** Everything is in one account: that of the server. */
export const accountId = "server";

export interface SessionOwner {
  /** Who has logged in. */
  readonly username: string;
  /** May change nothing. */
  readonly isReadOnly: boolean;
}

export interface SessionResource extends JsonObject {
  readonly state: string;
}

/**
 * URLs are paths: a client knows where it has come to, and a proxy may have brought it there by another name.
 * @param mount the path that all of them are below
 */
export function sessionResource({ username, isReadOnly }: SessionOwner, mount = ""): SessionResource {
  const resource = {
    capabilities: { "urn:ietf:params:jmap:core": coreLimits, "urn:stalwart:jmap": {} },
    accounts: {
      [accountId]: {
        name: username,
        isPersonal: false,
        isReadOnly,
        accountCapabilities: { "urn:ietf:params:jmap:core": {}, "urn:stalwart:jmap": {} },
      },
    },
    primaryAccounts: { "urn:ietf:params:jmap:core": accountId, "urn:stalwart:jmap": accountId },
    username,
  };
  const state = createHash("sha256").update(JSON.stringify(resource)).digest("base64url").slice(0, 16);
  return {
    ...resource,
    apiUrl: `${mount}/jmap/`,
    downloadUrl: `${mount}/jmap/download/{accountId}/{blobId}/{name}?accept={type}`,
    uploadUrl: `${mount}/jmap/upload/{accountId}/`,
    eventSourceUrl: `${mount}/jmap/eventsource/?types={types}&closeafter={closeafter}&ping={ping}`,
    state,
  };
}
