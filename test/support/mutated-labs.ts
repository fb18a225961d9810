import fc from 'fast-check';

/** Lines and characters of real labs, cut up and put together otherwise. */
export const mutated = (originals: string[]): fc.Arbitrary<string> => {
  const lines = originals.flatMap((text) => text.split('\n'));
  const words = [...new Set(originals.flatMap((text) => text.match(/[\w-]+/g) ?? []))];
  const line = fc.oneof(fc.constantFrom(...lines), fc.string({ unit: 'binary' }));
  const edit = fc.oneof(
    fc.record({ kind: fc.constant('delete' as const), at: fc.nat() }),
    fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), line }),
    fc.record({ kind: fc.constant('replace' as const), at: fc.nat(), line }),
    fc.record({
      kind: fc.constant('word' as const),
      at: fc.nat(),
      from: fc.nat(),
      to: fc.oneof(fc.constantFrom(...words), fc.string()),
    }),
    fc.record({
      kind: fc.constant('bytes' as const),
      at: fc.nat(),
      bytes: fc.string({ unit: 'binary', maxLength: 5 }),
    }),
  );
  return fc
    .tuple(fc.constantFrom(...originals), fc.array(edit, { minLength: 1, maxLength: 6 }))
    .map(([original, edits]) =>
      edits.reduce((text, one) => {
        const all = text.split('\n');
        const at = one.at % all.length;
        if (one.kind === 'delete') return all.toSpliced(at, 1).join('\n');
        if (one.kind === 'insert') return all.toSpliced(at, 0, one.line).join('\n');
        if (one.kind === 'replace') return all.with(at, one.line).join('\n');
        if (one.kind === 'word') {
          const parts = all[at]!.split(/([\w-]+)/);
          return all.with(at, parts.with(one.from % parts.length, one.to).join('')).join('\n');
        }
        const offset = one.at % (text.length + 1);
        return text.slice(0, offset) + one.bytes + text.slice(offset);
      }, original),
    );
};
