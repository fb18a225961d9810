/** `${NODE.LINK.ipv6}` in raw texts: an address of a node on a link, so that a lab need not know it. */
import { addressOfNode, nodeNamed, type Topology } from './topology.ts';

const REFERENCE = /\$\{([a-z0-9-]+)\.([a-z0-9-]+)(?:\.(ipv4|ipv6|link-local|mac))?\}/g;

/** Throws a sentence where the reference leads nowhere; the lab's semantics check finds that first. */
export const resolveReferences = (text: string, topology: Topology): string =>
  text.replace(REFERENCE, (reference, nodeName: string, link: string, what = 'ipv6') => {
    const node = nodeNamed(topology, nodeName);
    const planned = node?.interfaces.find(({ name }) => name === link);
    const value =
      what === 'mac'
        ? planned?.mac
        : what === 'link-local'
          ? planned?.linkLocal
          : node && planned && addressOfNode(node, what as 'ipv4' | 'ipv6', link);
    if (!value)
      throw new Error(`${reference} leads to nothing: expected \${NODE.LINK.ipv4|ipv6|link-local|mac}`);
    return value;
  });
