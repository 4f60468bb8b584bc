/** What an authority answers, as far as it is used (RFC 8555 section 7.1, RFC 9773 section 4.2). */
import { z } from "zod";

const address = z.url({ protocol: /^https$/ });

export const directoryAnswer = z.object({
  newNonce: address,
  newAccount: address,
  newOrder: address,
  renewalInfo: address.optional(),
  meta: z.object({ externalAccountRequired: z.boolean().optional() }).optional(),
});

export const problemAnswer = z.object({
  type: z.string().optional(),
  detail: z.string().optional(),
});

export const orderAnswer = z.object({
  status: z.enum(["pending", "ready", "processing", "valid", "invalid"]),
  authorizations: z.array(address),
  finalize: address,
  certificate: address.optional(),
  error: problemAnswer.optional(),
});

const challengeAnswer = z.object({
  type: z.string(),
  url: address,
  /** Of the base64url alphabet (RFC 8555 section 8.3): it becomes part of a path. */
  token: z
    .string()
    .regex(/^[\w-]+$/)
    .optional(),
  error: problemAnswer.optional(),
});

export const authorizationAnswer = z.object({
  status: z.enum(["pending", "valid", "invalid", "deactivated", "expired", "revoked"]),
  identifier: z.object({ type: z.string(), value: z.string() }),
  challenges: z.array(challengeAnswer),
});

export const renewalAnswer = z.object({
  suggestedWindow: z.object({ start: z.iso.datetime({ offset: true }), end: z.iso.datetime({ offset: true }) }),
});

export type Directory = z.output<typeof directoryAnswer>;
export type Order = z.output<typeof orderAnswer>;
export type Authorization = z.output<typeof authorizationAnswer>;
export type Problem = z.output<typeof problemAnswer>;
