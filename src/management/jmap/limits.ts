/** What one request may ask for (RFC 8620 section 2): the values of the capability `urn:ietf:params:jmap:core`. */
export const coreLimits = Object.freeze({
  /** Octets; there is nothing to upload. */
  maxSizeUpload: 0,
  maxConcurrentUpload: 0,
  /** Octets of a request's body. A document has at most 16 MiB. */
  maxSizeRequest: 10_000_000,
  /** Of one account, under way at once. */
  maxConcurrentRequests: 8,
  maxCallsInRequest: 32,
  maxObjectsInGet: 1_000,
  maxObjectsInSet: 1_000,
  collationAlgorithms: Object.freeze(["i;octet"]),
});

/** Ids in the answer of one `/query`; more are on the next page. */
export const mostIdsInQuery = 10_000;

/** Conditions in a filter, those in one another included, so that judging an object takes no longer than its size allows. */
export const mostConditions = 64;
