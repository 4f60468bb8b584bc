import { ConfigurationError, type ConfigurationIssue } from "../../src/config/document/configuration-error.ts";
import { type ParseOptions, parseDocument } from "../../src/config/document/document.ts";

/** The example of the documentation. */
export const mailServer = {
  SystemSettings: { defaultHostname: "mail.example.com", maxConnections: 8192 },
  Certificate: {
    main: {
      certificate: { "@type": "File", filePath: "tls.crt" },
      privateKey: { "@type": "File", filePath: "tls.key" },
    },
  },
  NetworkListener: [
    { name: "smtp", protocol: "smtp", bind: ["[::]:25"] },
    { name: "submission", protocol: "smtp", bind: ["[::]:587"] },
    { name: "submissions", protocol: "smtp", bind: ["[::]:465"], tlsImplicit: true },
    { name: "management", protocol: "http", bind: ["127.0.0.1:8080"] },
  ],
};

/** The mistakes of a document, none if it is valid. */
export function issuesOf(source: unknown, options?: ParseOptions): readonly ConfigurationIssue[] {
  try {
    parseDocument(source, options);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.issues;
    throw error;
  }
}

/** The one listener of a document that has these fields besides a name and an address. */
export function listenerWith(fields: Record<string, unknown>) {
  const [listener] = parseDocument([{ name: "a", bind: ["127.0.0.1:0"], ...fields }]).listeners;
  if (!listener) throw new Error("the document has a listener");
  return listener;
}

/** The mistakes of that listener, as `field: message`. */
export function mistakesWith(fields: Record<string, unknown>): string[] {
  return issuesOf([{ name: "a", bind: ["127.0.0.1:0"], ...fields }]).map(
    ({ path, message }) => `${path.slice(4)}: ${message}`,
  );
}
