// What a command prints in colour, on standard input → an SVG picture of it on standard output: the picture in README.md.
import { text } from 'node:stream/consumers';

const LINE = 19;
const MARGIN = 16;
const COLUMN = 8.15;
const PLAIN = '#c9d1d9';

/** The colours that miflab paints with, by their SGR codes (ECMA-48 section 8.3.117). */
const COLOURS: Record<string, string> = {
  1: '#ffffff',
  2: '#8b949e',
  31: '#f85149',
  32: '#3fb950',
  33: '#d29922',
  35: '#bc8cff',
  36: '#39c5cf',
};

const escaped = (line: string) =>
  line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A line as pieces of one colour. */
function pieces(line: string): { colour: string; words: string }[] {
  let colour = PLAIN;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return line.split(/\x1b\[(\d+)m/).flatMap((part, index) => {
    if (index % 2 === 0) return part ? [{ colour, words: part }] : [];
    colour = COLOURS[part] ?? PLAIN;
    return [];
  });
}

const lines = (await text(process.stdin)).trimEnd().split('\n').map(pieces);
const lengths = lines.map((line) => line.reduce((sum, { words }) => sum + words.length, 0));
const rows = lines.map((line, index) => {
  const spans = line.map(({ colour, words }) => `<tspan fill="${colour}">${escaped(words)}</tspan>`);
  return `<text x="${MARGIN}" y="${MARGIN + LINE * (index + 1) - 5}" xml:space="preserve">${spans.join('')}</text>`;
});
const width = Math.ceil(MARGIN * 2 + Math.max(...lengths) * COLUMN);
const height = MARGIN * 2 + LINE * lines.length;
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="ui-monospace, 'DejaVu Sans Mono', monospace" font-size="13.5">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${rows.join('\n')}
</svg>
`);
