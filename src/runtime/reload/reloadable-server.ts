import type { Configuration } from "../../config/index.ts";
import type { Listener, ListenerHost } from "../listener/listener.ts";
import type { ChallengeCertificates } from "../tls/challenge-certificates.ts";
import type { ServerCertificates } from "../tls/server-certificates.ts";
import type { Foundation } from "./foundation.ts";

/** The server, as far as a reload needs it. */
export interface ReloadableServer {
  readonly configuration: Configuration;
  readonly host: ListenerHost;
  readonly foundation: Foundation;
  readonly dataDirectory: string;
  readonly certificates: ServerCertificates;
  readonly challenges: ChallengeCertificates;
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
