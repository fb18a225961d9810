/** Every reporter by the name that --reporter knows it by. */
import { github } from './github.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { ktap } from './ktap.ts';
import { plain } from './plain.ts';
import { progress } from './progress.ts';
import type { MakeReporter, Reporter } from './reporter.ts';
import { tap } from './tap.ts';

export const reporters: Record<string, MakeReporter> = { progress, plain, tap, ktap, junit, json, github };

/** One reporter that tells all of them. */
export const together = (several: Reporter[]): Reporter => ({
  onStart: (suite) => several.forEach((one) => void one.onStart?.(suite)),
  onEvent: (event) => several.forEach((one) => void one.onEvent?.(event)),
  onResult: (record) => several.forEach((one) => void one.onResult?.(record)),
  onEnd: (results) => several.forEach((one) => void one.onEnd?.(results)),
});
