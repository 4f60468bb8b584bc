/** The page of each route. */
import type { Page, Surroundings } from "../page.ts";
import type { Route } from "../routes.ts";
import { objectOf } from "../wire/schema.ts";
import { ObjectFormPage } from "./object-form.ts";
import { ObjectListPage } from "./object-list.ts";

const singletonId = "singleton";

export function pageFor(route: Route, around: Surroundings): Page {
  switch (route.page) {
    case "now":
    case "lifecycles":
      return new ObjectListPage(around, "x:NetworkListener");
    case "list": {
      const { objects } = around.schema;
      const isSingleton = objects[objectOf(around.schema, route.view)]?.type === "singleton";
      return isSingleton ? new ObjectFormPage(around, route.view, singletonId) : new ObjectListPage(around, route.view);
    }
    case "object":
      return new ObjectFormPage(around, route.view, route.id);
  }
}
