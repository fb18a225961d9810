/** What the schema finds wrong, in words that name the mistake and what was probably meant. Pure. */
import { z } from 'zod';
import { isAddress, prefixOf } from './addresses.ts';
import { closest } from './closest.ts';
import { isMap, type Path, type Problem, valueAt } from './problem.ts';
import { optionsFor, required, requiredKeys, schemaAt } from './schema-tree.ts';

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

/** Every mistake that the schema finds in the data. */
export function schemaProblems(schema: Schema, data: unknown): Problem[] {
  const { error } = z.safeParse(schema, data);
  return error ? withoutMisspelt(error.issues.flatMap((issue) => problemsOf(issue, schema, data, []))) : [];
}

/** @param base where the data stands that the schema describes and the issue's path begins */
function problemsOf(issue: Issue, schema: Schema, data: unknown, base: Path): Problem[] {
  const keys = issue.path as Path;
  const path = [...base, ...keys];
  const here = schemaAt(schema, data, keys);
  const value = valueAt(data, keys);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(key, path, keysOf(here, value), value));
  if (issue.code === 'invalid_key') return [wrongKey(issue, path, base.length + keys.length)];
  if (value === undefined) return [missingKey(path, here)];
  if (issue.code === 'invalid_union') return unionProblems(issue, here && required(here), value, path);
  if (issue.code === 'custom' && issue.params)
    return [notOne(issue.params.what, issue.params.kinds, value, path)];
  return [unexpected(path, expectation(issue), value, here)];
}

function unionProblems(
  issue: z.core.$ZodIssueInvalidUnion,
  union: Schema | undefined,
  value: unknown,
  path: Path,
): Problem[] {
  if (!(union instanceof z.ZodUnion)) return [unexpected(path, 'something else', value, union)];
  const options = optionsFor(union, value);
  const inside = (option: Schema) =>
    issue.errors[union.options.indexOf(option as z.ZodType)]!.flatMap((inner) =>
      problemsOf(inner, option, value, path),
    );
  if (isMap(value) && union.options.some((option) => requiredKeys(option).length > 0)) {
    if (options.length === 0) return [noneOf(union.options.flatMap(requiredKeys), value, path)];
    if (options.length > 1) return [notOne('a map', union.options.flatMap(requiredKeys), value, path)];
  }
  if ((isMap(value) || Array.isArray(value)) && options.length === 1) return inside(options[0]!);
  const expectations = issue.errors.flatMap(([first]) => (first ? [expectation(first)] : []));
  return [unexpected(path, [...new Set(expectations)].join(' or '), value, union)];
}

const keysOf = (schema: Schema | undefined, value: unknown): string[] => {
  const inner = schema && required(schema);
  const object = inner instanceof z.ZodUnion ? optionsFor(inner, value)[0] : inner;
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
};

function unknownKey(key: string, path: Path, known: string[], value: unknown): Problem {
  const unused = known.filter((name) => !isMap(value) || !Object.hasOwn(value, name));
  return {
    path: [...path, key],
    atKey: true,
    message: `unknown key ${key}`,
    suggestion: closest(key, unused) ?? closest(key, known),
    expected: `one of ${known.join(', ')}`,
  };
}

const wrongKey = (issue: z.core.$ZodIssueInvalidKey, path: Path, depth: number): Problem => {
  const key = String(path[depth - 1]);
  const expected = issue.issues[0] ? expectation(issue.issues[0]) : 'another key';
  return {
    path,
    atKey: true,
    message: `expected ${expected}, not ${show(key)}`,
    suggestion: isAddress(key) && key.includes('/') ? prefixOf(key) : undefined,
  };
};

const missingKey = (path: Path, schema: Schema | undefined): Problem => ({
  path: path.slice(0, -1),
  atKey: true,
  message: `missing key ${path.at(-1)}`,
  expected: describing(schema),
});

function noneOf(keys: string[], value: Record<string, unknown>, path: Path): Problem {
  const misspelt = Object.keys(value).find((key) => closest(key, keys));
  return {
    path: misspelt ? [...path, misspelt] : path,
    atKey: true,
    message: misspelt ? `unknown key ${misspelt}` : `none of the keys ${keys.join(', ')}`,
    suggestion: misspelt && closest(misspelt, keys),
    expected: `exactly one of ${keys.join(', ')}`,
  };
}

/** A map that has none of the keys of which it must have one, or two of them. */
function notOne(what: string, kinds: string[], value: unknown, path: Path): Problem {
  const [first, second] = Object.keys(value as object).filter((key) => kinds.includes(key));
  const expected = `exactly one of ${kinds.join(', ')}`;
  return second === undefined
    ? { path, message: `${what} has no kind`, expected }
    : {
        path: [...path, second],
        atKey: true,
        message: `${first} and ${second} exclude each other`,
        expected,
      };
}

function unexpected(path: Path, expected: string, value: unknown, schema: Schema | undefined): Problem {
  const inner = schema && required(schema);
  const corrections = typeof value === 'string' ? corrected(value, inner) : [];
  return {
    path,
    message: `expected ${expected}, not ${show(value)}`,
    suggestion: corrections.find((correction) => inner && z.safeParse(inner, correction).success),
    expected: describing(schema),
  };
}

const corrected = (value: string, schema: Schema | undefined): string[] => {
  const near = schema instanceof z.ZodEnum ? closest(value, schema.options.map(String)) : undefined;
  return [
    ...(near ? [near] : []),
    ...(isAddress(value) && value.includes('/') ? [prefixOf(value)] : []),
    value.toLowerCase(),
  ];
};

const describing = (schema: Schema | undefined): string | undefined =>
  schema &&
  (z.globalRegistry.get(schema)?.description ?? z.globalRegistry.get(required(schema))?.description);

const types: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a map',
  record: 'a map',
};

/** What an issue expected, without the word. */
function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return types[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `at least ${issue.minimum}${unit(issue.origin)}`;
    case 'too_big':
      return `at most ${issue.maximum}${unit(issue.origin)}`;
    case 'invalid_union':
      return issue.errors.flatMap(([first]) => (first ? [expectation(first)] : [])).join(' or ');
    default:
      return issue.message.replace(/^expected /, '');
  }
}

const unit = (origin: string): string => ({ array: ' items', string: ' characters' })[origin] ?? '';

const LONGEST_SHOWN = 60;

function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') return 'a map';
  const text = JSON.stringify(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

/** A key that is missing because it is misspelt is one mistake, not two. */
function withoutMisspelt(problems: Problem[]): Problem[] {
  const misspelt = new Set(
    problems.map(({ path, suggestion }) =>
      JSON.stringify([...path.slice(0, -1), `missing key ${suggestion}`]),
    ),
  );
  return problems.filter(({ path, message }) => !misspelt.has(JSON.stringify([...path, message])));
}
