import type { Configuration } from "./effective.ts";

/** The same configuration with the listeners alone that this node opens, as `roles` of `cluster` says. */
export function withOpenedListeners(configuration: Configuration): Configuration {
  const { cluster } = configuration.system;
  if (cluster === null || cluster.roles.length === 0) return configuration;
  const opened = new Set(cluster.roles);
  return { ...configuration, listeners: configuration.listeners.filter(({ name }) => opened.has(name)) };
}
