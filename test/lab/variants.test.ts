import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { readLab } from '../../src/lab/reader.ts';
import type { Lab, Step } from '../../src/lab/schema.ts';
import { controlsOf, ordersOf, variantsOf } from '../../src/lab/variants.ts';

const load = (name: string) => {
  const text = readFileSync(new URL(`../fixtures/labs/${name}.yaml`, import.meta.url), 'utf8');
  return readLab(text, name).lab!;
};

const withSteps = (experiment: Step[]): Lab => ({ ...load('preference').lab, experiment });

t.test('a lab without any-order is its only variant', async (t) => {
  const { lab } = load('preference');
  t.strictSame(variantsOf(lab), [
    {
      name: '',
      lab,
      steps: [
        ['experiment', 0],
        ['experiment', 1],
        ['experiment', 2],
      ],
    },
  ]);
});

t.test(
  'every order of links and of steps is a variant, with the place of its steps in the file',
  async (t) => {
    const variants = variantsOf(load('orders').lab);
    t.strictSame(
      variants.map(({ name }) => name),
      [
        'order wifi, cable; unplug wifi, stop cable-router.dhcpv4',
        'order wifi, cable; stop cable-router.dhcpv4, unplug wifi',
        'order cable, wifi; unplug wifi, stop cable-router.dhcpv4',
        'order cable, wifi; stop cable-router.dhcpv4, unplug wifi',
      ],
    );
    const last = variants.at(-1)!;
    t.strictSame(
      last.lab.experiment.slice(0, 3),
      [{ 'plug-in': ['cable'] }, { settle: true }, { 'plug-in': ['wifi'] }],
      'what one link offers has arrived before the next is plugged in',
    );
    t.strictSame(last.steps.slice(0, 4), [
      ['experiment', 0],
      ['experiment', 0],
      ['experiment', 0],
      ['experiment', 1],
    ]);
    t.strictSame(last.lab.experiment.slice(5, 7), [{ stop: ['cable-router.dhcpv4'] }, { unplug: ['wifi'] }]);
    t.strictSame(last.steps.slice(5, 7), [
      ['experiment', 3, 'any-order', 1],
      ['experiment', 3, 'any-order', 0],
    ]);
  },
);

t.test('steps of one title are told apart by their number', async (t) => {
  const steps = [{ ip: { host: ['link set wifi mtu 1280'] } }, { ip: { host: ['link set lte mtu 1280'] } }];
  t.strictSame(
    variantsOf(withSteps([{ 'any-order': steps }])).map(({ name }) => name),
    ['order ip host (1), ip host (2)', 'order ip host (2), ip host (1)'],
  );
});

/** In any order the host settles between two plug-ins. */
const stepsOf = ({ 'any-order': steps, 'plug-in': plugIn }: Step): number =>
  plugIn && !Array.isArray(plugIn) ? 2 * plugIn['any-order'].length - 1 : (steps?.length ?? 1);

t.test('there are as many variants as orders, each another and each with all the steps', async (t) => {
  const links = fc.uniqueArray(fc.constantFrom('a', 'c', 'e', 'f'), { minLength: 2, maxLength: 3 });
  const step = fc.oneof(
    links.map((names): Step => ({ 'plug-in': names })),
    links.map((names): Step => ({ 'plug-in': { 'any-order': names } })),
    fc
      .tuple(links, links)
      .map(([one, other]): Step => ({ 'any-order': [{ unplug: one }, { 'plug-in': other }] })),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 3 }), (experiment) => {
      const variants = variantsOf(withSteps(experiment));
      const size = experiment.reduce((sum, one) => sum + stepsOf(one), 0);
      return (
        variants.length === ordersOf(withSteps(experiment)) &&
        new Set(variants.map(({ name }) => name)).size === variants.length &&
        new Set(variants.map(({ lab }) => JSON.stringify(lab.experiment))).size === variants.length &&
        variants.every(({ lab, steps }) => lab.experiment.length === size && steps.length === size) &&
        variants.every(({ lab }) => lab.experiment.every((one) => !JSON.stringify(one).includes('any-order')))
      );
    }),
    { numRuns: 100 },
  );
  t.equal(ordersOf(load('orders').lab), 4);
});

t.test('a control is the lab with its change and its expectation', async (t) => {
  const loaded = load('preference');
  const [control, ...more] = controlsOf(loaded);
  t.strictSame(more, []);
  t.match(control, {
    name: 'control 1',
    title: undefined,
    expect: { web: { router: 'wifi-router' } },
    position: { line: 30, column: 5 },
  });
  t.match(control!.lab.nodes['lte-router'], { ra: { lte: { preference: 'low' } } });
  t.strictSame(control!.lab.expect, control!.expect);
  t.match(
    loaded.lab.nodes['lte-router'],
    { ra: { lte: { preference: 'high' } } },
    'the lab itself stays as it is',
  );
});

t.test('the control of an any-order lab runs the first order', async (t) => {
  const [control] = controlsOf(load('orders'));
  t.equal(control!.title, 'nothing is plugged in');
  t.strictSame(control!.lab.experiment[0], { unplug: ['wifi'] });
  t.strictSame(control!.lab.experiment[3], { unplug: ['wifi'] });
});
