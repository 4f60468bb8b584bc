import type { Configuration } from "../../config/index.ts";
import type { Listener, ListenerHost } from "../listener/listener.ts";
import type { ChallengeCertificates } from "../tls/challenge-certificates.ts";
import type { ServerCertificates } from "../tls/server-certificates.ts";
import type { Foundation } from "./foundation.ts";

/** Workers, which take each step of a reload with the server: all of them stage it, or it is not carried out. */
export interface Followers {
  stage(
    document: Configuration,
    staged: { readonly certificates: ServerCertificates; readonly listeners: readonly Listener[] },
  ): Promise<void>;
  swap(): Promise<void>;
  /** Makes or ends workers as well, where the document wants another number of them. */
  retire(document: Configuration): Promise<void>;
  discard(): Promise<void>;
}

/** The server, as far as a reload needs it. */
export interface ReloadableServer {
  readonly configuration: Configuration;
  readonly host: ListenerHost;
  readonly foundation: Foundation;
  readonly dataDirectory: string;
  /** Those who serve in this thread's place; null for nobody. */
  readonly followers: Followers | null;
  /** How many of them a document asks for. @throws Error where several cannot be */
  workersWanted(document: Configuration): number;
  readonly certificates: ServerCertificates;
  readonly challenges: ChallengeCertificates;
  /** What keys of session tickets are made of. */
  readonly ticketSecret: Uint8Array;
  /** Makes them anew if the secret has changed meanwhile. */
  setTicketKeys(): void;
  /** The listeners of the document in force, by name. */
  readonly current: ReadonlyMap<string, Listener>;
  /** Sets the server's listeners; others are kept until they have closed. */
  replace(replacement: Replacement): void;
}

export interface Replacement {
  readonly configuration: Configuration;
  readonly certificates: ServerCertificates;
  readonly listeners: readonly Listener[];
}
