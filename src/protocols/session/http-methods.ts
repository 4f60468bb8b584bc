/** A browser that was led to a mail port must not get to speak the port's protocol with its request's body. */
export const httpMethods: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "OPTIONS",
  "PATCH",
  "CONNECT",
]);
