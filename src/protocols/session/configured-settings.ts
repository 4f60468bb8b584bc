/** The settings of a session: the options of its protocol, with what the document says of its listener in their place. */
import type { SessionConfiguration } from "../../config/index.ts";
import type { LoginFailures } from "../login-failures.ts";
import type { Wire } from "../protocol.ts";
import type { SessionOptions, SessionSettings } from "./options.ts";

/** Options that a document may set. */
interface ConfigurableOptions extends SessionOptions {
  readonly banner?: string;
}

export interface ConfiguredSettings<Settings> {
  /** As the options have them. */
  readonly base: Settings;
  /** Those of a connection. They are made once for each listener and document. */
  of(wire: Pick<Wire, "configured">): Settings;
}

/** @param read makes settings from options. @throws ProtocolOptionError */
export function configuredSettings<Options extends ConfigurableOptions, Settings extends SessionSettings>(
  options: Options,
  read: (options: Options) => Settings,
): ConfiguredSettings<Settings> {
  const base = read(options);
  const made = new WeakMap<SessionConfiguration, Settings>();
  return {
    base,
    of({ configured }) {
      if (!configured) return base;
      const known = made.get(configured);
      if (known) return known;
      const settings = saysNothing(configured) ? base : read(changed(options, configured, base.login.failures));
      made.set(configured, settings);
      return settings;
    },
  };
}

function saysNothing({ banner, authWithoutTls, limits }: SessionConfiguration): boolean {
  return banner === null && !authWithoutTls && Object.values(limits).every((limit) => limit === null);
}

/** @param loginFailures those of an address count together, whichever listener it came to */
function changed<Options extends ConfigurableOptions>(
  options: Options,
  { banner, authWithoutTls, limits }: SessionConfiguration,
  loginFailures: LoginFailures,
): Options {
  const set = Object.entries(limits).filter(([, limit]) => limit !== null);
  return {
    ...options,
    loginFailures,
    ...(banner !== null && { banner }),
    ...(authWithoutTls && { authWithoutTls }),
    ...Object.fromEntries(set),
  };
}
