import type { ConfigurationSections } from "./configuration-input.ts";

/** The account of the built-in example. Its password is no secret: the example listens on the loopback interface only. */
export const exampleAccount = { address: "me@localhost", password: "try-gatehouse" } as const;

/**
 * The built-in example: every protocol on unprivileged ports of the loopback interface, in clear with STARTTLS and
 * under TLS from the first byte, and one account.
 */
export const exampleDocument: ConfigurationSections = {
  SystemSettings: { defaultHostname: "localhost" },
  Account: {
    [exampleAccount.address]: { secret: { "@type": "Text", secret: exampleAccount.password }, roles: ["admin"] },
  },
  NetworkListener: [
    { name: "smtp", protocol: "smtp", bind: ["127.0.0.1:2525"] },
    { name: "submission", protocol: "smtp", bind: ["127.0.0.1:2587"] },
    { name: "submissions", protocol: "smtp", bind: ["127.0.0.1:2465"], tlsImplicit: true },
    { name: "lmtp", protocol: "lmtp", bind: ["127.0.0.1:2424"] },
    { name: "imap", protocol: "imap", bind: ["127.0.0.1:2143"] },
    { name: "imaps", protocol: "imap", bind: ["127.0.0.1:2993"], tlsImplicit: true },
    { name: "pop3", protocol: "pop3", bind: ["127.0.0.1:2110"] },
    { name: "pop3s", protocol: "pop3", bind: ["127.0.0.1:2995"], tlsImplicit: true },
    { name: "sieve", protocol: "manageSieve", bind: ["127.0.0.1:24190"] },
    { name: "sieves", protocol: "manageSieve", bind: ["127.0.0.1:24191"], tlsImplicit: true },
    { name: "management", protocol: "http", bind: ["127.0.0.1:8080"], ignoreServerCap: true },
  ],
};
