import fc from "fast-check";
import { readBindAddress } from "../../src/config/addresses/bind-address.ts";
import { ipv6OnlyIn } from "../../src/config/addresses/ipv6-only.ts";
import { excludes, isWildcard } from "../../src/config/addresses/shared-port.ts";
import { parseDocument } from "../../src/config/document/document.ts";
import type { Configuration } from "../../src/config/document/effective.ts";
import { configurationDocuments } from "./configuration-documents.ts";

const PORTS = ["[::]:25", "0.0.0.0:25", "127.0.0.1:25", "[::]:587", "0.0.0.0:587", "[::1]:143", "127.0.0.1:143"];

const dealtPorts = fc.array(fc.nat(5), { minLength: PORTS.length, maxLength: PORTS.length });
const names = fc.shuffledSubarray(["smtp", "imap", "lmtp", "pop3", "http"], { minLength: 4 });

/** The configuration with names that recur, and with real ports besides the free ones, each at one listener at most. */
function dealt(configuration: Configuration, given: readonly string[], owners: readonly number[]): Configuration {
  const listeners = configuration.listeners.map((listener, index) => {
    const ports = PORTS.filter((_, port) => owners[port] === index).flatMap((text) => {
      const reading = readBindAddress(text);
      return reading.ok ? [reading.value] : [];
    });
    return { ...listener, name: given[index] ?? `listener-${index}`, bind: [...listener.bind, ...ports] };
  });
  return { ...configuration, listeners: withoutConflicts(listeners) };
}

/** Leaves addresses out that could not be bound beside a wildcard of the same port. */
function withoutConflicts(listeners: Configuration["listeners"]): Configuration["listeners"] {
  const ipv6Only = ipv6OnlyIn({ listeners });
  const users = listeners.flatMap(({ bind, socketReusePort: shared }) =>
    bind.map((address) => ({ address, shared, ipv6Only: ipv6Only(address) })),
  );
  const wildcards = users.filter(({ address }) => isWildcard(address));
  return listeners.map((listener) => ({
    ...listener,
    bind: listener.bind.filter((address) => {
      const user = users.find((each) => each.address === address);
      return !user || isWildcard(address) || !wildcards.some((wildcard) => excludes(user, wildcard));
    }),
  }));
}

/** Valid configurations. */
export const configurations = fc
  .tuple(configurationDocuments, names, dealtPorts)
  .map(([document, given, owners]) =>
    dealt(parseDocument(document, { protocols: ["echo"], directory: "/etc/gatehouse" }), given, owners),
  );

/** Two configurations that have listeners in common: by chance, by position, or with other names and addresses only. */
export const configurationPairs = fc.oneof(
  fc.tuple(configurations, configurations),
  fc
    .tuple(configurations, configurations, dealtPorts)
    .map(([before, other, owners]): [Configuration, Configuration] => {
      const given = before.listeners.map(({ name }) => name);
      return [before, dealt(withFreePorts(other), given, owners)];
    }),
  fc.tuple(configurations, names, dealtPorts).map(([configuration, given, owners]): [Configuration, Configuration] => {
    return [configuration, dealt(withFreePorts(configuration), given, owners)];
  }),
);

function withFreePorts(configuration: Configuration): Configuration {
  const listeners = configuration.listeners.map((listener) => ({
    ...listener,
    bind: listener.bind.filter(({ port }) => port === 0),
  }));
  return { ...configuration, listeners };
}
