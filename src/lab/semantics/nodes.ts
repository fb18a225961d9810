/** Roles, links, addresses and routes of nodes. Pure. */
import { contains } from '../addresses.ts';
import { hostsUnderTest, INTERNET, linkServices, linksOf, ownNames, roleOf } from '../parts.ts';
import type { Path, Problem } from '../problem.ts';
import type { Lab, Node, Route } from '../schema.ts';

/** Ids of what runs on a node end in these already: lte-router.ra. */
const serviceNames: string[] = [...linkServices, 'dns'];

export const nodeProblems = (lab: Lab): Problem[] => [
  ...hostProblems(lab),
  ...Object.entries(lab.nodes).flatMap(([name, node]) => {
    const path = ['nodes', name];
    return [
      ...nameProblems(name, path),
      ...linkProblems(node, path),
      ...addressProblems(node, path),
      ...internetProblems(node, path),
      ...daemonProblems(node, path),
      ...(node.routes ?? []).flatMap((route, index) => routeProblems(route, [...path, 'routes', index], lab)),
    ];
  }),
];

function hostProblems(lab: Lab): Problem[] {
  const [first, ...more] = hostsUnderTest(lab);
  if (!first) {
    const about = ['nodes'];
    return [
      {
        path: ['nodes'],
        atKey: true,
        message: 'no host under test',
        expected: 'a node with under-test: [LINK, …]',
        about,
      },
    ];
  }
  return more.map((name) => ({
    path: ['nodes', name, 'under-test'],
    atKey: true,
    message: `a second host under test beside ${first}`,
    suggestion: 'host',
  }));
}

const nameProblems = (name: string, path: Path): Problem[] =>
  ownNames.includes(name)
    ? [{ path, atKey: true, message: `${name} cannot name a node: miflab uses it` }]
    : [];

function linkProblems(node: Node, path: Path): Problem[] {
  const links = linksOf(node);
  return links.flatMap((link, index) =>
    links.indexOf(link) < index
      ? [{ path: [...path, roleOf(node), index], message: `a second link ${link}` }]
      : [],
  );
}

const addressProblems = (node: Node, path: Path): Problem[] =>
  Object.entries(node['link-local'] ?? {}).flatMap(([link, address]) =>
    contains('fe80::/10', address)
      ? []
      : [
          {
            path: [...path, 'link-local', link],
            message: `${address} is no link-local address`,
            expected: 'an address in fe80::/10',
          },
        ],
  );

function internetProblems(node: Node, path: Path): Problem[] {
  if (linksOf(node).includes(INTERNET)) return [];
  return ['nat', 'source-filter', 'announce', 'delegated']
    .filter((key) => key in node)
    .map((key) => ({
      path: [...path, key],
      atKey: true,
      message: `${key} is about the internet, and ${path[1]} does not attach to it`,
      expected: `${roleOf(node)}: [${[...linksOf(node), INTERNET].join(', ')}]`,
    }));
}

const daemonProblems = (node: Node, path: Path): Problem[] =>
  Object.keys(node.daemons ?? {})
    .filter((name) => serviceNames.includes(name))
    .map((name) => ({
      path: [...path, 'daemons', name],
      atKey: true,
      message: `${name} cannot name a daemon: a service has the name`,
    }));

function routeProblems(route: Route, path: Path, lab: Lab): Problem[] {
  if (!route.via && !route.link)
    return [{ path, message: 'a route leads to a next hop or over a link', expected: 'via or link' }];
  const router = route.via && Object.hasOwn(lab.nodes, route.via) ? lab.nodes[route.via] : undefined;
  if (!router) return [];
  const name = path[1] as string;
  const shared = linksOf(lab.nodes[name]!).filter(
    (link) => link !== INTERNET && linksOf(router).includes(link),
  );
  if (route.link ? shared.includes(route.link) : shared.length > 0) return [];
  return [
    {
      path: [...path, 'via'],
      message: `${route.via} is not on ${route.link ? `link ${route.link}` : `a link of ${name}`}`,
      about: [route.via!, name, ...(route.link ? [route.link] : [])],
    },
  ];
}
