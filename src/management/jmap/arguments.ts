/** The arguments of methods (RFC 8620 sections 5.1, 5.3 and 5.5). */
import {
  array,
  boolean,
  custom,
  int,
  type output,
  prettifyError,
  record,
  strictObject,
  string,
  type ZodType,
} from "zod";
import { isObject, type JsonObject } from "./json.ts";
import { MethodError } from "./method-error.ts";
import { accountId } from "./session.ts";

const jsonObject = custom<JsonObject>(isObject, { error: "must be an object" });

/** There is one account: it need not be named. */
const account = { accountId: string().nullish() };

const getSchema = strictObject({
  ...account,
  ids: array(string()).nullish(),
  properties: array(string()).nullish(),
});

const querySchema = strictObject({
  ...account,
  filter: jsonObject.nullish(),
  sort: array(
    strictObject({ property: string(), isAscending: boolean().nullish(), collation: string().nullish() }),
  ).nullish(),
  position: int().nullish(),
  anchor: string().nullish(),
  anchorOffset: int().nullish(),
  limit: int().min(0).nullish(),
  calculateTotal: boolean().nullish(),
});

const setSchema = strictObject({
  ...account,
  ifInState: string().nullish(),
  create: record(string(), jsonObject).nullish(),
  update: record(string(), jsonObject).nullish(),
  destroy: array(string()).nullish(),
  dryRun: boolean().nullish(),
});

const explainSchema = strictObject({
  ...account,
  listenerId: string(),
  address: string(),
  serverName: string().nullish(),
  proxied: boolean().nullish(),
});

export type GetArguments = output<typeof getSchema>;
export type QueryArguments = output<typeof querySchema>;
export type SetArguments = output<typeof setSchema>;

/** @throws MethodError `invalidArguments`, `accountNotFound` */
export const getArguments = (args: JsonObject): GetArguments => read(args, getSchema);
export const queryArguments = (args: JsonObject): QueryArguments => read(args, querySchema);
export const explainArguments = (args: JsonObject): output<typeof explainSchema> => read(args, explainSchema);
export const setArguments = (args: JsonObject): SetArguments => read(args, setSchema);

function read<Arguments extends { readonly accountId?: string | null | undefined }>(
  args: JsonObject,
  schema: ZodType<Arguments>,
): Arguments {
  const reading = schema.safeParse(args);
  if (!reading.success) throw new MethodError("invalidArguments", prettifyError(reading.error));
  const { accountId: named } = reading.data;
  if (named !== undefined && named !== null && named !== accountId)
    throw new MethodError("accountNotFound", `There is one account here: "${accountId}".`);
  return reading.data;
}
