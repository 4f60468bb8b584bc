import type { ConfigurationDocument } from "./schema.ts";

/** The built-in example: four listeners on unprivileged ports of the loopback interface. */
export const exampleDocument: ConfigurationDocument = {
  SystemSettings: { defaultHostname: "localhost" },
  NetworkListener: [
    { name: "smtp", protocol: "smtp", bind: ["127.0.0.1:2525"] },
    { name: "submission", protocol: "smtp", bind: ["127.0.0.1:2587"] },
    { name: "submissions", protocol: "smtp", bind: ["127.0.0.1:2465"], tlsImplicit: true },
    { name: "management", protocol: "http", bind: ["127.0.0.1:8080"] },
  ],
};
