/** Walking the schema beside the data that it describes. Pure. */
import { z } from 'zod';
import { isMap, type Path } from './problem.ts';

/** The schema without what only says that it may be left out. */
export const required = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodOptional ? required(schema.unwrap()) : schema;

export const isOptional = (schema: z.core.$ZodType): boolean => schema instanceof z.ZodOptional;

/** The keys that a map of this kind must have. */
export const requiredKeys = (schema: z.core.$ZodType): string[] =>
  schema instanceof z.ZodObject
    ? Object.keys(schema.shape).filter((key) => !isOptional(schema.shape[key]))
    : [];

const isText = (schema: z.core.$ZodType) => schema instanceof z.ZodString || schema instanceof z.ZodEnum;

const couldDescribe = (schema: z.core.$ZodType, value: unknown): boolean => {
  if (schema instanceof z.ZodUnion) return schema.options.some((option) => couldDescribe(option, value));
  if (schema instanceof z.ZodLiteral) return schema.values.has(value as z.core.util.Literal);
  if (Array.isArray(value)) return schema instanceof z.ZodArray || schema instanceof z.ZodTuple;
  if (isMap(value)) return schema instanceof z.ZodObject || schema instanceof z.ZodRecord;
  if (typeof value === 'string') return isText(schema);
  if (typeof value === 'number') return schema instanceof z.ZodNumber;
  return typeof value === 'boolean' && schema instanceof z.ZodBoolean;
};

/**
 * The options of a union that a value is meant as: those of its type and, among maps, those of whose required keys
 * it has the most. A node is chosen by its role key in this way, whatever else is wrong with it.
 */
export function optionsFor(union: z.ZodUnion, value: unknown): z.core.$ZodType[] {
  const alike = union.options.filter((option) => couldDescribe(option, value));
  if (!isMap(value)) return alike;
  const whole = alike.filter((option) => requiredKeys(option).every((key) => Object.hasOwn(value, key)));
  const most = Math.max(...whole.map((option) => requiredKeys(option).length));
  return whole.filter((option) => requiredKeys(option).length === most);
}

/** The one option of a union that a value is meant as, through unions within unions; other schemas as they are. */
export function meant(schema: z.core.$ZodType, value: unknown): z.core.$ZodType | undefined {
  const inner = required(schema);
  if (!(inner instanceof z.ZodUnion)) return inner;
  const [option] = optionsFor(inner, value);
  return option && meant(option, value);
}

const childOf = (schema: z.core.$ZodType | undefined, key: string | number): z.core.$ZodType | undefined => {
  if (schema instanceof z.ZodObject) return Object.hasOwn(schema.shape, key) ? schema.shape[key] : undefined;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodTuple) return schema.def.items[Number(key)];
  return undefined;
};

/** What the schema says about the place at a path; undefined where the data leaves the schema before. */
export function schemaAt(schema: z.core.$ZodType, data: unknown, path: Path): z.core.$ZodType | undefined {
  let here: z.core.$ZodType | undefined = schema;
  let value = data;
  for (const key of path) {
    here = here && childOf(meant(here, value), key);
    value = (value as Record<string | number, unknown> | undefined)?.[key];
  }
  return here;
}
