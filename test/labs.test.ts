import { readFileSync } from 'node:fs';
import t from 'tap';
import { committedLabs, committedMatrix, committedPractice, comparedLabs } from '../scripts/committed.ts';
import { labsPage } from '../scripts/labs-page.ts';
import { isUnexplained } from '../src/verdict/practice.ts';

const labs = committedLabs();
const practices = committedPractice();

t.test('every lab stands in the folder of its topic, says why it matters, and has a control', async (t) => {
  t.strictSame(
    labs.filter(({ name, lab }) => !name.startsWith(`${lab.topic}/`)).map(({ name }) => name),
    [],
    'in the folder of another topic',
  );
  t.strictSame(
    labs.filter(({ lab }) => !lab.why).map(({ name }) => name),
    [],
    'without a why',
  );
  t.strictSame(
    labs.filter(({ lab }) => !lab.control?.length).map(({ name }) => name),
    [],
    'without a control',
  );
});

t.test('every title is one of its own', async (t) => {
  const titles = labs.map(({ lab }) => lab.title);
  t.strictSame(
    titles.filter((title, index) => titles.indexOf(title) !== index),
    [],
  );
});

for (const { stack, kernel, practice } of practices)
  t.test(
    `practice of ${stack} on Linux ${kernel}: of labs that are there, and every deviation and variation with its reason`,
    async (t) => {
      t.strictSame(
        Object.keys(practice).filter((lab) => !labs.some((one) => one.name === lab)),
        [],
        'no such lab',
      );
      t.strictSame(
        Object.entries(practice).flatMap(([lab, variants]) =>
          Object.values(variants)
            .flatMap((probes) => Object.values(probes))
            .filter(isUnexplained)
            .map(() => lab),
        ),
        [],
        'without a reason',
      );
    },
  );

t.test('the committed index of the labs is that of the labs: run make docs', async (t) => {
  t.equal(readFileSync(new URL('../docs/labs.md', import.meta.url), 'utf8'), labsPage(labs, practices));
});

t.test('the committed table of what stacks decide is that of the practice: run make docs', async (t) => {
  t.equal(
    readFileSync(new URL('../docs/matrix.md', import.meta.url), 'utf8'),
    committedMatrix(labs, practices),
  );
  t.strictSame(
    comparedLabs().filter((lab) => !labs.some(({ name }) => name === lab)),
    [],
    'no such lab',
  );
});
