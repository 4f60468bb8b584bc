/** The page of each route. */
import type { Page, Surroundings } from "../page.ts";
import type { Route } from "../routes.ts";
import { objectOf } from "../wire/schema.ts";
import { EndsPage } from "./ends.ts";
import { ExplainPage } from "./explain.ts";
import { LifecyclesPage } from "./lifecycles.ts";
import { NowPage } from "./now.ts";
import { ObjectFormPage } from "./object-form.ts";
import { ObjectListPage } from "./object-list.ts";

const singletonId = "singleton";

export function pageFor(route: Route, around: Surroundings): Page {
  switch (route.page) {
    case "now":
      return new NowPage(around);
    case "lifecycles":
      return new LifecyclesPage(around, route.chart, route.state);
    case "ends":
      return new EndsPage(around, route.listener);
    case "explain":
      return new ExplainPage(around, route);
    case "list": {
      const { objects } = around.schema;
      const isSingleton = objects[objectOf(around.schema, route.view)]?.type === "singleton";
      return isSingleton ? new ObjectFormPage(around, route.view, singletonId) : new ObjectListPage(around, route.view);
    }
    case "object":
      return new ObjectFormPage(around, route.view, route.id);
  }
}
