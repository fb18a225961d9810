/** A YAML text → plain data, the place of everything in it, and every mistake of its syntax. Pure. */
import {
  Composer,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  Lexer,
  LineCounter,
  type Pair,
  Parser,
  type Range,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Path } from './problem.ts';

export interface Place {
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  /** The column after the last one, on the same line. */
  endColumn?: number;
}

export interface Mistake extends Place {
  message: string;
}

export interface LabDocument {
  /** Undefined where the mistakes leave no data to look at. */
  data?: unknown;
  mistakes: Mistake[];
  /** The place of the value at a path, or of its key; of what is nearest around it where there is none. */
  placeOf(path: Path, atKey?: boolean): Place;
}

type PlaceAt = (range: readonly [start: number, end: number, ...unknown[]]) => Place;

/** Labs nest some ten deep. yaml recurses, and V8 aborts the process where its stack ends inside a regular expression. */
const DEEPEST = 100;

/** How often aliases may repeat what they stand for, in all: an alias bomb makes millions out of nine lines. */
const MOST_ALIASES = 100;

/** Characters besides tab and line ends that no YAML text has (YAML 1.2 section 5.1). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
const NOT_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

export function parseLabDocument(text: string): LabDocument {
  const placeAt = placesOf(text);
  const failed = (message: string, offset: number): LabDocument => ({
    mistakes: [{ ...placeAt([offset, offset + 1]), message }],
    placeOf: () => ({ line: 1, column: 1 }),
  });

  const binary = NOT_TEXT.exec(text);
  if (binary) return failed('a control character: this is no text', binary.index);
  const { tokens, tooDeepAt } = tokensOf(text);
  if (tooDeepAt !== undefined) return failed(`nested deeper than ${DEEPEST}`, tooDeepAt);
  const composer = new Composer({ prettyErrors: false, stringKeys: true, uniqueKeys: false });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (!document?.contents || isEmpty(document)) return failed('the file is empty', 0);
  if (second) return failed('a second document: a lab file has one', second.range[0]);
  return readDocument(document, placeAt);
}

/** The tokens of a text, by the parser that does not recurse, as far as they nest no deeper than they may. */
function tokensOf(text: string) {
  const parser = new Parser();
  const tokens = [];
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > DEEPEST) return { tokens, tooDeepAt: parser.offset };
  }
  tokens.push(...parser.end());
  return { tokens };
}

const isEmpty = ({ contents, errors }: Document.Parsed): boolean =>
  errors.length === 0 && isScalar(contents) && contents.value === null;

function readDocument(document: Document.Parsed, placeAt: PlaceAt): LabDocument {
  const pairOf = pairFinder();
  const placeOf = (path: Path, atKey = false) => placeAt(rangeOf(document, path, atKey, pairOf));
  const syntax = document.errors.map(({ pos, code, message }) => ({
    ...placeAt(pos),
    message: wording[code] ?? message,
  }));
  const tags = document.warnings.map(({ pos }) => ({ ...placeAt(pos), message: 'a tag: labs have none' }));
  const mistakes = [...syntax, ...tags];
  const aliases = aliasMistakes(document, placeAt);
  if (syntax.length > 0 || aliases.length > 0) return { mistakes: [...mistakes, ...aliases], placeOf };

  try {
    const data = document.toJS({ maxAliasCount: MOST_ALIASES });
    return { data, mistakes: [...mistakes, ...duplicateKeys(document, placeAt)], placeOf };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return {
      mistakes: [...mistakes, { line: 1, column: 1, message: 'the aliases multiply what they repeat' }],
      placeOf,
    };
  }
}

const wording: Record<string, string | undefined> = {
  NON_STRING_KEY: 'a key that is no string',
  TAB_AS_INDENT: 'a tab indents here: YAML indents with spaces',
};

/** Aliases to nothing, to what they are part of, and too many of them. */
function aliasMistakes(document: Document.Parsed, placeAt: PlaceAt): Mistake[] {
  const mistakes: Mistake[] = [];
  let count = 0;
  visit(document, {
    Alias(_, alias) {
      const place = placeAt(alias.range as Range);
      if (++count > MOST_ALIASES) {
        mistakes.push({ ...place, message: `more than ${MOST_ALIASES} aliases` });
        return visit.BREAK;
      }
      const target = alias.resolve(document);
      if (!target) mistakes.push({ ...place, message: `*${alias.source} has no anchor before it` });
      else if (within(alias.range as Range, target.range as Range)) {
        mistakes.push({ ...place, message: `*${alias.source} is part of what it repeats` });
      }
      return undefined;
    },
  });
  return mistakes;
}

const within = ([start]: Range, [outerStart, outerEnd]: Range): boolean =>
  outerStart <= start && start < outerEnd;

/** yaml finds them too, by comparing every key with every other: 20,000 keys took 3.4 s. */
function duplicateKeys(document: Document.Parsed, placeAt: PlaceAt): Mistake[] {
  const mistakes: Mistake[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value))
          mistakes.push({ ...placeAt(key.range as Range), message: `a second key ${key.value}` });
        seen.add(key.value);
      }
    },
  });
  return mistakes;
}

/** Where a path ends in the document, or as near to it as it leads: [start, end] in characters. */
function rangeOf(document: Document.Parsed, path: Path, atKey: boolean, pairOf: FindPair): Range {
  let value: unknown = document.contents;
  let key: unknown;
  for (const segment of path) {
    const collection = isAlias(value) ? value.resolve(document) : value;
    if (!isCollection(collection)) break;
    const pair = isMap(collection) ? pairOf(collection, segment) : undefined;
    const inside = pair ? pair.value : collection.items[Number(segment)];
    if (!pair && inside === undefined) break;
    [key, value] = [pair?.key, inside];
  }
  const valueRange = (value as { range?: Range } | null)?.range;
  const keyRange = (key as { range?: Range } | undefined)?.range;
  const nothing = !valueRange || valueRange[0] === valueRange[1];
  return ((atKey || nothing) && keyRange) || valueRange || [0, 0, 0];
}

type FindPair = (map: YAMLMap, key: string | number) => Pair | undefined;

/** Finds pairs by an index of each map that is asked: a file of wrong keys asks one map for all of its keys. */
function pairFinder(): FindPair {
  const indexes = new Map<YAMLMap, Map<unknown, Pair>>();
  return (map, key) => {
    const index = indexes.get(map) ?? new Map(map.items.map((pair) => [(pair.key as Scalar).value, pair]));
    indexes.set(map, index);
    return index.get(String(key));
  };
}

function placesOf(text: string): PlaceAt {
  const counter = new LineCounter();
  counter.addNewLine(0);
  for (const { index } of text.matchAll(/\n/g)) counter.addNewLine(index + 1);
  return ([start, end]) => {
    const { line, col: column } = counter.linePos(start);
    const meant = text.slice(start, end).trimEnd();
    return meant && !meant.includes('\n')
      ? { line, column, endColumn: column + meant.length }
      : { line, column };
  };
}
