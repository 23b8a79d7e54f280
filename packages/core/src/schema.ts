// SPDX-License-Identifier: Apache-2.0
/**
 * Schemas as data. One description of the facts document serves the TypeScript types, the
 * validator, the JSON Schema for editors, the CEL checker and its static cost (the list bounds).
 */
export type Schema =
  | {
      readonly kind: "text";
      readonly max: number;
      readonly values?: readonly string[];
      readonly form?: TextForm;
    }
  | { readonly kind: "int"; readonly min: number; readonly max: number }
  | { readonly kind: "bool" }
  | { readonly kind: "list"; readonly of: Schema; readonly max: number }
  | { readonly kind: "record"; readonly of: Schema; readonly max: number }
  | { readonly kind: "object"; readonly fields: Fields };

/** Texts with one spelling. `says` completes "is not …". */
export const TEXT_FORMS = {
  digest: { pattern: /^[0-9a-f]{64}$/, says: "64 lower-case hexadecimal digits" },
  "git-id": {
    pattern: /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/,
    says: "a whole object id of Git in lower case",
  },
  aaguid: { pattern: /^[0-9a-f]{32}$/, says: "32 lower-case hexadecimal digits" },
  base64url: {
    pattern: /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/,
    says: "base64url",
  },
  "32-bytes": { pattern: /^[\w-]{42}[AEIMQUYcgkosw048]$/, says: "32 bytes in base64url" },
  origin: {
    pattern: /^(?:https:\/\/[a-z0-9][a-z0-9.-]{0,252}|http:\/\/localhost)(?::[1-9][0-9]{0,4})?$/,
    says: "an origin such as `https://approve.example.com`",
  },
} as const;
export type TextForm = keyof typeof TEXT_FORMS;

export type Field = Schema & {
  /** Absent means not applicable; an expression must guard it with `has()`. */
  readonly optional?: true;
  /** May be replaced by an `Unknown`; every expression that reads it then holds. */
  readonly unknowable?: true;
  readonly about?: string;
};

export type Fields = { readonly [name: string]: Field };

/** A fact that could not be had. It is a value, so that nobody mistakes it for an empty one. */
export type Unknown = {
  readonly $unknown: { readonly because: string; readonly help: string };
};

export type Infer<S> = S extends { kind: "text"; values: readonly (infer V)[] }
  ? V
  : S extends { kind: "text" }
    ? string
    : S extends { kind: "int" }
      ? number
      : S extends { kind: "bool" }
        ? boolean
        : S extends { kind: "list"; of: infer O }
          ? readonly Infer<O>[]
          : S extends { kind: "record"; of: infer O }
            ? { readonly [key: string]: Infer<O> }
            : S extends { kind: "object"; fields: infer F }
              ? InferFields<F>
              : never;

type InferField<S> = S extends { unknowable: true } ? Infer<S> | Unknown : Infer<S>;
type InferFields<F> = {
  readonly [K in keyof F as F[K] extends { optional: true } ? never : K]: InferField<F[K]>;
} & {
  readonly [K in keyof F as F[K] extends { optional: true } ? K : never]?: InferField<F[K]>;
};

export const text = <const V extends string = string>(
  options: { readonly max?: number; readonly values?: readonly V[]; readonly form?: TextForm } = {},
) =>
  ({
    kind: "text",
    max: options.max ?? 1_000,
    ...(options.values === undefined ? {} : { values: options.values }),
    ...(options.form === undefined ? {} : { form: options.form }),
  }) as { readonly kind: "text"; readonly max: number } & (string extends V
    ? unknown
    : { readonly values: readonly V[] });

export const int = (
  min: number = Number.MIN_SAFE_INTEGER,
  max: number = Number.MAX_SAFE_INTEGER,
): { readonly kind: "int"; readonly min: number; readonly max: number } => ({
  kind: "int",
  min,
  max,
});

/** A count: an integer that is never negative. */
export const count = (): { readonly kind: "int"; readonly min: number; readonly max: number } =>
  int(0);

export const bool = (): { readonly kind: "bool" } => ({ kind: "bool" });

export const list = <const S extends Schema>(
  of: S,
  max: number,
): { readonly kind: "list"; readonly of: S; readonly max: number } => ({ kind: "list", of, max });

export const record = <const S extends Schema>(
  of: S,
  max: number,
): { readonly kind: "record"; readonly of: S; readonly max: number } => ({
  kind: "record",
  of,
  max,
});

export const object = <const F extends Fields>(
  fields: F,
): { readonly kind: "object"; readonly fields: F } => ({ kind: "object", fields });

export const optional = <const S extends Schema>(schema: S): S & { readonly optional: true } => ({
  ...schema,
  optional: true,
});

export const unknowable = <const S extends Schema>(
  schema: S,
): S & { readonly unknowable: true } => ({ ...schema, unknowable: true });

/** Adds the sentence that editors show on hover. */
export const about = <const S extends Schema>(
  sentence: string,
  schema: S,
): S & { readonly about: string } => ({ ...schema, about: sentence });

export function isUnknown(value: unknown): value is Unknown {
  return typeof value === "object" && value !== null && "$unknown" in value;
}

export const unknown = (because: string, help: string): Unknown => ({
  $unknown: { because, help },
});
