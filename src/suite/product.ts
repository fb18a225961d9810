import { readImage } from '../images/store.ts';
import type { Product } from '../verdict/verdict.ts';
import type { Run } from './run.ts';

/** The Debian packages that bring each resolver, in the order in which releases named them. */
const RESOLVER_PACKAGES: Record<string, string[]> = {
  glibc: ['libc6'],
  'systemd-resolved': ['systemd-resolved', 'systemd'],
  dnsmasq: ['dnsmasq-base'],
  connman: ['connman'],
};

/** All that the decisions of a run may depend on. `version`: what the stack said of itself. */
export const productOf = ({ plan, info }: Run, version: string | undefined): Product => {
  const { resolver, node, guest } = plan.host;
  const name = plan.nodes.find((one) => one.name === node)?.image;
  const image = name === undefined ? undefined : readImage(name);
  const packages = RESOLVER_PACKAGES[resolver] ?? [];
  const resolverVersion = image
    ? packages.map((one) => image.packages[one]).find((one) => one !== undefined)
    : resolver === 'glibc'
      ? machineLibc()
      : undefined;
  return {
    kernel: guest === undefined ? info.release : `${info.release} in a guest (${guest})`,
    manager: version,
    resolver: [resolver, resolverVersion].filter(Boolean).join(' '),
    ...(image && { userLand: { name: image.name, digest: image.digest } }),
    timers: plan.timers,
  };
};

/** The C library that miflab's own Node runs with is the machine's. */
const machineLibc = (): string | undefined =>
  (process.report.getReport() as { header?: { glibcVersionRuntime?: string } }).header?.glibcVersionRuntime;
