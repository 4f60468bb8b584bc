/** What `/api/schema` holds: objects, their fields, and how forms and lists show them. The words are Stalwart's. */

export interface ManagementSchema {
  /** By name, with `x:`. */
  readonly objects: Readonly<Record<string, ObjectInfo>>;
  /** Of objects, and of those within them: which set of fields. */
  readonly schemas: Readonly<Record<string, SchemaChoice>>;
  readonly fields: Readonly<Record<string, FieldSet>>;
  readonly forms: Readonly<Record<string, Form>>;
  readonly lists: Readonly<Record<string, List>>;
  readonly enums: Readonly<Record<string, readonly EnumEntry[]>>;
  readonly dashboards: readonly never[];
  readonly layouts: readonly Layout[];
}

export interface ObjectInfo {
  readonly type: "object" | "singleton";
  readonly description: string;
  /** What the names of its permissions start with. */
  readonly permissionPrefix: string;
}

export type SchemaChoice =
  | { readonly type: "single"; readonly schemaName: string }
  /** Told by `@type`. */
  | { readonly type: "multiple"; readonly variants: readonly Variant[] };

export interface Variant {
  readonly name: string;
  readonly label: string;
  /** Left out where it has no fields. */
  readonly schemaName?: string;
}

export interface FieldSet {
  readonly properties: Readonly<Record<string, Field>>;
  /** As `/get` returns them. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

export interface Field {
  readonly description: string;
  readonly type: FieldType;
  readonly update: "mutable" | "immutable" | "serverSet";
}

export type FieldType = ScalarType | SetType | MapType;

export type ScalarType =
  | {
      readonly type: "string";
      readonly format: string;
      readonly minLength?: number;
      readonly maxLength?: number;
      readonly nullable?: true;
    }
  | {
      readonly type: "number";
      readonly format: "integer" | "unsignedInteger" | "float" | "size" | "duration";
      readonly min?: number;
      readonly max?: number;
      readonly nullable?: true;
    }
  | { readonly type: "boolean" }
  | { readonly type: "utcDateTime"; readonly nullable?: true }
  | { readonly type: "enum"; readonly enumName: string; readonly nullable?: true }
  | { readonly type: "object" | "objectId"; readonly objectName: string; readonly nullable?: true };

export interface SetType {
  readonly type: "set";
  readonly class: ScalarType;
  readonly minItems?: number;
}

export interface MapType {
  readonly type: "map";
  readonly keyClass: ScalarType;
  readonly valueClass: ScalarType;
}

export interface Form {
  readonly title?: string;
  readonly subtitle?: string;
  readonly sections: readonly FormSection[];
}

export interface FormSection {
  readonly title?: string;
  readonly fields: readonly { readonly name: string; readonly label: string; readonly placeholder?: string }[];
}

export interface List {
  readonly title: string;
  readonly subtitle: string;
  /** Stands for the object; its id unless given. */
  readonly labelProperty?: string;
  readonly singularName: string;
  readonly pluralName: string;
  readonly columns: readonly { readonly name: string; readonly label: string }[];
  readonly filters: readonly ListFilter[];
}

export interface ListFilter {
  readonly type: "text" | "enum" | "integer" | "date" | "objectId";
  readonly field: string;
  readonly label: string;
}

export interface EnumEntry {
  readonly name: string;
  readonly label: string;
  readonly explanation?: string;
}

export interface Layout {
  readonly name: string;
  readonly icon: string;
  readonly items: readonly LayoutItem[];
}

export type LayoutItem =
  | { readonly link: { readonly name: string; readonly icon: string; readonly viewName: string } }
  | {
      readonly container: {
        readonly name: string;
        readonly icon: string;
        readonly items: readonly { readonly type: "link"; readonly name: string; readonly viewName: string }[];
      };
    };
