/**
 * What a text of the lab may name. The schema says it where the text stands; references.ts checks it, and the
 * reference page prints it.
 */
import { z } from 'zod';

export type Named =
  /** A network of the lab. */
  | 'network'
  /** A network of the lab, or `internet`. */
  | 'network or internet'
  /** A link of the node within whose description the name stands. */
  | 'own link'
  /** A link of the host under test. */
  | 'host link'
  | 'node'
  /** NODE.ra, NODE.dns and what else runs on a node. */
  | 'daemon'
  | 'probe'
  /** A probe that an earlier step asked. */
  | 'earlier probe'
  | 'address'
  | 'prefix'
  /** The word itself. */
  | 'on-link'
  | 'none';

/** For a schema of a text: what it may name. */
export const names = z.registry<{ of: Named[] }>();

/** A text that names something: any one of the kinds. */
export const naming = (...of: Named[]) => z.string().register(names, { of });
