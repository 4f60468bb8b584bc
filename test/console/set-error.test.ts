import { describe, expect, it } from "vitest";
import { fieldErrorsOf } from "../../src/console/wire/set-error.ts";

describe("fieldErrorsOf", () => {
  it("has the server's words stand at each field to blame", () => {
    const description = "192.0.2.1:25 cannot be bound: EADDRNOTAVAIL.";
    const error = { type: "invalidProperties", description, properties: ["bind/192.0.2.1:25"] };
    expect(fieldErrorsOf(error)).toEqual([{ pointer: "bind/192.0.2.1:25", message: description }]);
  });

  it("says what each value needs", () => {
    const validationErrors = [
      { type: "Required", property: "name" },
      { type: "MaxValue", property: "socketTtl", value: 300, required: 255 },
    ] as const;
    expect(fieldErrorsOf({ type: "validationFailed", properties: ["name", "socketTtl"], validationErrors })).toEqual([
      { pointer: "name", message: "This is needed." },
      { pointer: "socketTtl", message: "At most 255." },
    ]);
  });

  it("says of the whole object what is about no field, and who uses it", () => {
    const linked = { type: "objectIsLinked", linkedObjects: [{ object: "x:SystemSettings", id: "singleton" }] };
    expect(fieldErrorsOf(linked)).toEqual([
      { pointer: "", message: "It is in use. It is used by x:SystemSettings singleton." },
    ]);
  });
});
